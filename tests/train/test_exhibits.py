"""What a report shows of a network, against numpy, against convolutions by hand, and against doing without."""

import math
import time

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from making import CNN, MLP, make_images, make_recipe
from torch import nn
from torch.nn import functional

from paribus.core import Inside
from paribus.train import Plan, Resume, exhibits
from paribus.train.exhibits import histograms, inside, is_kept
from paribus.train.loop import train_run

TWO = ("Conv2d(4, 3)", "BatchNorm2d", "ReLU", "Conv2d(20, 3)", "ReLU", "Dropout(0.5)", "Flatten", "Linear(classes)")


class Holder(nn.Module):
    """One parameter, and nothing that has to run."""

    def __init__(self, values):
        super().__init__()
        self.own = nn.Parameter(torch.from_numpy(values))


def spread(values):
    (found,) = histograms(Holder(values))
    return found


def shown(planes):
    """Return the numbers that the bytes stand for, and how far one can be off."""
    values = np.frombuffer(planes.values, np.uint8).reshape(planes.shape) / 255
    return planes.low + values * (planes.high - planes.low), (planes.high - planes.low) / 510 + 1e-6


def test_histograms_have_the_counts_of_numpy():
    values = np.random.Generator(np.random.Philox(key=1)).normal(size=200_001).astype(np.float32)
    found = spread(values)
    counts, edges = np.histogram(values.astype(np.float64), bins=len(found.counts))
    assert (found.layer, found.kind) == ("1. Holder(200001)", "own")
    assert (found.low, found.high) == (values.min(), values.max())
    assert len(counts) == 60
    # A number on an edge may be rounded to the other side of it.
    near = sum(int((np.abs(values - edge) < 1e-5).sum()) for edge in edges[1:-1])
    assert np.abs(np.cumsum(found.counts) - np.cumsum(counts)).max() <= near < 200
    assert sum(found.counts) == len(values)


@given(arrays(np.float32, st.integers(1, 40), elements=st.floats(width=32)))
def test_every_finite_number_is_counted_once_whatever_the_numbers_are(values):
    found, finite = spread(values), values[np.isfinite(values)]
    assert sum(found.counts) == len(finite)
    if len(finite):
        assert (found.low, found.high) == (finite.min(), finite.max())
    if len(set(finite.tolist())) > 1:
        assert found.counts[0]
        assert found.counts[-1]


class Shared(nn.Module):
    """What users write: an attribute for each layer, a parameter of its own, one that two layers share, one frozen."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 3, (3, 5), bias=False), nn.ReLU(inplace=True), nn.Conv2d(3, 4, 1))
        self.scale = nn.Parameter(torch.ones(3, 1, 1))
        self.one, self.two = nn.Linear(4, 4), nn.Linear(4, 4, dtype=torch.bfloat16)
        self.again = nn.Linear(4, 4, bias=False)
        self.again.weight = self.one.weight
        self.one.bias.requires_grad_(requires_grad=False)

    def forward(self, x):
        return self.features[2](self.features[1](self.features[0](x)) * self.scale).mean(dim=(2, 3))


def test_layers_are_numbered_and_named_and_no_parameter_is_missing():
    found = [(each.layer, each.kind, sum(each.counts)) for each in histograms(Shared())]
    assert found == [
        ("1. Shared(3, 1, 1)", "scale", 3),
        ("2. features.0: Conv2d(1, 3, 3x5)", "weight", 45),
        ("3. features.2: Conv2d(3, 4, 1)", "weight", 12),
        ("3. features.2: Conv2d(3, 4, 1)", "bias", 4),
        ("4. one: Linear(4, 4)", "weight", 16),
        ("4. one: Linear(4, 4)", "bias", 4),
        ("5. two: Linear(4, 4)", "weight", 16),
        ("5. two: Linear(4, 4)", "bias", 4),
    ]


def test_in_a_stack_a_layer_is_called_as_in_torch(make_bench):
    found = [(each.layer, each.kind) for each in histograms(make_bench(make_recipe(TWO)).model)]
    names = ("1. Conv2d(1, 4, 3)", "2. BatchNorm2d(4)", "3. Conv2d(4, 20, 3)", "4. Linear(320, 4)")
    assert found == [(name, kind) for name in names for kind in ("weight", "bias")]


def test_filters_are_the_weights_of_the_first_layer(make_bench):
    conv, linear = (make_bench(make_recipe(layers)) for layers in (CNN, ("Flatten", "Linear(70)", "Linear(classes)")))
    (filters,) = (each for each in inside(conv).planes if each.of == "filters")
    values, error = shown(filters)
    assert (filters.layer, filters.total, filters.image) == ("1. Conv2d(1, 4, 3)", 4, None)
    np.testing.assert_allclose(values, conv.model[0].weight.detach().numpy(), rtol=0, atol=error)
    seen = inside(linear)
    (filters,) = seen.planes
    values, error = shown(filters)
    assert (filters.shape, filters.total, seen.pictures) == ((64, 1, 8, 8), 70, ())
    places = np.arange(64) * 70 // 64
    weight = linear.model[1].weight.detach().numpy().reshape(70, 1, 8, 8)
    np.testing.assert_allclose(values, weight[places], rtol=0, atol=error)


@pytest.mark.parametrize("plan", [Plan(), Plan(memory_format="channels_last")])
@pytest.mark.parametrize("validation", [0, 20])
def test_maps_are_what_torch_makes_of_the_pictures_by_hand(make_bench, validation, plan):
    """Between the two stands batch normalisation, which uses in evaluation mode what it has learned."""
    bench = make_bench(make_recipe(TWO, data={"validation": validation}), plan=plan)
    images = make_images()
    train_run(bench, run="r", environment="e", on_epoch=lambda _: None)
    seen = inside(bench)
    part = bench.parts["validation" if validation else "train"]
    assert [each.label for each in seen.pictures] == [0, 1, 2]
    for picture in seen.pictures:
        own = [index for index in part.index.tolist() if images.train_labels[index] == picture.label]
        assert picture.index == min(own)
        assert picture.pixels == images.train_images[picture.index].tobytes()
    maps = [each for each in seen.planes if each.of == "maps"]
    assert [(each.layer[:2], each.image, each.shape, each.total) for each in maps] == [
        *(("1.", image, (4, 1, 6, 6), 4) for image in range(3)),
        *(("3.", image, (16, 1, 4, 4), 20) for image in range(3)),
    ]
    mean, std = (
        images.train_images[bench.parts["train"].index].mean(),
        images.train_images[bench.parts["train"].index].std(),
    )
    first, second = (bench.model[place] for place in (0, 3))
    assert bench.model.training

    def norm(values):
        learned, ours = bench.model[1].state_dict(), (1, -1, 1, 1)
        shift, spread, weight, bias = (
            learned[name].double().view(ours) for name in ("running_mean", "running_var", "weight", "bias")
        )
        return (values - shift) / (spread + 1e-5).sqrt() * weight + bias

    for number, picture in enumerate(seen.pictures):
        pixels = np.frombuffer(picture.pixels, np.uint8).reshape(1, *picture.shape).astype(np.float64)
        one = functional.conv2d(torch.from_numpy((pixels - mean) / std), first.weight.double(), first.bias.double())
        two = functional.conv2d(norm(one).clamp(min=0), second.weight.double(), second.bias.double())
        two = two[:, [place * 20 // 16 for place in range(16)]]
        for planes, expected in ((maps[number], one), (maps[3 + number], two)):
            values, error = shown(planes)
            np.testing.assert_allclose(values[:, 0], expected.detach()[0].numpy(), rtol=0, atol=error + 1e-5)


def test_bytes_stay_few_for_large_images(make_bench):
    layers = ("Conv2d(64, 3, padding=1)", "ReLU", "Conv2d(64, 3, padding=1)", "MaxPool2d(16)", "Flatten", "Linear(4)")
    for side, pictures in ((64, 3), (96, 1), (160, 1), (400, 0)):
        bench = make_bench(make_recipe(layers), images=make_images(8, test=4, shape=(3, side, side)))
        seen = inside(bench)
        parts = [*seen.pictures, *seen.planes]
        size = sum(len(getattr(each, "pixels", b"") or each.values) for each in parts)
        assert len(seen.pictures) == pictures, side
        assert size <= 150_000
        assert {each.of for each in seen.planes} == ({"filters", "maps"} if pictures else {"filters"})


OWN = """
import torch
from torch import nn
from torch.nn import functional


class Drops(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3)
        self.fc = nn.Linear(108, 4)

    def forward(self, x):
        return self.fc(functional.dropout(functional.relu(self.conv(x), inplace=True).flatten(1), 0.5))


class Fails(Drops):
    def forward(self, x):
        if len(x) == 3:
            raise RuntimeError("three images are too few")
        return super().forward(x)


class Counts(Drops):
    def __init__(self):
        super().__init__()
        self.register_buffer("passes", torch.zeros(1))

    def forward(self, x):
        self.passes += 1
        return super().forward(x)


class Square(nn.Conv2d):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.side = self.kernel_size[0]
        self.kernel_size = self.side


class Odd(Drops):
    def __init__(self):
        super().__init__()
        self.conv = Square(1, 3, 3)

"""


@pytest.fixture
def own(make_bench, tmp_path, monkeypatch):
    def make(name):
        (tmp_path / "nets.py").write_text(OWN, encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        recipe = make_recipe(data={"validation": 20})
        return make_bench(recipe.model_copy(update={"model": recipe.model.__class__(module="nets.py:" + name)}))

    return make


def test_a_module_of_ones_own_shows_its_maps_from_before_the_activation(own):
    seen = inside(own("Drops"))
    assert [(each.layer, each.of) for each in seen.planes] == [
        ("1. conv: Conv2d(1, 3, 3)", "filters"),
        *[("1. conv: Conv2d(1, 3, 3)", "maps")] * 3,
    ]
    assert all(each.low < 0 for each in seen.planes if each.of == "maps")


def test_a_module_that_does_not_take_it_is_trained_all_the_same(own):
    outcome = train_run(own("Fails"), run="r", environment="e", on_epoch=lambda _: None)
    assert (outcome.state, outcome.inside) == ("done", Inside())
    assert outcome.weights


def test_a_layer_of_ones_own_with_other_attributes_is_named_by_its_weights(own):
    records = []
    outcome = train_run(own("Odd"), run="r", environment="e", on_epoch=records.append)
    assert outcome.state == "done"
    assert records[0].histograms[0].layer == "1. conv: Square(1, 3, 3)"


def test_where_histograms_cannot_be_made_a_module_is_trained_all_the_same(own, monkeypatch):
    def refuse(model):
        raise RuntimeError(type(model).__name__)

    monkeypatch.setattr(exhibits, "histograms", refuse)
    records = []
    assert train_run(own("Drops"), run="r", environment="e", on_epoch=records.append).state == "done"
    assert {each.histograms for each in records} == {()}


@pytest.mark.parametrize(
    ("network", "plan"),
    [(MLP, Plan(path="native")), (TWO, Plan()), ("Drops", Plan()), ("Counts", Plan())],
    ids=["native", "stack", "draws", "counts"],
)
def test_a_training_ends_with_the_same_bits_with_and_without(own, make_bench, monkeypatch, network, plan):
    def train():
        layers = isinstance(network, tuple)
        bench = make_bench(make_recipe(network, data={"validation": 20}), plan=plan) if layers else own(network)
        records = []
        outcome = train_run(bench, run="r", environment="e", on_epoch=records.append)
        numbers = [(each.state, each.clean_loss, each.validation_loss, each.test_loss) for each in records]
        return numbers, outcome.weights, outcome.predictions, outcome.inside

    torch.manual_seed(3)
    with_them = train()
    after = torch.random.get_rng_state()
    monkeypatch.setattr("paribus.train.loop.inside", lambda _: None)
    monkeypatch.setattr("paribus.train.loop.epoch_histograms", lambda *_, **__: ())
    torch.manual_seed(3)
    without = train()
    assert with_them[:3] == without[:3]
    assert torch.equal(after, torch.random.get_rng_state())
    assert with_them[3].planes
    assert without[3] is None


def test_a_run_that_goes_on_ends_with_the_same_exhibits(make_bench):
    recipe = make_recipe(TWO, epochs=3, data={"validation": 20})

    def train(resume=None):
        records = []
        outcome = train_run(make_bench(recipe), run="r", environment="e", on_epoch=records.append, resume=resume)
        return records, outcome

    records, outcome = train()
    resume = Resume(epoch=1, step=records[1].step, state=records[1].state)
    rest, again = train(resume)
    assert [each.histograms for each in rest] == [each.histograms for each in records[2:]]
    assert all(sum(map(sum, (each.counts for each in record.histograms))) == 2_072 for record in records)
    assert again.inside == outcome.inside


@pytest.mark.parametrize(("last", "most"), [(0, 1), (7, 8), (50, 51), (51, 52), (1_000, 52), (12_345, 53)])
def test_of_many_epochs_some_histograms_are_kept(last, most):
    kept = [epoch for epoch in range(last + 1) if is_kept(epoch, last=last)]
    assert kept[: min(last + 1, 11)] == list(range(min(last + 1, 11)))
    assert kept[-1] == last
    assert min(last + 1, 32) <= len(kept) <= most
    gaps = np.diff(kept[10:-1])
    assert len(set(gaps.tolist())) <= 1


def test_histograms_of_a_million_numbers_take_milliseconds():
    large = nn.Sequential(nn.Linear(784, 512), nn.Linear(512, 256), nn.Linear(256, 10))

    def seconds():
        started = time.perf_counter()
        histograms(large)
        return time.perf_counter() - started

    assert min(seconds() for _ in range(9)) < 0.02 * sum(each.numel() for each in large.parameters()) / 1e6
    assert math.isclose(sum(each.numel() for each in large.parameters()), 535_818)
    assert exhibits._BINS == 60
