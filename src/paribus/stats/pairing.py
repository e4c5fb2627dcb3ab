"""What pairing by seed was worth: how alike the two runs of a seed are, and how many seeds that saves."""

from dataclasses import dataclass
from math import atanh, ceil, sqrt, tanh

import numpy as np
from scipy import special

from paribus.stats.matrix import responses
from paribus.stats.names import named
from paribus.stats.responses import check_alpha, check_names, mean_and_sd
from paribus.stats.tables import RunTable
from paribus.stats.words import in_pp

_LEAST_FOR_INTERVAL = 4


@dataclass(frozen=True, slots=True)
class Pairing:
    """Baseline and condition over the n seeds that both have.

    Attributes:
        condition, baseline: their names.
        n: seeds with two finite runs.
        correlation: Pearson's r over the seeds.
        interval: its 1 - alpha interval by Fisher's z; None below four seeds.
        paired_variance: of the differences by seed.
        unpaired_variance: of a difference of two runs that share no seed: the sum of the two variances.
        unpaired_seeds: seeds per condition that give the same standard error without pairing, with r as observed.
        saved: unpaired_seeds - n; negative when pairing cost seeds.
        unpaired_least: the same seeds, were r at the lower end of its interval: what may be claimed of few seeds.
        reason: why something is missing; empty otherwise.
    """

    condition: str
    baseline: str
    n: int
    correlation: float | None
    interval: tuple[float, float] | None
    paired_variance: float | None
    unpaired_variance: float | None
    unpaired_seeds: int | None
    saved: int | None
    unpaired_least: int | None
    reason: str


def pairing(table: RunTable, condition: str, *, alpha: float = 0.05) -> Pairing:
    """Return what pairing this condition with the baseline by seed was worth.

    n pairs have the standard error sqrt(V_d / n), n unpaired seeds per condition sqrt((V_a + V_b) / n): the second
    takes n (V_a + V_b) / V_d seeds to be as exact. Nothing is said below three seeds (r is 1 or -1 by arithmetic),
    with a diverged run, or where a variance is 0.

    Raises:
        StudyError: the condition is not in the table, or is the baseline; alpha is out of range.

    """
    check_alpha(alpha)
    check_names(table, [condition])
    matrix = responses(table, (condition, table.baseline))
    both = np.isfinite(matrix.values).all(axis=0)
    treated, base = matrix.values[:, both]
    n, lost = int(both.sum()), int(matrix.lost.sum())
    scale = float(np.abs(matrix.values[:, both]).max(initial=0.0))
    spreads = [mean_and_sd(each.tolist(), scale=scale)[1] for each in (treated, base, treated - base)]
    reason = _why_none(condition, table.baseline, n=n, lost=lost, spreads=spreads)
    if reason:
        return Pairing(condition, table.baseline, n, *(None,) * 7, reason=reason)
    ours, theirs, between = (float(sd or 0.0) for sd in spreads)
    r = (ours**2 + theirs**2 - between**2) / (2 * ours * theirs)
    interval, unpaired = _fisher(r, n, alpha), ours**2 + theirs**2
    seeds = _without_pairs(n, unpaired, between**2)
    least = None if interval is None else _without_pairs(n, unpaired, unpaired - 2 * interval[0] * ours * theirs)
    return Pairing(
        condition=condition,
        baseline=table.baseline,
        n=n,
        correlation=min(max(r, -1.0), 1.0),
        interval=interval,
        paired_variance=between**2,
        unpaired_variance=unpaired,
        unpaired_seeds=seeds,
        saved=seeds - n,
        unpaired_least=least,
        reason="",
    )


def pairing_sentence(found: Pairing, *, alpha: float) -> str:
    """Return what pairing was worth, in words: no more than the lower end of the interval of r allows."""
    if found.correlation is None or found.unpaired_variance is None or found.paired_variance is None:
        return f"What pairing by seed was worth is not known: {found.reason}"
    r = f"r = {found.correlation:.2f}"
    if found.interval is not None:
        r += f", {100 * (1 - alpha):g} % interval {found.interval[0]:.2f} to {found.interval[1]:.2f}"
    sds = f"{in_pp(sqrt(found.paired_variance))} against {in_pp(sqrt(found.unpaired_variance))}"
    return (
        f"Over {found.n} seeds {named(found.condition)} and {named(found.baseline)} correlate with {r}. The standard "
        f"deviation of a difference is, paired against unpaired, {sds}. {_worth(found)}"
    )


def _worth(found: Pairing) -> str:
    if found.interval is None or found.unpaired_least is None:
        below = " below four seeds" if found.n < _LEAST_FOR_INTERVAL else ""
        return f"Whether pairing saved seeds cannot be told: r has no interval{below}."
    low, high = found.interval
    if high <= 0:
        return "Pairing saved no seeds: it cost some."
    if low <= 0:
        return "It is not shown that pairing saved seeds: r may be 0."
    least = f"at least {found.unpaired_least:,} unpaired ones per condition"
    return f"The {found.n} paired seeds are as exact as {least}, by the lower end of that interval."


def _without_pairs(n: int, unpaired: float, paired: float) -> int:
    return ceil(n * unpaired / paired - 1e-9)  # rounding must not add a seed


def _fisher(r: float, n: int, alpha: float) -> tuple[float, float] | None:
    if n < _LEAST_FOR_INTERVAL or abs(r) >= 1:
        return None
    half = float(special.ndtri(1 - alpha / 2)) / sqrt(n - 3)
    return tanh(atanh(r) - half), tanh(atanh(r) + half)


def _why_none(condition: str, baseline: str, *, n: int, lost: int, spreads: list[float | None]) -> str:
    if lost:
        return f"{lost} run{'s' if lost > 1 else ''} of {named(condition)} or {named(baseline)} diverged."
    if n < 3:
        have = f"have {n} seed{'s' if n != 1 else ''} in common"
        return f"{named(condition)} and {named(baseline)} {have}; it takes three."
    if not all(spreads):
        return "a condition, or their difference, does not vary over the seeds."
    return ""
