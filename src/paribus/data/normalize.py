"""Mean and standard deviation per channel, of the training split and of nothing else."""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from paribus.core import DataError
from paribus.data.images import Images
from paribus.data.split import Split
from paribus.study import DataSpec, Standardization

_CHUNK = 512  # images whose squares are in memory at a time


@dataclass(frozen=True, slots=True)
class Normalization:
    """What is subtracted from pixels / 255 and what they are divided by then, one value per channel."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


def normalization(images: Images, split: Split, spec: DataSpec) -> Normalization:
    """Return mean and population standard deviation of pixels / 255, as the specification asks for them.

    "train": measured on split.train alone, in exact integers, so the result is the same on every machine; a
    channel in which all pixels are equal is divided by 1. A table: its values, one for all channels or one
    for each. False: mean 0, standard deviation 1.

    Raises:
        DataError: when a table has neither one value nor one per channel.
    """
    channels = images.image_shape[0]
    if isinstance(spec.normalize, Standardization):
        return Normalization(
            _spread(spec.normalize.mean, channels=channels, where="data.normalize.mean"),
            _spread(spec.normalize.std, channels=channels, where="data.normalize.std"),
        )
    if spec.normalize is False:
        return Normalization((0.0,) * channels, (1.0,) * channels)
    return _measured(images, split)


def _measured(images: Images, split: Split) -> Normalization:
    """Var = (n sum(x^2) - sum(x)^2) / n^2 loses all digits in floats; in integers it is exact."""
    channels, height, width = images.image_shape
    sums, squares = [0] * channels, [0] * channels
    for start in range(0, len(split.train), _CHUNK):
        chunk = images.train_images[split.train[start : start + _CHUNK]]
        linear = chunk.sum(axis=(0, 2, 3), dtype=np.uint64)
        square = np.square(chunk, dtype=np.uint16).sum(axis=(0, 2, 3), dtype=np.uint64)
        sums = [total + int(value) for total, value in zip(sums, linear, strict=True)]
        squares = [total + int(value) for total, value in zip(squares, square, strict=True)]
    n = len(split.train) * height * width
    mean = tuple(float(Fraction(total, 255 * n)) for total in sums)
    variance = [Fraction(n * q - s * s, (255 * n) ** 2) for s, q in zip(sums, squares, strict=True)]
    return Normalization(mean, tuple(math.sqrt(value) if value else 1.0 for value in variance))


def _spread(values: tuple[float, ...], *, channels: int, where: str) -> tuple[float, ...]:
    if len(values) not in (1, channels):
        wrong = f"{len(values)} values for images of {channels} channels"
        raise DataError(where, wrong=wrong, allowed=f"1 value, or {channels}")
    return values if len(values) == channels else values * channels
