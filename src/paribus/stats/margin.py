"""The smallest effect that matters: as declared, or a fallback that says so."""

import math

from paribus.core import StudyError
from paribus.stats.responses import check_margin

_LEAST = 0.001  # 0.1 pp


def smallest_effect(declared: float | None, *, images: int, accuracy: float = 0.9) -> tuple[float, str]:
    """Return the smallest effect (a fraction) and a sentence on where it comes from.

    The fallback is the larger of 0.1 pp and half the binomial standard error of one accuracy,
    sqrt(accuracy (1 - accuracy) / images) / 2. The accuracy is assumed, not observed: a margin that looks at
    the results it will judge is no margin.

    Args:
        declared: the study's own, or None.
        images: number of images behind each accuracy.
        accuracy: at which the standard error is taken, in [0, 1].

    Raises:
        StudyError: the declared effect is not above 0 and below 1; no images; accuracy is no fraction.

    """
    check_margin(declared)
    if declared is not None:
        return declared, f"The smallest effect that matters is {100 * declared:g} pp, as the study declares."
    if images < 1:
        raise StudyError("data", wrong=f"{images} images cannot measure an accuracy", allowed="1 or more")
    if not 0 <= accuracy <= 1:
        raise StudyError("accuracy", wrong=f"{accuracy} is no fraction", allowed="0 to 1")
    half_error = math.sqrt(accuracy * (1 - accuracy) / images) / 2
    effect = max(_LEAST, half_error)
    source = (
        f"half the binomial standard error of {images:,} images if the accuracy were {100 * accuracy:g} %"
        if half_error > _LEAST
        else f"the least that is used; half the standard error of {images:,} images is smaller"
    )
    return effect, (
        f"The study declares no smallest effect; the fallback is {100 * effect:.2g} pp ({source}). "
        "Declare the difference that would matter to you."
    )
