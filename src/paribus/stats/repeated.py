"""What several looks at growing data cost: the overall error rate of t tests that are repeated at one level.

Let p_k be the p-value at look k. The smallest of them, over all looks, is at most x with the chance F(x) > x. F turns
a p-value that was read at any look into one that is valid whatever made the study stop there, because "small at the
look where it stopped" implies "small at some look". Its inverse is the constant level for an error rate.

F(x) = x * sum over k of E[1 / N(x), given p_k <= x], where N(x) counts the looks with a p-value of at most x:
importance sampling of a union of events (Owen, Maximov and Chertkov 2019). It is as exact for p = 1e-9 as for
p = 0.05. Given p_k, the data are drawn by Basu's theorem: under the null, the t statistic of the first n values is
independent of their sum of squares and of the direction of their residuals, so a drawn path is shifted and scaled to
the p_k wanted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from paribus.core import Streams, StudyError
from paribus.stats.responses import check_alpha
from paribus.stats.student import Floats

Sides = Literal[1, 2]

_DRAWS = 50_000  # paths, over all looks; F is then right to about 0.2 % of its value
_STRATA = 250  # values of p_k below x
_GRID = np.concatenate((np.logspace(-12, -5, 8), np.logspace(-4, -2, 8, endpoint=False), np.logspace(-2, 0, 17)))


@dataclass(frozen=True, slots=True)
class SequentialLevels:
    """The level of each look's test that keeps the error rate of all looks together.

    Attributes:
        difference: of the two-sided t test.
        equivalence: of each of the two one-sided t tests.
    """

    difference: float
    equivalence: float


@dataclass(frozen=True, slots=True)
class Paths:
    """Simulated values, summed up between looks: looks x draws; the noise has standard deviation 1.

    Attributes:
        new_means: of the values that a look adds.
        new_squares: their sum of squares about that mean.
        means, squares: the same of all values up to a look.
    """

    new_means: Floats
    new_squares: Floats
    means: Floats
    squares: Floats


def levels(looks: Sequence[int], *, alpha: float, contrasts: int) -> SequentialLevels:
    """Return the constant levels that hold the error rate alpha / contrasts over all looks, per kind of claim.

    Args:
        looks: numbers of seeds at which the data are judged, increasing, 2 or more.
        alpha: error rate of the study.
        contrasts: declared contrasts.

    Raises:
        StudyError: alpha is out of range, or looks are not increasing.

    """
    check_alpha(alpha)
    share = alpha / max(contrasts, 1)
    return SequentialLevels(level(share, looks=looks, sides=2), level(share, looks=looks, sides=1))


def level(error_rate: float, *, looks: Sequence[int], sides: Sides) -> float:
    """Return the constant level whose overall error rate this is: the inverse of `overall`."""
    overall_rates = _overall_rates(check_looks(looks), sides)
    return float(np.exp(np.interp(np.log(error_rate), np.log(overall_rates), np.log(_GRID))))


def overall(p: ArrayLike, *, looks: Sequence[int], sides: Sides) -> Floats:
    """Return the overall p-value: the chance, under the null, that any look has a p-value of at most p.

    Args:
        p: p-values of t tests at one of the looks, any shape.
        looks: numbers of seeds at which the data are judged.
        sides: 2 for a two-sided test, 1 for a one-sided one.

    """
    rates = _overall_rates(check_looks(looks), sides)
    raw = np.asarray(p, np.float64)
    within = np.log(np.maximum(raw, _GRID[0]))
    found: Floats = np.exp(np.interp(within, np.log(_GRID), np.log(rates)))
    # Below the grid: the sum over looks, which no union exceeds.
    return np.where(raw < _GRID[0], np.minimum(len(looks) * raw, rates[0]), found)


def check_looks(looks: Sequence[int]) -> tuple[int, ...]:
    """Return the looks as a tuple.

    Raises:
        StudyError: none, one with fewer than 2 seeds, or not increasing.

    """
    found = tuple(looks)
    if not found or found[0] < 2 or any(after <= before for before, after in pairwise(found)):
        allowed = "increasing numbers of seeds from 2 on, for example 3, 5, 8, 12, 20"
        raise StudyError("design.seeds", wrong=f"cannot be judged at {list(found)} seeds", allowed=allowed)
    return found


@lru_cache(maxsize=32)
def _overall_rates(looks: tuple[int, ...], sides: Sides) -> Floats:
    """Return F at the points of the grid."""
    paths = paths_of(looks)
    ratios = [
        sum(float(np.mean(1 / _count(paths, looks, k, x=x, sides=sides))) for k in range(len(looks))) for x in _GRID
    ]
    return np.minimum(np.maximum.accumulate(_GRID * np.array(ratios)), 1.0)


@lru_cache(maxsize=4)
def paths_of(looks: tuple[int, ...]) -> Paths:
    """Return simulated values of one contrast without a difference, summed up to each look."""
    draws = _STRATA * max(_DRAWS // (_STRATA * len(looks)), 1)
    generator = np.random.Generator(np.random.Philox(key=Streams(0).key("bootstrap", *looks)))
    added = np.diff(looks, prepend=0)
    new_means = generator.standard_normal((len(looks), draws)) / np.sqrt(added)[:, None]
    free = np.maximum(added - 1, 1)[:, None]
    new_squares = np.where(added[:, None] > 1, generator.chisquare(free, (len(looks), draws)), 0.0)
    means, squares = np.empty_like(new_means), np.empty_like(new_means)
    mean, square = np.zeros(draws), np.zeros(draws)
    for k in range(len(looks)):
        mean, square = _joined(mean, square, new_means[k], new_squares[k], before=looks[k] - added[k], added=added[k])
        means[k], squares[k] = mean, square
    return Paths(new_means, new_squares, means, squares)


def _joined(
    mean: Floats, square: Floats, new_mean: Floats, new_square: Floats, *, before: int, added: int
) -> tuple[Floats, Floats]:
    """Return mean and sum of squares about it of two groups together (Chan, Golub and LeVeque 1983)."""
    gap, n = new_mean - mean, before + added
    return mean + gap * added / n, square + new_square + gap**2 * before * added / n


def _count(paths: Paths, looks: tuple[int, ...], k: int, *, x: float, sides: Sides) -> Floats:
    """Return how many looks have a p-value of at most x on each path, given that look k has."""
    count = np.ones(paths.means.shape[1])
    critical = [float(special.stdtrit(n - 1, 1 - x / sides)) for n in looks]
    mean, shrunk = _moved(paths, looks[k], k, x / sides)
    for j in range(k):  # earlier values are moved and scaled with the rest
        earlier = mean + shrunk * (paths.means[j] - paths.means[k])
        count += _beyond(earlier, shrunk**2 * paths.squares[j], looks[j], critical[j], sides)
    square = shrunk**2 * paths.squares[k]
    for j in range(k + 1, len(looks)):  # later ones are new
        before, added = looks[j - 1], looks[j] - looks[j - 1]
        mean, square = _joined(mean, square, paths.new_means[j], paths.new_squares[j], before=before, added=added)
        count += _beyond(mean, square, looks[j], critical[j], sides)
    return count


def _moved(paths: Paths, n: int, k: int, x: float) -> tuple[Floats, Floats]:
    """Return the mean at look k that gives it an upper p-value drawn below x, and the factor of its residuals."""
    draws = paths.means.shape[1]
    below = x * (np.arange(_STRATA) + 0.5) / _STRATA
    tangent = np.tile(-special.stdtrit(n - 1, below) / np.sqrt(n - 1), draws // _STRATA)
    cosine = 1 / np.hypot(1.0, tangent)
    length = np.sqrt(paths.squares[k] + n * paths.means[k] ** 2)
    return length * tangent * cosine / np.sqrt(n), length * cosine / np.sqrt(paths.squares[k])


def _beyond(mean: Floats, square: Floats, n: int, critical: float, sides: Sides) -> Floats:
    t = mean * np.sqrt(n * (n - 1) / square)
    reached: Floats = ((np.abs(t) if sides == 2 else t) >= critical).astype(np.float64)
    return reached
