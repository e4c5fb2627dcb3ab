"""Crops and flips as what they are together: each row and column of an image comes from another, or is black."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from paribus.study import (
    Augmentation,
    Mixup,
    RandomCrop,
    RandomErasing,
    RandomHorizontalFlip,
    RandomVerticalFlip,
)

Moves = npt.NDArray[np.int64]
_AFTER = (RandomErasing, Mixup)  # what happens to normalised images


def moves(drawn: Sequence[tuple[Augmentation, npt.NDArray[np.generic]]], *, images: tuple[int, ...]) -> Moves | None:
    """Return where the rows and columns of augmented images come from; None where more than that happens to pixels.

    Args:
        drawn: the transforms in their order, and what each draws for all images.
        images: N, C, H, W.

    Returns:
        [N, 2, 4], for rows and for columns: a, s, low, high. Number i of them, low <= i < high, was number a + s * i of
        the image; the others are black.
    """
    count, _, *sizes = images
    found = np.zeros((count, 2, 4), dtype=np.int64)
    found[:, :, 1] = 1
    found[:, :, 3] = sizes
    for transform, values in drawn:
        if isinstance(transform, RandomCrop):
            left, top, *_ = transform.padding
            _shift(found, values - np.array([top, left]), sizes=np.array(sizes))
        elif isinstance(transform, RandomVerticalFlip | RandomHorizontalFlip):
            axis = int(isinstance(transform, RandomHorizontalFlip))
            found[:, axis] = np.where(values[:, None], _mirrored(found[:, axis], sizes[axis]), found[:, axis])
        elif not isinstance(transform, _AFTER):
            return None
    return found


def _shift(found: Moves, by: Moves, *, sizes: Moves) -> None:
    """Give line i what line i + by had; `by` is [N, 2]."""
    origin, step, low, high = np.moveaxis(found, 2, 0)
    origin += step * by
    np.clip(low - by, 0, sizes, out=low)
    np.clip(high - by, low, sizes, out=high)


def _mirrored(lines: Moves, size: int) -> Moves:
    origin, step, low, high = lines.T
    return np.stack([origin + step * (size - 1), -step, size - high, size - low], axis=1)
