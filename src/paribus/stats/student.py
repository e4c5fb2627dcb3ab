"""Student's t from summary statistics (mean, standard deviation, n), and Holm's correction.

All functions broadcast, so that a whole table is judged in one call. Only scipy.special is imported:
scipy.stats is slow to load.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]


def t_statistic(mean: ArrayLike, sd: ArrayLike, n: ArrayLike, *, against: ArrayLike = 0.0) -> Floats:
    """Return (mean - against) / (sd / sqrt(n)); sd > 0."""
    standard_error = np.asarray(sd, np.float64) / np.sqrt(np.asarray(n, np.float64))
    statistic: Floats = (np.asarray(mean, np.float64) - np.asarray(against, np.float64)) / standard_error
    return statistic


def two_sided(mean: ArrayLike, sd: ArrayLike, n: ArrayLike) -> Floats:
    """Return the two-sided p of the paired (one-sample) t test that the true mean is 0."""
    p: Floats = 2.0 * special.stdtr(np.asarray(n) - 1, -np.abs(t_statistic(mean, sd, n)))
    return p


def half_width(sd: ArrayLike, n: ArrayLike, *, alpha: float) -> Floats:
    """Return half the width of the 1 - alpha t interval of a mean, in the unit of sd."""
    count = np.asarray(n, np.float64)
    width: Floats = special.stdtrit(count - 1, 1 - alpha / 2) * np.asarray(sd, np.float64) / np.sqrt(count)
    return width


def two_one_sided(mean: ArrayLike, sd: ArrayLike, n: ArrayLike, *, margin: ArrayLike) -> tuple[Floats, Floats]:
    """Return the p against "at or below -margin" and the p against "at or above +margin" (Schuirmann's TOST).

    The larger of the two is the p of the equivalence test: small when the mean lies surely inside the margin.
    """
    df = np.asarray(n) - 1
    below: Floats = special.stdtr(df, -t_statistic(mean, sd, n, against=-np.asarray(margin)))
    above: Floats = special.stdtr(df, t_statistic(mean, sd, n, against=margin))
    return below, above


def holm(p: ArrayLike) -> Floats:
    """Return Holm's adjusted p-values along the last axis, which is the family (Holm 1979)."""
    raw = np.asarray(p, np.float64)
    order = np.argsort(raw, axis=-1)
    remaining = np.arange(raw.shape[-1], 0, -1)
    scaled = np.take_along_axis(raw, order, axis=-1) * remaining
    adjusted = np.empty_like(raw)
    np.put_along_axis(adjusted, order, np.minimum(np.maximum.accumulate(scaled, axis=-1), 1.0), axis=-1)
    return adjusted
