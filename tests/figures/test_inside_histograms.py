import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paribus.core import Histogram
from paribus.figures import spreads
from paribus.figures.inside_histograms import STRIP_COLUMNS, densities, joined, shares

ends = st.tuples(st.floats(-5, 5), st.floats(0.01, 5)).map(lambda pair: (pair[0], pair[0] + pair[1]))
counts = st.lists(st.integers(0, 1000), min_size=1, max_size=64).filter(any)
histograms = st.builds(lambda pair, found: Histogram("1. Linear(4, 3)", "weight", *pair, tuple(found)), ends, counts)


def of(values, *, layer="1. Linear(4, 3)", kind="weight", bins=60):
    low, high = float(np.min(values)), float(np.max(values))
    found = np.histogram(values, bins, (low, high))[0].tolist() if low < high else [len(values)]
    return Histogram(layer, kind, low, high, tuple(found))


@given(histograms)
def test_the_area_under_a_histogram_is_one(histogram):
    width = (histogram.high - histogram.low) / len(histogram.counts)
    assert sum(densities(histogram)) * width == pytest.approx(1)


@given(histograms)
def test_joining_bins_loses_no_number_and_moves_no_end(histogram):
    found = joined(histogram)
    assert sum(found.counts) == sum(histogram.counts)
    assert (found.low, found.high) == (histogram.low, histogram.high)
    assert len(histogram.counts) % len(found.counts) == 0
    assert len(found.counts) >= min(8, len(histogram.counts))


@given(histograms, ends)
def test_shares_are_those_of_numpy_between_the_same_edges(histogram, frame):
    # As many evenly placed numbers in every bin as it counts, a thousandth of a bin apart.
    edges = np.linspace(histogram.low, histogram.high, len(histogram.counts) + 1)
    places = edges[:-1, None] + (edges[1] - edges[0]) * (np.arange(1000) + 0.5) / 1000
    weights = np.repeat(histogram.counts, 1000) / sum(histogram.counts) / 1000
    found = shares(histogram, low=frame[0], high=frame[1], columns=7)
    expected = np.histogram(places.ravel(), 7, frame, weights=weights)[0]
    assert found == pytest.approx(expected, abs=0.003)


@given(histograms)
def test_the_whole_frame_holds_all_numbers(histogram):
    found = shares(histogram, low=histogram.low - 1, high=histogram.high + 1, columns=9)
    assert sum(found) == pytest.approx(1)


def test_one_value_alone_lies_in_the_column_that_holds_it():
    ones = of([1.0] * 5)
    assert shares(ones, low=0, high=2, columns=4) == (0, 0, 1, 0)
    assert shares(ones, low=0, high=1, columns=4) == (0, 0, 0, 1)
    assert shares(ones, low=2, high=3, columns=4) == (0, 0, 0, 0)
    assert densities(ones) == ()


def test_a_few_strays_do_not_squeeze_the_rest_together_and_are_counted():
    rng = np.random.Generator(np.random.Philox(key=1))
    start = rng.uniform(-0.1, 0.1, 10_000)
    end = np.concatenate([start, [4.0, -4.0]])
    (found,) = spreads([(0, [of(start)]), (1, [of(end, bins=4000)])])
    assert -0.2 < found.low < -0.09
    assert 0.09 < found.high < 0.2
    assert found.strays == 2


def test_every_epoch_has_a_row_until_there_are_too_many_and_the_last_is_always_there():
    every = [(epoch, [of(np.linspace(-epoch - 1, epoch + 1, 500))]) for epoch in range(100)]
    (few,), (many,) = spreads(every[:5]), spreads(every)
    assert few.epochs == (0, 1, 2, 3, 4)
    assert len(many.epochs) == len(many.strip) == 24
    assert (many.epochs[0], many.epochs[-1]) == (0, 99)
    assert {len(row) for row in many.strip} == {STRIP_COLUMNS}
    assert (few.low, few.high) == pytest.approx((-5.2, 5.2))


def test_parameters_keep_their_layer_and_those_without_numbers_are_left_out():
    none = Histogram("2. Own()", "scale", 0.0, 0.0, ())
    broken = Histogram("3. Own()", "weight", 0.0, float("inf"), (1,))
    epochs = [(epoch, [of([1.0, 2.0]), of([0.0, 0.0], kind="bias"), none, broken]) for epoch in (0, 3)]
    assert [(each.kind, each.total) for each in spreads(epochs)] == [("weight", 2), ("bias", 2)]
    assert spreads([]) == ()
