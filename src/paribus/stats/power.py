"""Power of the paired t test and of the two one-sided tests, exact, for whole arrays of designs at once.

With Z standard normal and U = sqrt(chi2_df / df) independent of it, the t test rejects upwards when
Z + delta > c U, and equivalence is found (true difference 0, margin delta standard errors) when
|Z| < delta - c U. Both chances are one integral, over U or over Z, whichever is the smoother; a library's
noncentral t is not used here and serves as the oracle of the tests. Where Holm is used, the level is
alpha / contrasts, its strictest step: the power holds whatever the other contrasts do.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from paribus.stats.responses import check_alpha
from paribus.stats.student import Floats

MOST_SEEDS = 10_000
POWER = 0.8
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)
_REACH = 9.0  # standard deviations; what lies beyond is below 1e-18

PowerOf = Callable[[Floats, Floats, float], Floats]


def difference_power(ratio: Floats, n: Floats, level: float) -> Floats:
    """Return the chance that a two-sided paired t test at `level` rejects.

    Args:
        ratio: true mean difference / standard deviation of the differences (d_z).
        n: seeds, at least 2.
        level: error rate of this one test.

    """
    critical = -special.stdtrit(n - 1, level / 2)
    delta = ratio * np.sqrt(n)
    return _chance(delta, critical, n - 1, inside=False) + _chance(-delta, critical, n - 1, inside=False)


def equivalence_power(ratio: Floats, n: Floats, level: float) -> Floats:
    """Return the chance that two one-sided tests at `level` find equivalence when the true difference is 0.

    Args:
        ratio: margin / standard deviation of the differences.
        n: seeds, at least 2.
        level: error rate of this one claim.

    """
    critical = -special.stdtrit(n - 1, level)
    return _chance(ratio * np.sqrt(n), critical, n - 1, inside=True)


def detectable(n: int, *, alpha: float, contrasts: int = 1, power: float = POWER) -> float | None:
    """Return the smallest d_z that n seeds detect with this power by a paired t at alpha / contrasts.

    d_z is the true difference in standard deviations of the seed-by-seed differences. None below two seeds:
    there is no test.

    Raises:
        StudyError: alpha is not above 0 and below 0.5.

    """
    check_alpha(alpha)
    return _least_ratio(difference_power, n, alpha / max(contrasts, 1), power)


def equivalence_ratio(n: int, *, alpha: float, contrasts: int = 1, power: float = POWER) -> float | None:
    """Return the smallest margin that n seeds confirm, in standard deviations like detectable's."""
    check_alpha(alpha)
    return _least_ratio(equivalence_power, n, alpha / max(contrasts, 1), power)


def seeds_needed(ratio: Floats, *, alpha: float, contrasts: int) -> NDArray[np.int64]:
    """Return the least seeds with 80 % power both for a true difference of the margin (t) and of 0 (TOST).

    Args:
        ratio: margin / standard deviation of the differences, any shape.
        alpha: error rate of the study; both tests run at alpha / contrasts.
        contrasts: declared contrasts.

    Returns:
        Seeds per condition, MOST_SEEDS where it takes as many or more.

    """
    return _least_seeds((difference_power, equivalence_power), ratio, alpha / contrasts)


def seeds_to_differ(ratio: Floats, *, alpha: float, contrasts: int) -> NDArray[np.int64]:
    """Return the least seeds with 80 % power for a true difference (t alone); like seeds_needed.

    Args:
        ratio: true mean difference / standard deviation of the differences, any shape.
        alpha: error rate of the study; the test runs at alpha / contrasts.
        contrasts: declared contrasts.

    """
    return _least_seeds((difference_power,), ratio, alpha / contrasts)


def upper_sd(sd: Floats, n: Floats, *, confidence: float = 0.8) -> Floats:
    """Return the upper confidence limit (chi-square) of a standard deviation from n normal values."""
    limit: Floats = sd * np.sqrt((n - 1) / special.chdtri(n - 1, confidence))
    return limit


def _least_seeds(powers: Sequence[PowerOf], ratio: Floats, level: float) -> NDArray[np.int64]:
    too_few, enough = np.ones(ratio.shape), np.full(ratio.shape, float(MOST_SEEDS))
    while np.any(enough - too_few > 1):
        middle = np.floor((too_few + enough) / 2).clip(2)
        strong = np.all([power_of(ratio, middle, level) >= POWER for power_of in powers], axis=0)
        enough, too_few = np.where(strong, middle, enough), np.where(strong, too_few, middle)
    return enough.astype(np.int64)


def _least_ratio(power_of: PowerOf, n: int, level: float, power: float) -> float | None:
    if n < 2:
        return None
    seeds = np.array([float(n)])
    low, high = 0.0, 1.0
    while power_of(np.array([high]), seeds, level)[0] < power:
        low, high = high, 2 * high
    for _ in range(50):  # bisection to about 1e-15 of the bracket
        middle = (low + high) / 2
        reached = power_of(np.array([middle]), seeds, level)[0] >= power
        low, high = (low, middle) if reached else (middle, high)
    return high


def _chance(delta: Floats, critical: Floats, df: Floats, *, inside: bool) -> Floats:
    """Return P(Z + delta > c U), or P(|Z| < delta - c U) when `inside`; all arrays of one shape."""
    result = np.empty_like(delta)
    over_z = critical**2 > 2 * df  # then c U is the wider of the two
    for mask, integral in ((over_z, _over_z), (~over_z, _over_u)):
        if mask.any():
            columns = (each[mask][:, None] for each in (delta, critical, df))
            result[mask] = integral(*columns, inside=inside)
    return result


def _over_z(delta: Floats, critical: Floats, df: Floats, *, inside: bool) -> Floats:
    low = np.maximum(-_REACH, -delta)
    half = np.maximum((0.0 if inside else _REACH) - low, 0.0) / 2
    z = low + half * (1 + _NODES)  # designs x nodes
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    below = special.gammainc(df / 2, df / 2 * ((z + delta) / critical) ** 2)  # P(U < (z + delta) / c)
    total: Floats = (density * below * _WEIGHTS * half).sum(axis=1)
    return 2 * total if inside else total


def _over_u(delta: Floats, critical: Floats, df: Floats, *, inside: bool) -> Floats:
    skew = 2 / (9 * df)  # Wilson and Hilferty: the cube root of U squared is nearly normal
    low = np.maximum(1 - skew - _REACH * np.sqrt(skew), 0.0) ** 1.5
    high = (1 - skew + _REACH * np.sqrt(skew)) ** 1.5
    if inside:
        high = np.minimum(high, delta / critical)
    half = np.maximum(high - low, 0.0) / 2
    u = low + half * (1 + _NODES)  # designs x nodes
    log_density = np.log(2) + df / 2 * np.log(df / 2) - special.gammaln(df / 2)
    density = np.exp(log_density + (df - 1) * np.log(u) - df / 2 * u**2)
    chance = special.ndtr(delta - critical * u)
    total: Floats = ((2 * chance - 1 if inside else chance) * density * _WEIGHTS * half).sum(axis=1)
    return total
