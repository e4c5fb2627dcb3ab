"""What the networks of a condition say of single test images, and which of these images are worth a look."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from paribus.lab.matrices import Labels, test_labels
from paribus.lab.pixels import spread
from paribus.lab.results import Results, chosen
from paribus.store import Run, StoreReader

MOST = 24  # of each kind
_MOST_CLASSES = 200  # a table of more than so many rows shows nothing to anybody


@dataclass(frozen=True, slots=True)
class Opened:
    """The predictions of one condition's finished runs for N test images.

    Attributes:
        labels: true classes, [N].
        predicted: of the first run, [N].
        confidence: of the first run: its probability of what it predicts, [N].
        right: how many of the runs classify each image correctly, [N].
        seeds: how many runs.
        confusion: counts [true][predicted] over all runs; empty where there are too many classes.
    """

    labels: Labels
    predicted: Labels
    confidence: npt.NDArray[np.float64]
    right: Labels
    seeds: int
    confusion: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """Places of test images, as report.Inspection describes them."""

    wrong: tuple[int, ...]
    right: tuple[int, ...]
    hard: tuple[int, ...]
    hard_total: int

    def by_turns(self) -> Iterator[int]:
        """Yield the places, those that say most first, a few of each kind before many of one."""
        for turn in range(MOST):
            for kind in (self.wrong, self.hard, self.right):
                yield from kind[turn : turn + 1]


def roles(results: Results) -> dict[str, str]:
    """Return the conditions that are always looked into, and why: the baseline, and the best one by now."""
    baseline, picked = results.conditions[0].name, chosen(results)
    means = {each.name: each.mean for each in results.estimates if each.mean is not None}
    best = picked[0] if picked else max(means, key=lambda name: means[name]) if means else None
    if best is None:
        return {baseline: "baseline"}
    return {baseline: "baseline and best"} if best == baseline else {baseline: "baseline", best: "best"}


def opened(results: Results, store: StoreReader, condition: str) -> Opened | None:
    """Return a condition's predictions; None while they are sealed, and where none are kept."""
    runs, labels = done_runs(results, condition), test_labels(results, store, condition)
    if results.look is None or not runs or labels is None:
        return None
    view = store.sealed(results.look)
    first, right = None, np.zeros(len(labels), dtype=np.int64)
    for run in runs:
        said = view.predictions(run.id)
        assert said is not None  # of a run that is done
        classes = np.frombuffer(said.classes, dtype="<u2").astype(np.int64)
        right += classes == labels
        if first is None:
            first = (classes, _confidence(said.probabilities, classes, count=said.class_count))
            confusion = np.zeros(said.class_count**2 if said.class_count <= _MOST_CLASSES else 0, dtype=np.int64)
        if len(confusion):
            confusion += np.bincount(labels * said.class_count + classes, minlength=len(confusion))
    assert first is not None
    side = round(len(confusion) ** 0.5)
    table = tuple(tuple(row) for row in confusion.reshape(side, side).tolist())
    return Opened(labels, *first, right, seeds=len(runs), confusion=table)


def done_runs(results: Results, condition: str) -> list[Run]:
    """Return the runs of a condition that ended well, the first seed first."""
    return [run for run in results.runs if run.condition == condition and run.state == "done"]


def selection(found: Opened) -> Selection:
    """Choose test images: the most confident mistakes, what every seed gets wrong, and right ones of every class."""
    order = np.argsort(-found.confidence, kind="stable")
    wrong = order[(found.predicted != found.labels)[order]]
    hard = order[(found.right == 0)[order]]
    right = np.flatnonzero(found.predicted == found.labels)
    right = right[spread(found.labels[right], most=MOST)]
    first, second, third = (tuple(each[:MOST].tolist()) for each in (wrong, right, hard))
    return Selection(first, second, third, hard_total=len(hard))


def _confidence(probabilities: bytes, classes: Labels, *, count: int) -> npt.NDArray[np.float64]:
    """Return the probability of each prediction; raw outputs, which are none, are cut to 0 to 1."""
    shares = np.frombuffer(probabilities, dtype="<f2").reshape(-1, count)
    chosen = shares[np.arange(len(classes)), classes].astype(np.float64)
    return np.clip(np.nan_to_num(chosen, nan=0.0), 0.0, 1.0)
