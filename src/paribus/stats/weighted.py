"""Weighted sums of conditions, paired by seed: what every question about a grid or an ordered factor comes to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from paribus.stats.matrix import Responses, responses
from paribus.stats.names import named
from paribus.stats.power import seeds_needed, upper_sd
from paribus.stats.responses import check_alpha, check_margin, mean_and_sd
from paribus.stats.student import Floats, half_width, holm, two_one_sided, two_sided
from paribus.stats.tables import RunTable, Verdict, verdict_of


@dataclass(frozen=True, slots=True)
class EffectEstimate:
    """One weighted sum of conditions, judged within a family of such sums; accuracies as fractions.

    Attributes:
        weights: weight of each condition; they sum to 0.
        differences: (seed, weighted sum) for each seed on which all these conditions are finite.
        n: their number.
        diverged: runs of these conditions that diverged.
        difference: mean over the seeds.
        sd: standard deviation over the seeds.
        interval: unadjusted 1 - alpha t interval.
        p, p_adjusted: two-sided t; Holm over the family.
        equivalence_p, equivalence_p_adjusted: two one-sided tests against the smallest effect; Holm of their own.
        family: the number of sums judged together.
        verdict: None when there is none to give.
        seeds_needed: as in ContrastEstimate; None where it was not asked for.
        reason: why p, interval or verdict are missing, or which runs were left out; empty otherwise.
    """

    weights: Mapping[str, float]
    differences: tuple[tuple[int, float], ...]
    n: int
    diverged: int
    difference: float | None
    sd: float | None
    interval: tuple[float, float] | None
    p: float | None
    p_adjusted: float | None
    equivalence_p: float | None
    equivalence_p_adjusted: float | None
    family: int
    verdict: Verdict | None
    seeds_needed: tuple[int, int] | None
    reason: str


@dataclass(frozen=True, slots=True)
class _Sum:
    """One weighted sum over the seeds, before any test; `untestable` says why there is none."""

    weights: Mapping[str, float]
    differences: tuple[tuple[int, float], ...]
    mean: float | None
    sd: float | None
    diverged: int
    untestable: str
    remark: str


@dataclass(frozen=True, slots=True)
class _Judged:
    """The numbers of one testable sum."""

    half_width: float
    p: float
    p_adjusted: float
    equivalence_p: float | None
    equivalence_p_adjusted: float | None
    verdict: Verdict


def judge(
    table: RunTable,
    questions: Sequence[Mapping[str, float]],
    *,
    smallest_effect: float | None,
    alpha: float = 0.05,
    outlook: bool = False,
) -> tuple[EffectEstimate, ...]:
    """Return one estimate per weighted sum of conditions; the sums are one family.

    The same rules as for contrasts with the baseline: t over the sums by seed, two one-sided tests, Holm for each
    kind of claim over the whole family (a sum that cannot be tested counts as p = 1), no test where a run
    diverged, with fewer than two seeds, or without spread.

    Args:
        table: responses.
        questions: weights by condition, which sum to 0; {"a": 1, "b": -1} is the contrast of a with b.
        smallest_effect: the smallest sum that matters, a fraction; None: nothing can be equivalent.
        alpha: error rate over all questions.
        outlook: whether undecided ones get the seeds needed, which takes longer than all the rest.

    Raises:
        StudyError: alpha or the smallest effect is out of range, or a condition is not in the table.

    """
    check_alpha(alpha)
    check_margin(smallest_effect)
    matrix = responses(table, dict.fromkeys(name for weights in questions for name in weights))
    sums = [_summed(matrix, weights) for weights in questions]
    judged = _judged(sums, smallest_effect, alpha)
    seeds = _seeds(sums, judged, smallest_effect, alpha) if outlook and smallest_effect else {}
    return tuple(
        _estimate(each, judged.get(place), seeds.get(place), family=len(sums), has_margin=smallest_effect is not None)
        for place, each in enumerate(sums)
    )


def _summed(matrix: Responses, weights: Mapping[str, float]) -> _Sum:
    rows = matrix.rows(weights)
    values, present, lost = matrix.values[rows], matrix.present[rows], matrix.lost[rows]
    factors = np.array(list(weights.values()), np.float64)
    summed: Floats = factors @ values
    finite = np.isfinite(summed)
    largest = float((np.abs(factors) @ np.abs(values[:, finite])).max()) if finite.any() else 0.0
    found = summed[finite].tolist()
    mean, sd = mean_and_sd(found, scale=largest)
    diverged, complete = int(lost.sum()), int(present.all(axis=0).sum())
    untestable = (
        f"{diverged} of {int(present.sum())} runs diverged: no test, what is left only describes {len(found)} seeds."
        if diverged
        else _why_no_test(matrix, weights, n=len(found), sd=sd, mean=mean)
    )
    alone = int(present.sum()) - complete * len(rows)
    remark = f"Only the {complete} seeds that all have are used; {alone} other runs are left out." if alone else ""
    pairs = zip([seed for seed, kept in zip(matrix.seeds, finite.tolist(), strict=True) if kept], found, strict=True)
    return _Sum(weights, tuple(pairs), mean, sd, diverged, untestable, remark if complete else "")


def _why_no_test(
    matrix: Responses, weights: Mapping[str, float], *, n: int, sd: float | None, mean: float | None
) -> str:
    for name in weights:
        if not matrix.present[matrix.row[name]].any():
            return f"No run of {named(name)} has finished."
    if not n:
        return f"{' and '.join(weights)} have no seed in common: their runs cannot be paired."
    if sd is None:
        return "One seed: the spread between seeds is unknown, so nothing can be tested."
    if sd == 0:
        same = "no difference at all" if mean == 0 else "the same difference"
        return f"All {n} seeds show {same}: without spread, no test, interval or verdict."
    return ""


def _columns(sums: Sequence[_Sum]) -> tuple[Floats, Floats, Floats]:
    rows = [(each.mean, each.sd, len(each.differences)) for each in sums]
    mean, sd, n = np.array(rows, np.float64).reshape(-1, 3).T
    return mean, sd, n


def _judged(sums: Sequence[_Sum], margin: float | None, alpha: float) -> dict[int, _Judged]:
    places = [place for place, each in enumerate(sums) if not each.untestable]
    mean, sd, n = _columns([sums[place] for place in places])
    halves, p = half_width(sd, n, alpha=alpha), two_sided(mean, sd, n)
    padding = np.ones(len(sums) - len(places))
    adjusted = holm(np.concatenate((p, padding)))[: len(p)].tolist()
    equal: Sequence[float | None] = [None] * len(places)
    equal_adjusted = equal
    if margin is not None:
        raw = np.maximum(*two_one_sided(mean, sd, n, margin=margin))
        equal, equal_adjusted = raw.tolist(), holm(np.concatenate((raw, padding)))[: len(p)].tolist()
    rows = zip(halves.tolist(), p.tolist(), adjusted, equal, equal_adjusted, strict=True)
    return {
        place: _Judged(*row, verdict_of(row[2], row[4], alpha=alpha)) for place, row in zip(places, rows, strict=True)
    }


def _seeds(
    sums: Sequence[_Sum], judged: Mapping[int, _Judged], margin: float, alpha: float
) -> dict[int, tuple[int, int]]:
    places = [place for place, each in judged.items() if each.verdict == "undecided"]
    _, sd, n = _columns([sums[place] for place in places])
    ratio = margin / np.stack((sd, upper_sd(sd, n)))
    fewest, most = seeds_needed(ratio, alpha=alpha, contrasts=len(sums)).tolist()
    return {place: (low, high) for place, low, high in zip(places, fewest, most, strict=True)}


def _estimate(
    summed: _Sum, judged: _Judged | None, seeds: tuple[int, int] | None, *, family: int, has_margin: bool
) -> EffectEstimate:
    interval = None
    if judged is not None and summed.mean is not None:
        interval = (summed.mean - judged.half_width, summed.mean + judged.half_width)
    verdict = judged.verdict if judged else None
    unnamed = "" if has_margin or verdict != "undecided" else "No smallest effect is declared: nothing is equivalent."
    return EffectEstimate(
        weights=summed.weights,
        differences=summed.differences,
        n=len(summed.differences),
        diverged=summed.diverged,
        difference=summed.mean,
        sd=summed.sd,
        interval=interval,
        p=judged.p if judged else None,
        p_adjusted=judged.p_adjusted if judged else None,
        equivalence_p=judged.equivalence_p if judged else None,
        equivalence_p_adjusted=judged.equivalence_p_adjusted if judged else None,
        family=family,
        verdict="diverged" if summed.diverged else verdict,
        seeds_needed=seeds,
        reason=" ".join(filter(None, (summed.untestable, summed.remark, unnamed))),
    )
