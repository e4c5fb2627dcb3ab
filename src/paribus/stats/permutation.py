"""The exact sign-flip test: what the signs of the paired differences say, without a normal distribution."""

from collections.abc import Sequence

import numpy as np

from paribus.core import StudyError

_MOST = 20  # 2^19 sums: 4 MB and some milliseconds; each further seed doubles both


def sign_flip(differences: Sequence[float]) -> float:
    """Return the exact two-sided p: the share of the 2^n sign patterns whose |sum| reaches the observed one.

    Raises:
        StudyError: no difference, more than 20, or one that is not finite.

    """
    values = np.asarray(differences, np.float64)
    if not 1 <= values.size <= _MOST or not np.isfinite(values).all():
        raise StudyError(
            "differences",
            wrong=f"the sign-flip test cannot enumerate these {values.size} differences",
            allowed=f"1 to {_MOST} finite differences; with more seeds the paired t test serves",
        )
    # The first sign is held: pattern and mirrored pattern have the same |sum|.
    sums = values[:1]
    for value in values[1:]:
        sums = np.concatenate((sums + value, sums - value))
    rounding = 8 * values.size * np.finfo(np.float64).eps * float(np.abs(values).sum())
    return float(np.mean(np.abs(sums) >= abs(float(values.sum())) - rounding))


def sign_flip_floor(n: int) -> float:
    """Return the smallest two-sided p that a sign-flip test on n >= 1 differences can reach, 2 / 2^n."""
    return 2.0 ** (1 - n)
