"""The tables that statistics reads and writes: one response per run in, estimates and verdicts out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["different", "negligible", "equivalent", "undecided", "diverged"]


@dataclass(frozen=True, slots=True)
class RunTable:
    """The responses of a study.

    Attributes:
        values: condition -> seed -> response (accuracy, a fraction); None for a diverged run. Runs that are not
            finished are absent.
        baseline: the condition that the others are compared with.
        images: number of images behind each accuracy.
    """

    values: Mapping[str, Mapping[int, float | None]]
    baseline: str
    images: int


@dataclass(frozen=True, slots=True)
class ConditionEstimate:
    """One condition over its seeds; n counts runs with a finite response, `reason` says why something is None."""

    name: str
    values: tuple[tuple[int, float | None], ...]
    n: int
    diverged: int
    mean: float | None
    sd: float | None
    interval: tuple[float, float] | None
    reason: str


@dataclass(frozen=True, slots=True)
class ContrastEstimate:
    """One declared contrast: condition minus baseline, paired by seed.

    Attributes:
        differences: (seed, difference) for each seed on which both runs are finite.
        n: their number.
        diverged: runs of either condition that diverged.
        difference: mean difference.
        sd: standard deviation of the differences.
        interval: unadjusted 1 - alpha t interval.
        p, p_adjusted: two-sided paired t; Holm over the declared contrasts.
        equivalence_p, equivalence_p_adjusted: two one-sided tests against the smallest effect; Holm of their own.
        verdict: None when there is none to give.
        seeds_needed: with s_d as observed, and with its upper 80 % limit; for "undecided" only.
        seeds_as_observed: seeds that would show it, were the true difference the observed one; for "undecided" with
            a difference above the smallest effect only.
        reason: why p, interval or verdict are missing, or where interval and Holm disagree; empty otherwise.
    """

    condition: str
    baseline: str
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
    verdict: Verdict | None
    seeds_needed: tuple[int, int] | None
    reason: str
    seeds_as_observed: int | None = None


def verdict_of(p_adjusted: float, equivalence_p_adjusted: float | None, *, alpha: float) -> Verdict:
    """Return the verdict that two corrected p-values license."""
    differs = p_adjusted <= alpha
    equal = equivalence_p_adjusted is not None and equivalence_p_adjusted <= alpha
    if differs:
        return "negligible" if equal else "different"
    return "equivalent" if equal else "undecided"
