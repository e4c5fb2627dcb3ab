"""A factor with an order (learning rate, batch size): trend, shape, plateau, cliff, and where its best may lie."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from paribus.core import StudyError
from paribus.stats.best import BestSet, Pairs, all_pairs, best_set
from paribus.stats.matrix import responses
from paribus.stats.responses import check_margin
from paribus.stats.student import Floats, holm, two_one_sided, two_sided
from paribus.stats.tables import RunTable
from paribus.stats.weighted import EffectEstimate, judge

Shape = Literal["rising", "falling", "bent", "undecided"]


@dataclass(frozen=True, slots=True)
class Step:
    """From one level to the next larger dose; the estimate is the response after it minus before it."""

    before: str
    after: str
    estimate: EffectEstimate


@dataclass(frozen=True, slots=True)
class DoseResponse:
    """What an ordered factor does. "Level" is the condition at one dose.

    Attributes:
        doses: dose of each level, smallest first.
        means: mean response of each level over its finite runs; None where there is none.
        diverged: levels of which a run diverged, smallest dose first.
        trend: change of the response from the smallest to the largest dose along the straight line over log dose;
            None where there is no such line, see `reason`.
        bend: how far the parabola over log dose rises, in the middle of the range, above the line between its
            ends (negative: sags below it). Trend and bend are one family of two.
        shape: "rising": between some two levels a rise is shown, and between none a fall; "falling": the reverse;
            "bent": both are shown, so the response is not monotone; "undecided": neither is shown.
        steps: from each level to the next; one family.
        cliff: the step with the largest mean difference if its verdict is "different", else None.
        best: the levels that are not shown to be worse than the best.
        plateau: the neighbouring levels around the observed best that all are in that set.
        flat: the longest run of neighbouring levels around the observed best in which every two levels are shown
            equivalent; the observed best alone where nothing is shown.
        edge: whether the observed best is the smallest or the largest dose tried.
        open_ends: the ends of the range whose level may be the best, as the set says.
        reason: why something is missing; empty otherwise.
    """

    doses: Mapping[str, float]
    means: Mapping[str, float | None]
    diverged: tuple[str, ...]
    trend: EffectEstimate | None
    bend: EffectEstimate | None
    shape: Shape
    steps: tuple[Step, ...]
    cliff: Step | None
    best: BestSet
    plateau: tuple[str, ...]
    flat: tuple[str, ...]
    edge: Literal["smallest", "largest"] | None
    open_ends: tuple[Literal["smallest", "largest"], ...]
    reason: str


def dose_response(
    table: RunTable, doses: Mapping[str, float], *, alpha: float = 0.05, smallest_effect: float | None
) -> DoseResponse:
    """Return what the order of the levels adds to their comparison; a larger response is better.

    All differences are paired by seed. Five questions, each with the error rate alpha over all that it looks at, so
    that picking the most striking answer afterwards is paid for:

    - Trend and bend: orthogonal contrasts, linear and quadratic, over log dose; Holm over the two. A level with a
      diverged run is left out of both and named.
    - Shape and flat: two-sided t tests, and two one-sided tests, on every two levels; Holm over all of these pairs.
    - Steps and cliff: every two neighbours; Holm over the steps. A step to or from a level with a diverged run has
      the verdict "diverged": that level is a cliff of its own.
    - Best and plateau: see best_set. The best was not known beforehand; the set holds it with a chance of 1 - alpha.
    - Edge: no test. The best dose may lie outside what was tried.

    Args:
        table: responses.
        doses: condition -> dose, any unit; conditions that are not named are left out.
        alpha: error rate of each question.
        smallest_effect: the smallest difference that matters, a fraction; None: nothing can be equivalent.

    Raises:
        StudyError: fewer than two doses, a dose that is not finite or there twice, an unknown condition; alpha or the
            smallest effect is out of range.

    """
    _check(doses)
    check_margin(smallest_effect)
    order = dict(sorted(doses.items(), key=lambda item: item[1]))
    names = tuple(order)
    found = best_set(table, names, alpha=alpha)
    matrix = responses(table, names)
    diverged = tuple(name for name, row in zip(names, matrix.lost, strict=True) if row.any())
    pairs = all_pairs(np.where(matrix.lost.any(axis=1, keepdims=True), np.nan, matrix.values))
    steps = _steps(table, names, smallest_effect, alpha)
    kept = {name: dose for name, dose in order.items() if name not in diverged}
    (trend, bend), why = _lines(table, kept, smallest_effect, alpha)
    return DoseResponse(
        doses=order,
        means={name: _mean(row) for name, row in zip(names, matrix.values, strict=True)},
        diverged=diverged,
        trend=trend,
        bend=bend,
        shape=_shape(pairs, alpha),
        steps=steps,
        cliff=_cliff(steps),
        best=found,
        plateau=_plateau(names, found),
        flat=_flat(names, found.observed, pairs, smallest_effect, alpha),
        edge=_end(names, found.observed),
        open_ends=tuple(end for each in found.levels if (end := _end(names, each)) is not None),
        reason=why,
    )


def _check(doses: Mapping[str, float]) -> None:
    if len(doses) < 2:
        raise StudyError("vary", wrong=f"{len(doses)} dose(s) have no order", allowed="two doses or more")
    for name, dose in doses.items():
        if not math.isfinite(dose):
            raise StudyError("vary", wrong=f'the dose of "{name}", {dose}, is no finite number', allowed="a number")
    if len(set(doses.values())) < len(doses):
        twice = next(dose for dose in doses.values() if list(doses.values()).count(dose) > 1)
        raise StudyError("vary", wrong=f"two conditions have the dose {twice:g}", allowed="one condition per dose")


def _mean(row: Floats) -> float | None:
    finite = row[np.isfinite(row)]
    return float(finite.mean()) if finite.size else None


def _end(names: Sequence[str], name: str | None) -> Literal["smallest", "largest"] | None:
    return "smallest" if name == names[0] else "largest" if name == names[-1] else None


def _lines(
    table: RunTable, doses: Mapping[str, float], margin: float | None, alpha: float
) -> tuple[tuple[EffectEstimate | None, EffectEstimate | None], str]:
    if len(doses) < 3:
        return (None, None), "A trend needs three levels of which no run diverged."
    if min(doses.values()) <= 0:
        return (None, None), "A dose of 0 or below has no logarithm: there is no trend over log dose."
    place = np.log(np.array(list(doses.values())))
    questions = [dict(zip(doses, weights.tolist(), strict=True)) for weights in (_line(place), _parabola(place))]
    trend, bend = judge(table, questions, smallest_effect=margin, alpha=alpha)
    return (trend, bend), ""


def _line(place: Floats) -> Floats:
    """Return the weights of the least-squares slope, times the range of the places."""
    centred = place - place.mean()
    weights: Floats = centred / (centred @ centred) * np.ptp(place)
    return weights


def _parabola(place: Floats) -> Floats:
    """Return the weights of the least-squares parabola's height above its chord, in the middle of the range."""
    centred = place - place.mean()
    square = centred**2
    bend = square - square.mean() - centred * (square @ centred) / (centred @ centred)
    weights: Floats = -bend / (bend @ bend) * np.ptp(place) ** 2 / 4
    return weights


def _steps(table: RunTable, names: Sequence[str], margin: float | None, alpha: float) -> tuple[Step, ...]:
    neighbours = list(itertools.pairwise(names))
    questions = [{after: 1.0, before: -1.0} for before, after in neighbours]
    estimates = judge(table, questions, smallest_effect=margin, alpha=alpha)
    return tuple(Step(*both, estimate) for both, estimate in zip(neighbours, estimates, strict=True))


def _cliff(steps: Sequence[Step]) -> Step | None:
    sized = [step for step in steps if step.estimate.verdict not in (None, "diverged")]
    largest = max(sized, key=lambda step: abs(step.estimate.difference or 0.0), default=None)
    return largest if largest is not None and largest.estimate.verdict == "different" else None


def _over_pairs(pairs: Pairs, p: Floats) -> Floats:
    """Return Holm-adjusted p of every two levels as a K x K array; what cannot be tested counts as 1."""
    above = np.triu_indices(len(p), 1)
    adjusted = np.ones(p.shape)
    adjusted[above] = holm(np.where(np.isfinite(pairs.sd), p, 1.0)[above])
    return np.minimum(adjusted, adjusted.T)


def _shape(pairs: Pairs, alpha: float) -> Shape:
    shown = _over_pairs(pairs, _tested(pairs, None)) <= alpha
    later = np.triu(shown, 1)  # entry i, j: the smaller dose i minus the larger dose j
    rises, falls = bool((later & (pairs.mean < 0)).any()), bool((later & (pairs.mean > 0)).any())
    if rises:
        return "bent" if falls else "rising"
    return "falling" if falls else "undecided"


def _tested(pairs: Pairs, margin: float | None) -> Floats:
    testable = np.isfinite(pairs.sd)
    mean, sd, n = np.where(testable, pairs.mean, 0.0), np.where(testable, pairs.sd, 1.0), np.maximum(pairs.n, 2)
    return two_sided(mean, sd, n) if margin is None else np.maximum(*two_one_sided(mean, sd, n, margin=margin))


def _plateau(names: Sequence[str], found: BestSet) -> tuple[str, ...]:
    if found.observed is None:
        return ()
    low = high = names.index(found.observed)
    while low > 0 and names[low - 1] in found.levels:
        low -= 1
    while high + 1 < len(names) and names[high + 1] in found.levels:
        high += 1
    return tuple(names[low : high + 1])


def _flat(
    names: Sequence[str], observed: str | None, pairs: Pairs, margin: float | None, alpha: float
) -> tuple[str, ...]:
    if observed is None:
        return ()
    best = names.index(observed)
    if margin is None:
        return (observed,)
    equal = _over_pairs(pairs, _tested(pairs, margin)) <= alpha
    np.fill_diagonal(equal, val=True)
    runs = []
    for low in range(best, -1, -1):
        high = best
        while high < len(names) and equal[low : high + 1, low : high + 1].all():
            high += 1
        if high == best:  # not even up to the best: nor from any lower level
            break
        runs.append((low, high))
    low, high = max(runs, key=lambda run: run[1] - run[0])
    return tuple(names[low:high])
