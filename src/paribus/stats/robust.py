"""Second opinions on a mean: the interquartile mean, and the t test of overlapping splits."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np

from paribus.core import StudyError
from paribus.stats.responses import mean_and_sd, ordered
from paribus.stats.student import two_sided


@dataclass(frozen=True, slots=True)
class InterquartileMean:
    """The mean of the middle half.

    Attributes:
        value: None when a diverged run is in the middle half, or there are no runs.
        n: runs, diverged ones included.
        dropped: runs left out at either end, floor(n / 4).
        label: what it is at this n, and what happened to diverged runs: to be shown with the value.
    """

    value: float | None
    n: int
    dropped: int
    label: str


def interquartile_mean(values: Sequence[float | None]) -> InterquartileMean:
    """Return the mean without the lowest and the highest quarter, rounded down, of the runs (Agarwal et al. 2021).

    It shows whether a mean rests on a few odd runs. A diverged run (None, or not finite) counts as worse than all
    others: it can be dropped at the low end, and is then named, or make the result undefined; it is never
    left out beforehand.
    """
    runs = [value for _, value in ordered(dict(enumerate(values)))]
    n, lost = len(runs), runs.count(None)
    if not n:
        return InterquartileMean(None, 0, 0, "There are no runs.")
    dropped = n // 4
    ranked = sorted(-inf if value is None else value for value in runs)
    middle = ranked[dropped : n - dropped]
    each = "1 run is" if dropped == 1 else f"{dropped} runs are"
    label = f"{each} left out at either end of {n}" if dropped else f"with n = {n} nothing is left out: it is the mean"
    if lost:
        label += f"; {lost} diverged, counted as the lowest"
    if middle[0] == -inf:
        return InterquartileMean(None, n, dropped, f"{label}: too many to be left out.")
    return InterquartileMean(float(np.mean(middle)), n, dropped, f"{label}.")


@dataclass(frozen=True, slots=True)
class ResampledTest:
    """A mean difference over splits that share training images; `reason` says why something is None."""

    mean: float
    standard_error: float | None
    p: float | None
    n: int
    reason: str


def resampled_t(differences: Sequence[float], *, test_share: float) -> ResampledTest:
    """Return the corrected t test over resampled splits or folds (Nadeau and Bengio 2003).

    Splits overlap, so their differences are not independent: the variance of the mean is
    s^2 (1 / n + n_test / n_train) in place of s^2 / n, with n - 1 degrees of freedom.

    Args:
        differences: one per split.
        test_share: n_test / n_train of a split; 1 / (k - 1) for k folds.

    Raises:
        StudyError: no differences, one that is not finite, or a share that is not above 0.

    """
    if not len(differences) or not np.isfinite(differences).all() or not 0 < test_share < inf:
        wrong = f"{len(differences)} differences with n_test / n_train = {test_share} give no test"
        raise StudyError("differences", wrong=wrong, allowed="finite differences, a share above 0")
    mean, sd = mean_and_sd(differences, scale=float(np.abs(differences).max()))
    n = len(differences)
    assert mean is not None
    if not sd:
        reason = "One split: nothing can be tested." if n == 1 else "The splits do not differ: nothing can be tested."
        return ResampledTest(mean, None, None, n, reason)
    widened = sd * sqrt(1 + n * test_share)
    return ResampledTest(mean, widened / sqrt(n), float(two_sided(mean, widened, n)), n, "")
