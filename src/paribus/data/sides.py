"""The side of the square that images of many sizes are scaled to, where nobody has said one."""

_SIDES = (8, 16, 24, 32, 48, 64)


def sensible_side(shorter: int) -> int:
    """Return a side in pixels: at most 64, and no more than the shorter side of most images.

    Args:
        shorter: the median of the images' shorter sides, in pixels.
    """
    return max((side for side in _SIDES if side <= shorter), default=_SIDES[0])
