"""Augmented images for people: rounded to 8 bits, erased to grey, mixed with the neighbour."""

import numpy as np
import torch

from paribus.core import Streams
from paribus.train.augment import Pixels
from paribus.train.augmentation import blended, draw

_MID_GREY = 128.0


def augmented_sheet(pixels: Pixels, *, augment: tuple[str, ...], streams: Streams, epoch: int) -> Pixels:
    """Return augmented images; see paribus.train.augmented."""
    count, channels, height, width = pixels.shape
    cpu = torch.device("cpu")
    shape = (count, channels, height, width)
    drawn = draw(augment, streams=streams, epoch=epoch, images=shape, dtype=torch.float32, device=cpu)
    index = torch.arange(count)
    images = drawn.pixels(torch.from_numpy(np.array(pixels)), index).to(torch.float32)
    images = drawn.erase(images, index, value=_MID_GREY)
    if drawn.mixes:
        images = blended(images, images.roll(-1, dims=0), drawn.weights(index).view(-1, 1, 1, 1))
    return images.round_().clamp_(0, 255).to(torch.uint8).numpy()
