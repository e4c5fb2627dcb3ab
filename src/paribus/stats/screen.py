"""Many tests at once in search of something to look at: the false discovery rate."""

import numpy as np
from numpy.typing import ArrayLike

from paribus.stats.student import Floats


def benjamini_hochberg(p: ArrayLike) -> Floats:
    """Return adjusted p-values along the last axis (Benjamini and Hochberg 1995).

    Taking those at or below q, a share of about q of them is false. That is for a screen of images or classes, whose
    finds are looked at again; declared contrasts are corrected by Holm.
    """
    raw = np.asarray(p, np.float64)
    order = np.argsort(raw, axis=-1)
    count = raw.shape[-1]
    scaled = np.take_along_axis(raw, order, axis=-1) * count / np.arange(1, count + 1)
    smallest_after = np.minimum.accumulate(scaled[..., ::-1], axis=-1)[..., ::-1]
    adjusted = np.empty_like(raw)
    np.put_along_axis(adjusted, order, np.minimum(smallest_after, 1.0), axis=-1)
    return adjusted
