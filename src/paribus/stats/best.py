"""Which levels may be the best: those that no other level is shown to beat."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from paribus.stats.grid import Grid
from paribus.stats.matrix import Responses, responses
from paribus.stats.responses import ROUNDINGS, check_alpha
from paribus.stats.student import Floats
from paribus.stats.tables import RunTable


@dataclass(frozen=True, slots=True)
class BestSet:
    """The levels that are not shown to be worse than the best.

    Attributes:
        levels: the set, in the order given; it holds the truly best level with a chance of 1 - alpha or more.
        observed: the member with the largest mean; None when there is no member.
        p_worse: per level, Bonferroni-adjusted p that another level beats it; None where nothing could be compared.
        diverged: levels of which all runs diverged, two or more: out, without a test.
        unjudged: levels that may be the best but cannot be compared: some runs diverged, or none has finished.
        alpha: error rate of this set.
        reason: what could not be compared; empty otherwise.
    """

    levels: tuple[str, ...]
    observed: str | None
    p_worse: Mapping[str, float | None]
    diverged: tuple[str, ...]
    unjudged: tuple[str, ...]
    alpha: float
    reason: str


@dataclass(frozen=True, slots=True)
class BestByLevel:
    """Whether the best level of one factor depends on another factor.

    Attributes:
        factor: the factor whose best level is sought.
        within: the factor on which it may depend.
        sets: per level of `within`; all of them hold their truly best level together with a chance of 1 - alpha.
        depends: two sets have no level in common, so the best level is not the same; False means not shown.
    """

    factor: str
    within: str
    sets: Mapping[str, BestSet]
    depends: bool


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Every row minus every other row, K x K, over the seeds that both have: entry i, j is row i minus row j.

    `sd` is nan below two seeds and where the differences do not vary: there is no test.
    """

    mean: Floats
    sd: Floats
    n: NDArray[np.int64]


def all_pairs(values: Floats) -> Pairs:
    """Return all paired differences of K rows of S responses (nan where there is none)."""
    count, _ = values.shape
    mean, sd = np.full((count, count), np.nan), np.full((count, count), np.nan)
    n = np.zeros((count, count), np.int64)
    for row in range(count):  # one row at a time: K x S numbers in memory, not K x K x S
        differences = values[row] - values
        finite = np.isfinite(differences)
        n[row] = finite.sum(axis=1)
        some, known = n[row] > 0, np.where(finite, differences, 0.0)
        mean[row, some] = known.sum(axis=1)[some] / n[row, some]
        squares = np.where(finite, (differences - mean[row][:, None]) ** 2, 0.0).sum(axis=1)
        largest = np.where(finite, np.maximum(np.abs(values[row]), np.abs(values)), 0.0).max(axis=1, initial=0.0)
        spread = np.sqrt(squares / np.maximum(n[row] - 1, 1))
        testable = (n[row] > 1) & (spread > ROUNDINGS * np.finfo(np.float64).eps * largest)
        sd[row, testable] = spread[testable]
    return Pairs(mean, sd, n)


def best_set(table: RunTable, names: Iterable[str] | None = None, *, alpha: float = 0.05) -> BestSet:
    """Return the conditions that are not shown to be worse than another; a larger response is better.

    Looking for the best and then comparing the others with it would pick a lucky winner. Here no winner is picked:
    every level is compared with every other by one-sided paired t tests, and is left out when one beats it at
    alpha / (K - 1). Of a truly best level all K - 1 null hypotheses are true, so it is left out with a chance of alpha
    at most, whatever the data suggest (multiple comparisons with the best, after Hsu 1984, with Bonferroni's
    bound in place of a common variance). A level that cannot be tested still counts in K.

    Args:
        table: responses.
        names: the conditions to compare, by default all.
        alpha: chance that the truly best one is missing.

    Raises:
        StudyError: alpha is out of range, or a name is not in the table.

    """
    check_alpha(alpha)
    matrix = responses(table, table.values if names is None else names)
    return _best(tuple(matrix.row), matrix.values, matrix.present, matrix.lost, alpha=alpha)


def best_by_level(table: RunTable, grid: Grid, *, factor: str, within: str, alpha: float = 0.05) -> BestByLevel:
    """Return the set of best levels of a factor at each level of another, over the mean of all further factors.

    Each set has the error rate alpha / levels, so all of them hold their truly best level together with a chance
    of 1 - alpha. Two sets without a common level then show that the best level is not the same.

    Args:
        table: responses.
        grid: where its conditions stand.
        factor: whose best level is sought.
        within: the factor on which it may depend.
        alpha: error rate of the claim that it depends.

    """
    check_alpha(alpha)
    matrix = responses(table, grid.at.values())
    holds, levels = grid.factors[within], grid.factors[factor]
    sets = {}
    for held in holds:
        cells = [matrix.rows(grid.cells({within: held, factor: level})) for level in levels]
        sets[held] = _best(levels, *_averaged(matrix, cells), alpha=alpha / len(holds))
    depends = any(
        first.levels and second.levels and _possible(first).isdisjoint(_possible(second))
        for first, second in itertools.combinations(sets.values(), 2)
    )
    return BestByLevel(factor, within, sets, depends)


def _possible(found: BestSet) -> set[str]:
    return {*found.levels, *found.unjudged}


def _averaged(matrix: Responses, cells: Sequence[list[int]]) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """Return means of cells by seed, which seeds are there, and which are lost with any of their cells."""
    values = np.stack([matrix.values[rows].mean(axis=0) for rows in cells])
    present = np.stack([matrix.present[rows].all(axis=0) for rows in cells])
    lost = np.stack([matrix.lost[rows].any(axis=0) for rows in cells])
    return values, present | lost, lost


def _best(
    names: tuple[str, ...], values: Floats, present: NDArray[np.bool_], lost: NDArray[np.bool_], *, alpha: float
) -> BestSet:
    gone = (lost == present).all(axis=1) & (lost.sum(axis=1) > 1)
    unclear = (lost.any(axis=1) | np.isnan(values).all(axis=1)) & ~gone
    candidate = ~gone & ~unclear
    pairs = all_pairs(np.where(candidate[:, None], values, np.nan))
    testable = np.isfinite(pairs.sd)
    sd, n = np.where(testable, pairs.sd, 1.0), np.maximum(pairs.n, 2)
    beaten = np.where(testable, special.stdtr(n - 1, pairs.mean * np.sqrt(n) / sd), np.inf).min(axis=1, initial=np.inf)
    p = np.minimum(beaten * max(len(names) - 1, 1), 1.0)
    compared = np.isfinite(beaten)
    member = candidate & ~(compared & (p <= alpha))
    return BestSet(
        levels=_named(names, member),
        observed=_observed(names, values, candidate, member),
        p_worse={name: float(value) if known else None for name, value, known in zip(names, p, compared, strict=True)},
        diverged=_named(names, gone),
        unjudged=_named(names, unclear),
        alpha=alpha,
        reason=_reason(pairs, testable, candidate),
    )


def _named(names: Sequence[str], chosen: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(name for name, kept in zip(names, chosen.tolist(), strict=True) if kept)


def _observed(
    names: Sequence[str], values: Floats, candidate: NDArray[np.bool_], member: NDArray[np.bool_]
) -> str | None:
    """Return the member with the largest mean, over the seeds that all candidates have where there are any."""
    if not member.any():
        return None
    shared = np.isfinite(values[candidate]).all(axis=0)
    means = {
        name: float(np.nanmean(row[shared] if shared.any() else row))
        for name, row, kept in zip(names, values, member.tolist(), strict=True)
        if kept
    }
    return max(means, key=means.__getitem__)


def _reason(pairs: Pairs, testable: NDArray[np.bool_], candidate: NDArray[np.bool_]) -> str:
    wanted = np.outer(candidate, candidate)
    np.fill_diagonal(wanted, val=False)
    missing = np.triu(wanted & ~testable)
    if not missing.any():
        return ""
    few, same = int((missing & (pairs.n < 2)).sum()), int((missing & (pairs.n > 1)).sum())
    said = []
    if few:
        said.append(f"{few} pair{'s have' if few > 1 else ' has'} fewer than two seeds in common")
    if same:
        said.append(f"{same} pair{'s differ' if same > 1 else ' differs'} by the same amount in every seed")
    return f"{' and '.join(said)}: not tested, so neither leaves the set for it."
