"""What both estimates start from: runs in order, their mean and spread, and settings that are valid."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from paribus.core import StudyError, nearest
from paribus.stats.tables import RunTable

# A spread below this many roundings of the largest value is the arithmetic's own: 0.97 - 0.96 and 0.98 - 0.97
# differ in their last bit, and a t test of that bit would be "significant" beyond all bounds.
ROUNDINGS = 16


def ordered(runs: Mapping[int, float | None]) -> tuple[tuple[int, float | None], ...]:
    """Return (seed, response) by seed; a response that is not finite counts as diverged: None."""
    return tuple((seed, _finite(runs[seed])) for seed in sorted(runs))


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def mean_and_sd(values: Sequence[float], *, scale: float) -> tuple[float | None, float | None]:
    """Return mean and standard deviation (n - 1); None where there are too few values.

    Args:
        values: finite.
        scale: the largest magnitude behind the values; a spread below its rounding error is 0.

    """
    if not values:
        return None, None
    array = np.asarray(values, np.float64)
    mean = float(array.mean())
    if len(values) == 1:
        return mean, None
    noise = ROUNDINGS * np.finfo(np.float64).eps * scale
    return mean, float(array.std(ddof=1)) if np.ptp(array) > noise else 0.0


def check_alpha(alpha: float) -> None:
    """Refuse an error rate that no test can have.

    Raises:
        StudyError: alpha is not above 0 and below 0.5.

    """
    if not 0 < alpha < 0.5:
        raise StudyError("design.alpha", wrong=f"{alpha} is no error rate", allowed="above 0, below 0.5")


def check_margin(smallest_effect: float | None) -> None:
    """Refuse a smallest effect that is not a positive fraction.

    Raises:
        StudyError: not above 0 and below 1.

    """
    if smallest_effect is not None and not 0 < smallest_effect < 1:
        raise StudyError(
            "design.smallest_effect",
            wrong=f"{smallest_effect} is no difference between two accuracies",
            allowed='above 0, below 1 (0.002 is "0.2pp")',
        )


def check_names(table: RunTable, declared: Sequence[str]) -> None:
    """Refuse a baseline or a declared contrast that the table does not have.

    Raises:
        StudyError: a name is not in the table, or the baseline is to be compared with itself.

    """
    for where, name in [
        ("design.baseline", table.baseline),
        *(("design.contrasts", each) for each in declared),
    ]:
        if name not in table.values:
            raise StudyError(
                where,
                wrong=f'no condition is called "{name}"',
                allowed="a condition of the table; one without finished runs stands there with no seeds",
                nearest=nearest(name, table.values),
            )
    if table.baseline in declared:
        raise StudyError(
            "design.contrasts",
            wrong=f'"{table.baseline}" is the baseline and cannot be compared with itself',
            allowed="the other conditions",
        )
