"""A first Linear that skips dark pixels against NumPy, with scratch of the size that is asked for, and marks around."""

import numpy as np
import torch
from guarded import Guarded
from hypothesis import given, settings
from hypothesis import strategies as st

from paribus.train import native_rows as k
from paribus.train.native_learning import update
from paribus.train.native_panels import begin, panels_of, put, room, scratch, taken
from paribus.train.native_sparse import change, forward, look
from paribus.train.native_sparse_tiles import PANEL

RATE, STEP = 0.1, 3
KINDS = (k.SGD, k.NESTEROV, k.ADAM, k.ADAMW)


class Layer:
    """Weights in panels, images of which some pixels are dark, and lists of the others."""

    def __init__(self, *, made, size, count, dark, bias, training, seed, black=0.0):
        self.draw = np.random.default_rng(seed)
        self.weights, self.bias = self.draw.normal(size=(made, size)), self.draw.normal(size=made)
        self.dark, pixels = self.draw.normal(size=size), self.draw.normal(size=(count, size))
        self.dark[self.draw.random(size) < black] = 0  # a network sees them as numbers that are 0, too
        self.images = np.where(self.draw.random((count, size)) < dark, self.dark, pixels)
        self.theta = Guarded(np.zeros(room(size, made) + made))
        place = int(self.theta.place)
        begin(self.theta.whole, place, torch.from_numpy(self.weights), self.dark)
        self.theta.whole[place + room(size, made) : self.theta.inside.stop] = self.bias
        self.row = np.zeros(k.COLUMNS, dtype=np.int64)
        self.row[[k.IN, k.OUT, k.WEIGHT, k.PANELS]] = size, made, place, panels_of(made)
        self.row[k.BIAS] = place + room(size, made) if bias else -1
        numbers, floats = scratch(size, count + seed % 3)  # an epoch's last batch is smaller
        self.lists, self.values = np.full(numbers + 8, -9, dtype=np.int32), Guarded(np.full(floats, np.nan))
        self.row[k.EXTRA], self.count, self.panels = self.values.place, np.int64(count), np.int64(panels_of(made))
        source = Guarded(self.images)
        look(
            self.row, self.theta.whole, self.count, source.whole, source.place, self.lists, self.values.whole, training
        )
        assert np.all(self.lists[numbers:] == -9)

    def left(self):
        """Return the weights as they are now."""
        assert self.theta.values.size
        return taken(self.theta.whole, int(self.theta.place), torch.from_numpy(self.weights)).numpy()

    def totals(self):
        made, size = self.weights.shape
        start = int(self.theta.place) + panels_of(made) * PANEL * size
        return self.theta.whole[start : start + made]


layers = {
    "made": st.integers(1, 3 * PANEL),
    "size": st.integers(1, 150),
    "count": st.integers(1, 40),
    "dark": st.sampled_from([0.0, 0.5, 0.9, 1.0]),
    "black": st.sampled_from([0.0, 0.5, 1.0]),
    "seed": st.integers(0, 99),
}


@settings(max_examples=60, deadline=None)
@given(**layers, bias=st.booleans(), training=st.booleans())
def test_forward_is_numpys_product(bias, training, **asked):
    layer = Layer(**asked, bias=bias, training=np.int64(training))
    goal = Guarded(np.zeros((asked["count"], asked["made"])))
    forward(
        layer.row, layer.theta.whole, layer.count, layer.lists, layer.values.whole, goal.whole, goal.place,
        np.int64(0), layer.panels,
    )  # fmt: skip
    expected = layer.images @ layer.weights.T + (layer.bias if bias else 0)
    np.testing.assert_allclose(goal.values, expected, atol=1e-11)
    assert layer.values.values.size  # nothing was written beyond


@settings(max_examples=80, deadline=None)
@given(
    **layers,
    kind=st.sampled_from(KINDS),
    momentum=st.sampled_from([0.0, 0.9]),
    decay=st.sampled_from([0.0, 0.1]),
    between=st.integers(0, 3),
)
def test_weights_change_as_by_the_whole_gradient(kind, momentum, decay, between, **asked):
    layer = Layer(**asked, bias=False, training=k.YES)
    count, (made, size) = asked["count"], layer.weights.shape
    given_slopes = layer.draw.normal(size=(count, made))
    slopes, rule = Guarded(given_slopes), np.array([momentum, decay, 0.7, 0.9, 1e-8])
    before = [torch.from_numpy(layer.draw.random((made, size))) for _ in range(2)]
    moments = [Guarded(np.zeros(layer.theta.values.size)) for _ in before]
    for flat, values in zip(moments, before, strict=True):
        put(flat.whole, int(flat.place), values)
    between = min(between, int(layer.panels))  # two threads share the panels
    for low, high in ((0, between), (between, int(layer.panels))):
        change(
            kind, rule, RATE, STEP, layer.row, layer.theta.whole, moments[0].whole, moments[1].whole, layer.count,
            slopes.whole, slopes.place, layer.lists, layer.values.whole, np.int64(low), np.int64(high),
        )  # fmt: skip
    weights = layer.weights.reshape(-1).copy()
    first, second = (each.numpy().reshape(-1).copy() for each in before)
    gradient = (given_slopes.T @ layer.images).reshape(-1)
    update(kind, rule, RATE, STEP, weights, np.int64(0), gradient, np.int64(0), first, second, np.int64(weights.size))
    atol = 1e-6 if kind in (k.ADAM, k.ADAMW) else 1e-11  # Adam divides by roots of what may be next to nothing
    np.testing.assert_allclose(layer.left().reshape(-1), weights, atol=atol)
    if kind != k.SGD or momentum:
        found = taken(moments[0].whole, int(moments[0].place), torch.from_numpy(layer.weights)).numpy()
        expected = first if kind != k.NESTEROV or momentum else before[0].numpy().reshape(-1)
        np.testing.assert_allclose(found.reshape(-1), expected, atol=1e-11)
    np.testing.assert_allclose(layer.totals(), layer.left() @ layer.dark, atol=1e-11)
    assert layer.values.values.size
    assert all(each.values.size for each in moments)


def test_totals_have_the_same_bits_whether_made_anew_or_with_an_update():
    layer = Layer(made=PANEL + 3, size=50, count=9, dark=0.5, bias=False, training=k.YES, seed=1)
    slopes = layer.draw.normal(size=9 * (PANEL + 3))
    for kind in KINDS:
        change(
            kind, np.array([0.9, 0.1, 0.7, 0.9, 1e-8]), RATE, STEP, layer.row, layer.theta.whole,
            *(np.zeros(layer.theta.whole.size) for _ in range(2)), layer.count, slopes, np.int64(0), layer.lists,
            layer.values.whole, np.int64(0), layer.panels,
        )  # fmt: skip
        made = layer.totals().tobytes()
        begin(layer.theta.whole, int(layer.theta.place), torch.from_numpy(layer.left()), layer.dark)
        assert layer.totals().tobytes() == made
