"""How the numbers of each parameter are spread: before training, at the end, and epoch by epoch."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from paribus.core import Histogram
from paribus.figures.lines import evenly

STRIP_COLUMNS = 64
_MOST_EPOCHS = 24
# So much of the numbers may lie beyond either end of the frame, where a few strays would squeeze the rest together.
_STRAYS = 0.001
_FEWEST_BINS = 8
_Floats = npt.NDArray[np.float64]
_Epochs = Sequence[tuple[int, Sequence[Histogram]]]


@dataclass(frozen=True, slots=True)
class Spread:
    """One parameter of one network.

    Attributes:
        layer, kind: as in Histogram.
        total: how many numbers it has.
        low, high: the frame; `low < high`.
        start, end: before the first update and after the last epoch; bins joined where there are few numbers.
        strays: how many numbers of start and end lie beyond the frame, about.
        epochs: those of the strip.
        strip: for each of these the shares of all numbers in STRIP_COLUMNS equal columns of the frame.
    """

    layer: str
    kind: str
    total: int
    low: float
    high: float
    start: Histogram
    end: Histogram
    strays: int
    epochs: tuple[int, ...]
    strip: tuple[tuple[float, ...], ...]


def spreads(epochs: _Epochs, *, most: int | None = None) -> tuple[Spread, ...]:
    """Return one spread for each drawable parameter, in the order of the last epoch.

    Args:
        epochs: (epoch, histograms), epoch 0 first.
        most: of so many parameters, the first ones; None: of all.
    """
    found = [(epoch, {(each.layer, each.kind): each for each in here}) for epoch, here in epochs]
    return tuple(
        _spread(start, end, [(epoch, here.get((end.layer, end.kind))) for epoch, here in found])
        for start, end in _drawable_pairs(epochs)[:most]
    )


def drawable(epochs: _Epochs) -> int:
    """Return how many parameters have finite numbers both in the first epoch and in the last."""
    return len(_drawable_pairs(epochs))


def _drawable_pairs(epochs: _Epochs) -> list[tuple[Histogram, Histogram]]:
    if not epochs:
        return []
    known = {(each.layer, each.kind): each for each in epochs[0][1] if _drawable(each)}
    ends = [each for each in epochs[-1][1] if _drawable(each)]
    return [(known[each.layer, each.kind], each) for each in ends if (each.layer, each.kind) in known]


def _drawable(histogram: Histogram) -> bool:
    return math.isfinite(histogram.high - histogram.low) and sum(histogram.counts) > 0


def _spread(start: Histogram, end: Histogram, found: Sequence[tuple[int, Histogram | None]]) -> Spread:
    low, high = _frame(start, end)
    rows = [(epoch, each) for epoch, each in found if each is not None and _drawable(each)]
    kept = [rows[index] for index in evenly(len(rows), _MOST_EPOCHS)]
    beyond = sum(sum(each.counts) * (1 - shares(each, low=low, high=high, columns=1)[0]) for each in (start, end))
    return Spread(
        layer=end.layer,
        kind=end.kind,
        total=sum(end.counts),
        low=low,
        high=high,
        start=joined(start),
        end=joined(end),
        strays=round(beyond),
        epochs=tuple(epoch for epoch, _ in kept),
        strip=tuple(shares(joined(each), low=low, high=high, columns=STRIP_COLUMNS) for _, each in kept),
    )


def _frame(start: Histogram, end: Histogram) -> tuple[float, float]:
    low, high = min(start.low, end.low), max(start.high, end.high)
    if low == high:
        margin = 0.5 * abs(low) or 1.0
        return low - margin, high + margin
    core = [_quantiles(each) for each in (start, end)]
    inner = min(each[0] for each in core), max(each[1] for each in core)
    if 0 < inner[1] - inner[0] < 0.5 * (high - low):
        low, high = inner
    margin = 0.02 * (high - low)
    return low - margin, high + margin


def _quantiles(histogram: Histogram) -> tuple[float, float]:
    edges, below = _below(histogram)
    low, high = np.interp((_STRAYS, 1 - _STRAYS), below, edges)
    return float(low), float(high)


def _below(histogram: Histogram) -> tuple[_Floats, _Floats]:
    """Return the edges of the bins, and the share of numbers below each."""
    counts = np.asarray(histogram.counts, dtype=np.float64)
    edges = np.linspace(histogram.low, histogram.high, len(counts) + 1)
    return edges, np.concatenate([[0.0], np.cumsum(counts)]) / counts.sum()


def shares(histogram: Histogram, *, low: float, high: float, columns: int) -> tuple[float, ...]:
    """Return the share of all numbers in each of `columns` equal parts between low and high.

    Numbers are taken to lie evenly within their bin. What lies beyond is in no part, so the sum may be below 1.
    """
    parts = np.linspace(low, high, columns + 1)
    if histogram.low == histogram.high:
        found = np.zeros(columns)
        place = int(np.searchsorted(parts, histogram.low, side="right")) - 1
        if low <= histogram.low <= high:
            found[min(place, columns - 1)] = 1.0
        return tuple(found.tolist())
    edges, below = _below(histogram)
    return tuple(np.diff(np.interp(parts, edges, below)).tolist())


def joined(histogram: Histogram) -> Histogram:
    """Return the histogram with neighbouring bins joined where there are more bins than so few numbers can fill."""
    bins = len(histogram.counts)
    wanted = max(_FEWEST_BINS, 2 * math.isqrt(sum(histogram.counts)))
    if bins <= wanted:
        return histogram
    width = next(width for width in _divisors(bins) if bins // width <= wanted)
    if bins // width < _FEWEST_BINS:
        width = 1  # a prime number of bins, say: better a comb than one block
    counts = (sum(histogram.counts[place : place + width]) for place in range(0, bins, width))
    return Histogram(histogram.layer, histogram.kind, histogram.low, histogram.high, tuple(counts))


def _divisors(number: int) -> Iterable[int]:
    return (each for each in range(1, number + 1) if number % each == 0)


def densities(histogram: Histogram) -> tuple[float, ...]:
    """Return the heights of the bins, so that the area under them is 1; none where there is one value only."""
    if histogram.low == histogram.high:
        return ()
    width = (histogram.high - histogram.low) / len(histogram.counts)
    total = sum(histogram.counts)
    return tuple(count / total / width for count in histogram.counts)
