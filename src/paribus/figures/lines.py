"""What a chart of lines over time is drawn from, and the rules that curves and batches share."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Metric = Literal["loss", "accuracy"]
Layout = Literal["by split", "by condition"]

# More colours than this are hard to tell apart: then every condition has a panel of its own.
MOST_OVERLAID = 6
MOST_CONDITIONS = 24
# Points in one chart: keeps a report small and the browser quick.
POINT_BUDGET = 4000
# Two decades: below that a logarithmic axis hides more than it shows.
LOGARITHMIC_SPAN = 100.0


@dataclass(frozen=True, slots=True)
class MeanPoint:
    """Mean over `n` seeds at one epoch or update, and the smallest and largest of them."""

    label: str
    split: str
    x: int
    mean: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class SeedLine:
    """One run: (x, value) in order; `diverged` lines end where the loss was last finite."""

    label: str
    split: str
    seed: int
    points: tuple[tuple[int, float], ...]
    diverged: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """The value axis: smallest and largest value shown; logarithmic where losses span decades or a run diverged."""

    low: float
    high: float
    logarithmic: bool


@dataclass(frozen=True, slots=True)
class LinesData:
    """Lines with a band over seeds.

    Attributes:
        metric: "loss" or "accuracy" (fractions).
        x_title: "epoch" or "update".
        layout: "by split": a panel per split, a colour per condition; "by condition": the other way round.
        labels: short names of the conditions, in order.
        splits: in order.
        means: one point per condition, split and x; diverged runs are no part of it.
        seeds: single runs, drawn thin.
        frame: how values are drawn.
        notes: what the caption must say (band, thinning, diverged runs).
    """

    metric: Metric
    x_title: str
    layout: Layout
    labels: tuple[str, ...]
    splits: tuple[str, ...]
    means: tuple[MeanPoint, ...]
    seeds: tuple[SeedLine, ...]
    frame: Frame
    notes: tuple[str, ...]


def layout_for(conditions: int) -> Layout:
    """Return the layout that stays legible for so many conditions."""
    return "by split" if 2 <= conditions <= MOST_OVERLAID else "by condition"


def frame_for(metric: Metric, means: Sequence[MeanPoint], seeds: Sequence[SeedLine]) -> tuple[Frame, tuple[str, ...]]:
    """Return the value axis for these lines, and what the caption must say about it."""
    values = [(point.x, value) for point in means for value in (point.low, point.high)]
    values += [point for line in seeds for point in line.points]
    if not values:
        return Frame(0.0, 1.0, logarithmic=False), ()
    if metric == "accuracy":
        return _accuracy_frame(values)
    positive = [value for _, value in values if value > 0]
    lost = any(line.diverged for line in seeds)
    if positive and max(positive) > (1.0 if lost else LOGARITHMIC_SPAN) * min(positive):
        notes = ("Values of exactly 0 have no place on a logarithmic axis.",) if len(positive) < len(values) else ()
        return Frame(min(positive), max(positive), logarithmic=True), (
            "The loss axis is logarithmic.",
            *notes,
        )
    return _linear(value for _, value in values), ()


def _accuracy_frame(values: Sequence[tuple[int, float]]) -> tuple[Frame, tuple[str, ...]]:
    """Frame all values, but leave the untrained network below the frame where it would flatten the rest."""
    whole = _linear(value for _, value in values)
    before = [value for x, value in values if x == 0]
    after = [value for x, value in values if x > 0]
    if not before or not after:
        return whole, ()
    trained = _linear(after)
    if whole.high - whole.low < 3 * (trained.high - trained.low):
        return whole, ()
    low, high = 100 * min(before), 100 * max(before)
    span = f"{low:.1f} %" if f"{low:.1f}" == f"{high:.1f}" else f"{low:.1f} to {high:.1f} %"
    return trained, (f"Epoch 0, before training ({span}), lies below the frame.",)


def _linear(values: Iterable[float]) -> Frame:
    every = list(values)
    low, high = min(every), max(every)
    margin = 0.04 * (high - low) or 0.01 * abs(high) or 0.01
    return Frame(low - margin, high + margin, logarithmic=False)


def evenly(count: int, most: int) -> list[int]:
    """Return at most `most` (at least two) indices below `count`, evenly spread, first and last included."""
    if count <= most:
        return list(range(count))
    return sorted({round(index * (count - 1) / (most - 1)) for index in range(most)})


def finite(value: float | None) -> float | None:
    """Return the value, or None where there is none to draw."""
    return value if value is not None and math.isfinite(value) else None
