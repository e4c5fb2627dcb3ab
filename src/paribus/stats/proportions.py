"""Intervals for one share: the accuracy of one network, or a share of seeds."""

from math import sqrt

from scipy import special

from paribus.core import StudyError
from paribus.stats.responses import check_alpha


def wilson(right: int, images: int, *, alpha: float = 0.05) -> tuple[float, float]:
    """Return Wilson's interval for the accuracy of one given network on images like these (Wilson 1927).

    It says how the accuracy would change with other test images, and nothing of what another seed would give.

    Args:
        right: images that are right.
        images: all of them.
        alpha: the interval is 1 - alpha.

    Raises:
        StudyError: no images, or right is not between 0 and their number; alpha is out of range.

    """
    _check(right, images, alpha)
    z = float(special.ndtri(1 - alpha / 2))
    share, weight = right / images, z * z / images
    middle = share + weight / 2
    half = z * sqrt(share * (1 - share) / images + weight / (4 * images))
    low, high = (middle - half) / (1 + weight), (middle + half) / (1 + weight)
    return 0.0 if right == 0 else max(low, 0.0), 1.0 if right == images else min(high, 1.0)


def clopper_pearson(successes: int, n: int, *, alpha: float = 0.05) -> tuple[float, float]:
    """Return the exact binomial interval of a share; it covers with 1 - alpha or more (Clopper and Pearson 1934).

    Raises:
        StudyError: n is below 1, or successes is not between 0 and n; alpha is out of range.

    """
    _check(successes, n, alpha)
    low = float(special.betaincinv(successes, n - successes + 1, alpha / 2)) if successes else 0.0
    high = float(special.betaincinv(successes + 1, n - successes, 1 - alpha / 2)) if successes < n else 1.0
    return low, high


def _check(part: int, whole: int, alpha: float) -> None:
    check_alpha(alpha)
    if whole < 1 or not 0 <= part <= whole:
        raise StudyError("counts", wrong=f"{part} of {whole} is no share", allowed="0 or more, of 1 or more")
