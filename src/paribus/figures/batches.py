"""Loss and accuracy of every update: means over bins of consecutive updates, with the spread over seeds."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from paribus.figures.labels import short_labels
from paribus.figures.lines import (
    MOST_CONDITIONS,
    POINT_BUDGET,
    LinesData,
    MeanPoint,
    Metric,
    frame_for,
    layout_for,
)
from paribus.figures.rows import BatchRow

_MOST_BINS = 300
_SPLIT = "training batches"


def batches_data(rows: Sequence[BatchRow], *, metric: Metric = "loss") -> LinesData:
    """Return the batch curves of all conditions, in the order of their first row.

    Each run's updates are averaged over bins of consecutive updates; mean and band are over the seeds of a
    condition. A bin counts a seed only where all its values are finite; x is the bin's last update, from 1.
    """
    every = list(dict.fromkeys(row.condition for row in rows))
    drawn = every[:MOST_CONDITIONS]
    labels = short_labels(drawn)
    bins = min(_MOST_BINS, POINT_BUDGET // max(1, len(drawn)))
    means: list[MeanPoint] = []
    longest = 0
    for name in drawn:
        series = [_values(row, metric) for row in rows if row.condition == name]
        updates = max(map(len, series))
        longest = max(longest, -(-updates // bins))
        means += _bin_means(labels[name], series, width=max(1, -(-updates // bins)), updates=updates)
    frame, framed = frame_for(metric, means, ())
    return LinesData(
        metric=metric,
        x_title="update",
        layout=layout_for(len(drawn)),
        labels=tuple(labels.values()),
        splits=(_SPLIT,),
        means=tuple(means),
        seeds=(),
        frame=frame,
        notes=(*_notes(means, width=longest, conditions=len(every)), *framed),
    )


def _values(row: BatchRow, metric: Metric) -> npt.NDArray[np.float64]:
    return np.asarray(row.losses if metric == "loss" else row.accuracies, dtype=np.float64)


def _bin_means(label: str, series: Sequence[npt.NDArray[np.float64]], *, width: int, updates: int) -> list[MeanPoint]:
    points = []
    for start in range(0, updates, width):
        stop = min(start + width, updates)
        # A run that stopped inside the bin would average over fewer updates than the others.
        parts = [run[start:stop] for run in series if len(run) >= stop]
        seeds = [float(part.mean()) for part in parts if np.isfinite(part).all()]
        if seeds:
            mean = sum(seeds) / len(seeds)
            points.append(MeanPoint(label, _SPLIT, stop, mean, low=min(seeds), high=max(seeds), n=len(seeds)))
    return points


def _notes(means: Sequence[MeanPoint], *, width: int, conditions: int) -> tuple[str, ...]:
    notes = []
    if any(point.n > 1 for point in means):
        notes.append("Line: mean over seeds. Band: from the smallest to the largest seed.")
    if width > 1:
        notes.append(f"Thinned: each point is the mean of up to {width:,} consecutive updates of a run.")
    if conditions > MOST_CONDITIONS:
        notes.append(f"Thinned: the first {MOST_CONDITIONS} of {conditions:,} conditions are drawn.")
    return tuple(notes)
