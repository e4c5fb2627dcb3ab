"""Loss and accuracy over epochs: per condition and split the mean, its band, and every seed."""

from collections.abc import Collection, Mapping, Sequence

from paribus.figures.labels import short_labels
from paribus.figures.lines import (
    MOST_CONDITIONS,
    POINT_BUDGET,
    LinesData,
    MeanPoint,
    Metric,
    SeedLine,
    evenly,
    finite,
    frame_for,
    layout_for,
)
from paribus.figures.rows import CurveRow

# The training split is drawn as measured after the epoch, so that it compares with the others.
_FIELDS: Mapping[Metric, Mapping[str, str]] = {
    "loss": {"training": "clean_loss", "validation": "validation_loss", "test": "test_loss"},
    "accuracy": {"training": "clean_accuracy", "validation": "validation_accuracy", "test": "test_accuracy"},
}
_MOST_SEEDS = 20
# Thin lines in one chart, over all conditions and splits.
_MOST_THIN = 240

# (condition, split) -> seed -> epoch -> value
_Series = dict[tuple[str, str], dict[int, dict[int, float]]]


def curves_data(rows: Sequence[CurveRow], *, metric: Metric, diverged: Collection[tuple[str, int]] = ()) -> LinesData:
    """Return the curves of all conditions, in the order of their first row.

    Args:
        rows: one per run and epoch.
        metric: "loss" or "accuracy".
        diverged: the (condition, seed) of runs that diverged: drawn up to their last finite value, marked
            there, and left out of mean and band.
    """
    every = list(dict.fromkeys(row.condition for row in rows))
    drawn = every[:MOST_CONDITIONS]
    series = _series(rows, drawn=set(drawn), metric=metric)
    splits = [split for split in _FIELDS[metric] if any(key[1] == split for key in series)]
    chosen = _thin_seeds(series, diverged)
    epochs, thinned = _kept_epochs(series, lines=sum(len(seeds) + 1 for seeds in chosen.values()))
    labels = short_labels(drawn)
    means = _means(series, labels=labels, diverged=diverged, epochs=epochs)
    seeds = _lines(series, labels=labels, diverged=diverged, chosen=chosen, epochs=epochs)
    frame, framed = frame_for(metric, means, seeds)
    return LinesData(
        metric=metric,
        x_title="epoch",
        layout=layout_for(len(drawn)),
        labels=tuple(labels.values()),
        splits=tuple(splits),
        means=tuple(means),
        seeds=tuple(seeds),
        frame=frame,
        notes=(*_notes(series, seeds=seeds, conditions=len(every), epochs=thinned), *framed),
    )


def _series(rows: Sequence[CurveRow], *, drawn: Collection[str], metric: Metric) -> _Series:
    series: _Series = {}
    for row in sorted(rows, key=lambda row: row.epoch):
        if row.condition not in drawn:
            continue
        for split, name in _FIELDS[metric].items():
            value = finite(getattr(row, name))
            if value is not None:
                runs = series.setdefault((row.condition, split), {})
                runs.setdefault(row.seed, {})[row.epoch] = value
    return series


def _thin_seeds(series: _Series, diverged: Collection[tuple[str, int]]) -> dict[tuple[str, str], list[int]]:
    """Choose the seeds drawn one by one: all where there is room, and diverged ones first."""
    most = _most_thin(series)
    chosen = {}
    for (condition, split), runs in series.items():
        lost = [seed for seed in sorted(runs) if (condition, seed) in diverged]
        kept = [seed for seed in sorted(runs) if (condition, seed) not in diverged]
        # A lone finite run is the mean itself.
        chosen[condition, split] = (lost + (kept if len(kept) > 1 else []))[:most]
    return chosen


def _most_thin(series: _Series) -> int:
    return max(1, min(_MOST_SEEDS, _MOST_THIN // max(1, len(series))))


def _kept_epochs(series: _Series, *, lines: int) -> tuple[set[int], tuple[int, int]]:
    every = sorted({epoch for runs in series.values() for values in runs.values() for epoch in values})
    most = max(8, min(200, POINT_BUDGET // max(1, lines)))
    kept = {every[index] for index in evenly(len(every), most)}
    return kept, (len(kept), len(every))


def _means(
    series: _Series,
    *,
    labels: Mapping[str, str],
    diverged: Collection[tuple[str, int]],
    epochs: Collection[int],
) -> list[MeanPoint]:
    means = []
    for (condition, split), runs in series.items():
        finished = [values for seed, values in runs.items() if (condition, seed) not in diverged]
        for epoch in sorted({epoch for values in finished for epoch in values} & set(epochs)):
            here = [values[epoch] for values in finished if epoch in values]
            mean = sum(here) / len(here)
            means.append(MeanPoint(labels[condition], split, epoch, mean, low=min(here), high=max(here), n=len(here)))
    return means


def _lines(
    series: _Series,
    *,
    labels: Mapping[str, str],
    diverged: Collection[tuple[str, int]],
    chosen: Mapping[tuple[str, str], Sequence[int]],
    epochs: Collection[int],
) -> list[SeedLine]:
    lines = []
    for (condition, split), seeds in chosen.items():
        for seed in seeds:
            values = series[condition, split][seed]
            last = max(values)
            points = tuple((epoch, values[epoch]) for epoch in values if epoch in epochs or epoch == last)
            lines.append(SeedLine(labels[condition], split, seed, points, (condition, seed) in diverged))
    return lines


def _notes(
    series: _Series,
    *,
    seeds: Sequence[SeedLine],
    conditions: int,
    epochs: tuple[int, int],
) -> tuple[str, ...]:
    notes = []
    if any(not line.diverged for line in seeds):
        notes.append("Thick: mean over seeds. Band: from the smallest to the largest seed. Thin: single seeds.")
    if any(line.diverged for line in seeds):
        notes.append("A cross ends a run that diverged, drawn dashed; such runs are no part of mean and band.")
    if any(len(runs) > _most_thin(series) for runs in series.values()):
        notes.append("Only some seeds are drawn as thin lines; mean and band cover all.")
    if epochs[0] < epochs[1]:
        notes.append(f"Thinned: {epochs[0]} of {epochs[1]:,} epochs are drawn.")
    if conditions > MOST_CONDITIONS:
        notes.append(f"Thinned: the first {MOST_CONDITIONS} of {conditions:,} conditions are drawn.")
    return tuple(notes)
