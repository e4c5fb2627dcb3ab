"""How each condition stands: counted anew only for the condition that has changed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from paribus.lab.progress import Standing, Working
from paribus.store import Epoch
from paribus.store import Run as StoredRun
from paribus.study import Run, Study, tuning_runs

if TYPE_CHECKING:
    from paribus.lab.results import Results


@dataclass(slots=True)
class _Row:
    baseline: bool
    tuning: bool
    states: dict[int, str] = field(default_factory=dict)  # by seed
    accuracies: dict[int, float | None] = field(default_factory=dict)  # of ended runs; None: diverged
    working: dict[int, Working] = field(default_factory=dict)
    news: int = 0


class Board:
    """The conditions of a study, and what their runs are doing.

    Args:
        baseline: name of the condition that the others are compared with.
        tuning: names of the candidates on which settings are tuned.
        alpha: of the intervals.
    """

    def __init__(self, *, baseline: str, tuning: frozenset[str], alpha: float) -> None:
        self._baseline, self._tuning, self._alpha = baseline, tuning, alpha
        self._rows: dict[str, _Row] = {}
        self._made: dict[str, Standing] = {}
        self._estimates: dict[str, tuple[int, float | None, float | None]] = {}
        self._changes = 0

    def put(self, condition: str, seed: int, state: str, *, accuracy: float | None = None) -> None:
        """Note a run's state, and how accurate it is if it is done."""
        row = self._row(condition)
        row.states[seed] = state
        row.working.pop(seed, None)
        if state == "diverged" or (state == "done" and accuracy is not None):
            row.accuracies[seed] = None if state == "diverged" else accuracy
            self._estimates.pop(condition, None)
        self._changed(condition, row)

    def work(self, condition: str, working: Working) -> None:
        """Note that a run is being trained, and how far it is."""
        row = self._row(condition)
        row.states[working.seed] = "running"
        row.working[working.seed] = working
        self._changed(condition, row)

    def standings(self) -> tuple[Standing, ...]:
        """Return all conditions, in the order in which they were put."""
        for name, row in self._rows.items():
            if name not in self._made:
                self._made[name] = self._standing(name, row)
        return tuple(self._made[name] for name in self._rows)

    def _row(self, condition: str) -> _Row:
        if condition not in self._rows:
            self._rows[condition] = _Row(condition == self._baseline, condition in self._tuning)
        return self._rows[condition]

    def _changed(self, condition: str, row: _Row) -> None:
        self._changes += 1
        row.news = self._changes
        self._made.pop(condition, None)

    def _standing(self, name: str, row: _Row) -> Standing:
        if name not in self._estimates:
            self._estimates[name] = _estimated(row.accuracies, alpha=self._alpha)
        n, mean, half_width = self._estimates[name]
        return Standing(
            name=name,
            baseline=row.baseline,
            tuning=row.tuning,
            states=tuple(row.states[seed] for seed in sorted(row.states)),
            working=tuple(row.working[seed] for seed in sorted(row.working)),
            n=n,
            mean=mean,
            half_width=half_width,
            news=row.news,
            alpha=self._alpha,
        )


def _estimated(accuracies: Mapping[int, float | None], *, alpha: float) -> tuple[int, float | None, float | None]:
    """Return n, mean, and half the width of its interval."""
    finite = [value for value in accuracies.values() if value is not None]
    if len(finite) < 2:  # one run is its own mean: no need of statistics
        return len(finite), finite[0] if finite else None, None
    from paribus.stats import RunTable, describe  # noqa: PLC0415  scipy: when there is something to compute

    (found,) = describe(RunTable({"": accuracies}, baseline="", images=1), alpha=alpha)
    half_width = (found.interval[1] - found.interval[0]) / 2 if found.interval else None
    return found.n, found.mean, half_width


def board_of(study: Study, wanted: Iterable[Run], *, stored: Sequence[StoredRun], last: Mapping[str, Epoch]) -> Board:
    """Return the board of a session that begins.

    Args:
        study: settled as far as it is known.
        wanted: all runs that it asks for by now.
        stored: what the store knows of them.
        last: each stored run's latest epoch.
    """
    wanted = tuple(wanted)
    tuning = frozenset(run.condition for run in tuning_runs(study))
    board = Board(baseline=_first(run.condition for run in wanted if run.condition not in tuning), tuning=tuning,
                  alpha=study.design.alpha)  # fmt: skip
    ended = {run.key: run for run in stored if run.state in ("done", "diverged")}
    for run in wanted:
        found = ended.get(run.key)
        if found is None:
            board.put(run.condition, run.seed, "waiting")
        else:
            board.put(run.condition, run.seed, found.state, accuracy=shown_accuracy(last.get(found.id)))
    return board


def standings_of(results: "Results") -> tuple[Standing, ...]:
    """Return the conditions of a study as its directory holds them; accuracies are of `standing_split`."""
    board = Board(
        baseline=results.conditions[0].name,
        tuning=frozenset(run.condition for run in results.tuning),
        alpha=results.study.design.alpha,
    )
    for run in (*results.tuning, *results.runs):
        tested = results.test_accuracy(run)
        accuracy = shown_accuracy(results.last.get(run.id)) if tested is None else tested
        board.put(run.condition, run.seed, run.state, accuracy=accuracy)
        if run.state == "running":
            board.work(run.condition, Working(run.seed, run.epochs, _epochs(json.loads(run.recipe)), None))
    return board.standings()


def standing_split(results: "Results") -> str:
    """Return what the accuracies of `standings_of` are measured on; tuning never sees the test set."""
    if results.look is not None:
        return "test"
    every = [epoch.validation_accuracy for run in results.runs if (epoch := results.last.get(run.id))]
    return "training" if every and None in every else "validation"


def shown_accuracy(epoch: Epoch | None) -> float | None:
    """Return the accuracy that may be shown before the look: on validation, else on training images."""
    if epoch is None:
        return None
    return epoch.validation_accuracy if epoch.validation_accuracy is not None else epoch.clean_accuracy


def _first(names: Iterable[str]) -> str:
    return next(iter(names), "")


def _epochs(recipe: Mapping[str, Any]) -> int | None:
    epochs = recipe["train"].get("epochs")
    return epochs if isinstance(epochs, int) else None
