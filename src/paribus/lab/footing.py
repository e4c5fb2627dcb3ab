"""The same comparison on other footings: equal epochs, equal updates, equal training time.

Where conditions make different numbers of updates (another batch size, other epochs, other amounts of data), "all else
equal" has more than one meaning. The declared verdicts stand on the ends of the runs; these tables say what they would
have been had all runs been cut at the shortest budget. Runs are read at their last epoch within it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from paribus.lab.results import Results
from paribus.lab.settling import looks_of
from paribus.stats import ContrastEstimate, RunTable, contrasts
from paribus.store import Epoch, Run, StoreReader

_CLOSE = 1.05  # budgets that differ by less are the same for a reader


@dataclass(frozen=True, slots=True)
class Footing:
    """The contrasts of a study under one equal budget.

    Attributes:
        name: "equal epochs", "equal updates" or "equal training time".
        budget: the shortest condition's: epochs, updates or seconds.
        unit: of the budget.
        reached: condition -> share of the budget that its runs had used where they were read, on average.
        contrasts: under this budget; exploratory, because they were not declared.
        flips: condition -> verdict as declared and verdict here, where the two differ.
    """

    name: str
    budget: float
    unit: str
    reached: Mapping[str, float]
    contrasts: tuple[ContrastEstimate, ...]
    flips: Mapping[str, tuple[str | None, str | None]]


def footings(results: Results, store: StoreReader) -> tuple[Footing, ...]:
    """Return the footings on which the conditions differ; none where all make the same number of updates."""
    epochs: dict[str, list[Epoch]] = {}
    for epoch in store.epochs():
        epochs.setdefault(epoch.run, []).append(epoch)
    runs = [run for run in results.runs if run.state == "done" and epochs.get(run.id)]
    if not results.judged or not results.complete or len(results.conditions) < 2 or not runs:
        return ()
    spent: dict[str, tuple[str, Callable[[Sequence[Epoch]], list[float]]]] = {
        "equal epochs": ("epochs", lambda own: [float(each.epoch) for each in own]),
        "equal updates": ("updates", lambda own: [float(each.step) for each in own]),
        "equal training time": ("s", _seconds),
    }
    used = {name: {run.id: cost(epochs[run.id]) for run in runs} for name, (_, cost) in spent.items()}
    if not _differ(used["equal updates"], runs):
        return ()
    return tuple(
        _footing(results, name, spent[name][0], used[name], epochs, runs) for name in spent if _differ(used[name], runs)
    )


def footing_sentence(footing: Footing) -> str:
    """Return what an equal budget changes, in plain words."""
    amount = f"{footing.budget:,.0f} {footing.unit}" if footing.budget >= 10 else f"{footing.budget:.2g} {footing.unit}"
    said = f"At {footing.name} ({amount}, the least that any condition had)"
    if not footing.flips:
        return f"{said}, every verdict stays as it is."
    flips = "; ".join(
        f"{name}: {before or 'no verdict'} becomes {after or 'no verdict'}"
        for name, (before, after) in footing.flips.items()
    )
    return f"{said}, verdicts flip: {flips}."


def _seconds(own: Sequence[Epoch]) -> list[float]:
    total, found = 0.0, []
    for each in own:
        total += each.train_seconds
        found.append(total)
    return found


def _ends(used: Mapping[str, list[float]], runs: Sequence[Run]) -> dict[str, float]:
    """Return condition -> what its runs used to their ends, on average."""
    names = dict.fromkeys(run.condition for run in runs)
    return {name: fmean(used[run.id][-1] for run in runs if run.condition == name) for name in names}


def _differ(used: Mapping[str, list[float]], runs: Sequence[Run]) -> bool:
    ends = _ends(used, runs).values()
    return max(ends) > _CLOSE * min(ends)


def _footing(
    results: Results,
    name: str,
    unit: str,
    used: Mapping[str, list[float]],
    epochs: Mapping[str, list[Epoch]],
    runs: Sequence[Run],
) -> Footing:
    budget = min(_ends(used, runs).values())
    values: dict[str, dict[int, float | None]] = {each.name: {} for each in results.conditions}
    reached: dict[str, list[float]] = {}
    for run in results.runs:
        if run.state == "diverged":
            values[run.condition][run.seed] = None
    for run in runs:
        # An epoch is the least that can be read; a run whose first epoch is over the budget is read at that one.
        at = max((index for index, cost in enumerate(used[run.id]) if cost <= _CLOSE * budget), default=0)
        at = max(at, min(1, len(used[run.id]) - 1))
        values[run.condition][run.seed] = _accuracy(results, run, epochs[run.id][at])
        reached.setdefault(run.condition, []).append(used[run.id][at] / budget)
    found = contrasts(
        RunTable(values, baseline=results.conditions[0].name, images=1),
        smallest_effect=results.margin[0],
        alpha=results.study.design.alpha,
        looks=looks_of(results.study),
    )
    declared = {each.condition: each.verdict for each in results.contrasts}
    flips = {
        each.condition: (declared[each.condition], each.verdict)
        for each in found
        if each.verdict != declared[each.condition]
    }
    return Footing(name, budget, unit, {key: fmean(each) for key, each in reached.items()}, found, flips)


def _accuracy(results: Results, run: Run, epoch: Epoch) -> float | None:
    if results.look is None:
        return epoch.validation_accuracy
    return next(each.test_accuracy for each in results.test[run.id] if each.epoch == epoch.epoch)
