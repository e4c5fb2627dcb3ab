"""What a study asks for by now: settings are tuned first, and seeds are added where a contrast is undecided.

Both follow from finished runs alone, so a study that was stopped, or is read later, settles the same way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from paribus.store import Epoch
from paribus.store import Run as StoredRun
from paribus.study import (
    Recipe,
    Run,
    SequentialSeeds,
    Study,
    asks_for_largest,
    expand,
    memory_key,
    pick,
    possible,
    runs,
    tuning_runs,
)

_ENDED = ("done", "diverged")
Accuracies = Mapping[str, float | None]  # key of a run that has ended -> validation accuracy; None: it diverged


@dataclass(frozen=True, slots=True)
class Settled:
    """A study as far as its finished runs determine it.

    Attributes:
        study: with tuned values and numbers of seeds as far as they are known.
        tuning: the runs on which settings are tuned; they are not compared.
        compared: the runs that are compared, known when the settings are tuned.
        final: whether no further run can be asked for once these have ended.
    """

    study: Study
    tuning: tuple[Run, ...]
    compared: tuple[Run, ...]
    final: bool

    @property
    def wanted(self) -> tuple[Run, ...]:
        """All runs to train, in order."""
        return (*self.tuning, *self.compared)


def settle(study: Study, ended: Accuracies) -> Settled:
    """Return what a study asks for, given the runs that have ended."""
    tuning = tuning_runs(study)
    if tuning:
        if any(run.key not in ended for run in tuning):
            return Settled(study, tuning, (), final=False)
        study = pick(study, ended)
    if not isinstance(study.design.seeds, SequentialSeeds):
        return Settled(study, tuning, runs(study), final=True)
    return _with_seeds(study, tuning, ended)


def asking_for_largest(study: Study) -> dict[str, Recipe]:
    """Return a recipe for each number that "largest" stands for, by its memory key; empty where no recipe asks."""
    every = possible(replace(study, picks={}, largest={}))
    return {memory_key(recipe): recipe for _, recipe in reversed(every) if asks_for_largest(recipe)}


def accuracies(stored: Mapping[str, StoredRun], last: Mapping[str, Epoch]) -> dict[str, float | None]:
    """Return what `settle` needs to know of stored runs, by their keys."""
    return {
        key: None if run.state == "diverged" else last[run.id].validation_accuracy
        for key, run in stored.items()
        if run.state in _ENDED and (run.state == "diverged" or run.id in last)
    }


def _with_seeds(study: Study, tuning: tuple[Run, ...], ended: Accuracies) -> Settled:
    """Look again and again, as it was looked while training: after each number of seeds at all that have ended."""
    sequential = study.design.seeds
    assert isinstance(sequential, SequentialSeeds)
    counts = {each.name: sequential.start for each in expand(study)}
    while True:
        study = replace(study, seeds=dict(counts))
        wanted = runs(study)
        if any(run.key not in ended for run in wanted):
            return Settled(study, tuning, wanted, final=False)
        following = _next_counts(study, wanted, ended)
        if following == counts:
            return Settled(study, tuning, wanted, final=True)
        counts = following


def looks_of(study: Study) -> tuple[int, ...] | None:
    """Return the numbers of seeds at which validation is looked at; None where the number of seeds is fixed."""
    sequential = study.design.seeds
    if not isinstance(sequential, SequentialSeeds):
        return None
    from paribus.stats import looks  # noqa: PLC0415  scipy: not for studies with a fixed number

    return looks(sequential.start, sequential.most)


def _next_counts(study: Study, wanted: tuple[Run, ...], ended: Accuracies) -> dict[str, int]:
    """Return how many seeds each condition has to have, given the validation accuracies of those that it has."""
    from paribus.stats import RunTable, decide, next_seeds  # noqa: PLC0415  as above

    every = looks_of(study)
    assert every is not None
    values: dict[str, dict[int, float | None]] = {name: {} for name in study.seeds}
    for run in wanted:
        values[run.condition][run.seed] = ended[run.key]
    table = RunTable(values, baseline=next(iter(values)), images=1)
    look, design = max(study.seeds.values()), study.design
    standings = decide(table, look=look, looks=every, alpha=design.alpha, smallest_effect=design.smallest_effect)
    return dict(next_seeds(table, standings, look=look, looks=every))
