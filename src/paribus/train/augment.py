"""How augmented images look: the door to transforms that need torch."""

from typing import TYPE_CHECKING, TypeAlias

from paribus.core import Streams

if TYPE_CHECKING:  # NumPy is not needed to start workers
    import numpy as np

Pixels: TypeAlias = "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]"


def augmented(pixels: Pixels, *, augment: tuple[str, ...], streams: Streams, epoch: int) -> Pixels:
    """Return images as a network meets them in training, before normalisation; for people to look at.

    What RandomErasing erases is mid grey (a network gets the mean), and mixup mixes each image with the one after it
    (in training: with another of its batch).

    Args:
        pixels: uint8 [N, C, H, W]; image i of them gets the draws of training image i.
        augment: the transforms, as in a study file.
        streams: the run's randomness.
        epoch: from 1; every epoch draws anew.

    Returns:
        uint8 [N, C, H, W], rounded.

    Raises:
        StudyError: a transform does not fit the images.
    """
    from paribus.train.augment_sheet import augmented_sheet  # noqa: PLC0415  torch

    return augmented_sheet(pixels, augment=augment, streams=streams, epoch=epoch)
