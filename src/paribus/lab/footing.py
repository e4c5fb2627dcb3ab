"""The same comparison on other footings: equal epochs, equal updates, equal training time.

Where conditions make different numbers of updates (another batch size, other epochs, other amounts of data), "all else
equal" has more than one meaning. The declared verdicts stand on the ends of the runs; these tables say what they would
have been had all runs been cut at the shortest budget. Runs are read at their last epoch within it, or at the first one
where that is over it. A condition none of whose epochs ends near the budget is not compared: that would not be equal.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from paribus.lab.results import Results
from paribus.lab.settling import looks_of
from paribus.stats import ContrastEstimate, RunTable, contrasts
from paribus.store import Epoch, Run, StoreReader

_CLOSE = 1.05  # budgets that differ by less are the same for a reader
_UNITS = {"equal epochs": "epochs", "equal updates": "updates", "equal training time": "s"}
_NEAR = 1.25  # a run that is read at less or more of the budget than this factor is on no equal footing


@dataclass(frozen=True, slots=True)
class Footing:
    """The contrasts of a study under one equal budget.

    Attributes:
        name: "equal epochs", "equal updates" or "equal training time".
        budget: the shortest condition's: epochs, updates or seconds.
        unit: of the budget.
        timed: whether the budget is time, which another run of the study, or another machine, does not repeat.
        reached: condition -> share of the budget that its runs had used where they were read, on average.
        apart: conditions that no epoch ends near the budget for; they are not compared.
        contrasts: the others under this budget; exploratory, because they were not declared.
        flips: condition -> verdict as declared and verdict here, where the two differ; words stand for no verdict.
    """

    name: str
    budget: float
    unit: str
    timed: bool
    reached: Mapping[str, float]
    apart: tuple[str, ...]
    contrasts: tuple[ContrastEstimate, ...]
    flips: Mapping[str, tuple[str, str]]


def footings(results: Results, store: StoreReader) -> tuple[Footing, ...]:
    """Return the footings on which the conditions differ; none where all make the same number of updates."""
    epochs: dict[str, list[Epoch]] = {}
    for epoch in store.epochs():
        epochs.setdefault(epoch.run, []).append(epoch)
    runs = [run for run in results.runs if run.state == "done" and epochs.get(run.id)]
    if not results.judged or not results.complete or len(results.conditions) < 2 or not runs:
        return ()
    steps = _steps_per_epoch(results)
    used = {
        "equal epochs": {run.id: [each.step / steps[run.condition] for each in epochs[run.id]] for run in runs},
        "equal updates": {run.id: [float(each.step) for each in epochs[run.id]] for run in runs},
        "equal training time": {run.id: _seconds(epochs[run.id]) for run in runs},
    }
    if not _differ(used["equal updates"], runs):
        return ()
    return tuple(_footing(results, name, each, epochs, runs) for name, each in used.items() if _differ(each, runs))


def footing_sentence(footing: Footing) -> str:
    """Return what an equal budget changes, in plain words."""
    amount = f"{footing.budget:,.0f} {footing.unit}" if footing.budget >= 10 else f"{footing.budget:.2g} {footing.unit}"
    said = f"At {footing.name} ({amount}, the least that any condition had)"
    coarse = f" Not compared, because no epoch ends near that: {', '.join(footing.apart)}." if footing.apart else ""
    if not footing.contrasts:
        return f"{said}, nothing can be compared.{coarse}"
    if footing.flips:
        flips = "; ".join(f"{name}: {before} becomes {after}" for name, (before, after) in footing.flips.items())
        return f"{said}, verdicts flip: {flips}.{coarse}"
    if not any(each.verdict for each in footing.contrasts):
        return f"{said}, there is no verdict that could flip.{coarse}"
    return f"{said}, every verdict stays as it is.{coarse}"


def _steps_per_epoch(results: Results) -> dict[str, int]:
    """Return condition -> updates of one epoch: a length in updates need not end where an epoch does."""
    users, data = results.facts["study"]["data"], results.facts["data"]
    images = {name: sum(data[key]["train"]) for key, names in users.items() for name in names}
    batch = {each.name: each.recipe.train.batch for each in results.conditions}
    return {name: math.ceil(count / batch[name]) for name, count in images.items()}


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
    used: Mapping[str, list[float]],
    epochs: Mapping[str, list[Epoch]],
    runs: Sequence[Run],
) -> Footing:
    unit, budget = _UNITS[name], min(_ends(used, runs).values())
    read = {run.id: _read_at(used[run.id], epochs[run.id], budget) for run in runs}
    shares: dict[str, list[float]] = {}
    for run in runs:
        shares.setdefault(run.condition, []).append(used[run.id][read[run.id]] / budget)
    reached = {condition: fmean(each) for condition, each in shares.items()}
    apart = tuple(condition for condition, share in reached.items() if not 1 / _NEAR <= share <= _NEAR)
    found = _contrasts(results, {run.id: epochs[run.id][read[run.id]] for run in runs}, apart=apart)
    declared = {each.condition: each for each in results.contrasts}
    pairs = [(declared[each.condition], each) for each in found]
    flips = {here.condition: (_word(was), _word(here)) for was, here in pairs if was.verdict != here.verdict}
    return Footing(name, budget, unit, unit == "s", reached, apart, found, flips)


def _word(contrast: ContrastEstimate) -> str:
    """Return the verdict, or what there is instead: runs that differ in nothing but their length are one run before."""
    if contrast.verdict is None and contrast.n > 1 and not any(value for _, value in contrast.differences):
        return "the same numbers"
    return contrast.verdict or "no verdict"


def _read_at(used: Sequence[float], own: Sequence[Epoch], budget: float) -> int:
    """Return the place of the epoch that a run is read at; never epoch 0, at which nothing is trained."""
    trained = [place for place, each in enumerate(own) if each.epoch > 0] or [0]
    within = [place for place in trained if used[place] <= _CLOSE * budget]
    return within[-1] if within else trained[0]


def _contrasts(results: Results, read: Mapping[str, Epoch], *, apart: Collection[str]) -> tuple[ContrastEstimate, ...]:
    """Return the contrasts of the conditions that are on an equal footing; the others count for Holm's correction."""
    values: dict[str, dict[int, float | None]] = {each.name: {} for each in results.conditions}
    for run in results.runs:
        if run.condition in apart:
            continue
        if run.state == "diverged":
            values[run.condition][run.seed] = None
        elif run.id in read:
            values[run.condition][run.seed] = _accuracy(results, run, read[run.id])
    baseline = results.conditions[0].name
    if baseline in apart:
        return ()
    found = contrasts(
        RunTable(values, baseline=baseline, images=1),
        smallest_effect=results.margin[0],
        alpha=results.study.design.alpha,
        looks=looks_of(results.study),
    )
    return tuple(each for each in found if each.condition not in apart)


def _accuracy(results: Results, run: Run, epoch: Epoch) -> float | None:
    if results.look is None:
        return epoch.validation_accuracy
    return next(each.test_accuracy for each in results.test[run.id] if each.epoch == epoch.epoch)
