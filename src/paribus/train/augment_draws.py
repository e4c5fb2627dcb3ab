"""What augmentation draws: NumPy on the CPU, one row per training image, the same for every device and batch.

A row is a function of (key, image), whatever the number of images. Parameters, not images, are computed here.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from paribus.core import Streams
from paribus.study import (
    Augmentation,
    ColorJitter,
    Mixup,
    RandomCrop,
    RandomErasing,
    RandomHorizontalFlip,
    RandomResizedCrop,
    RandomRotation,
    RandomVerticalFlip,
)

Array = np.ndarray[tuple[int, ...], np.dtype[Any]]
Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Integers = np.ndarray[tuple[int, ...], np.dtype[np.int64]]

_ATTEMPTS = 10  # torchvision's, to find a rectangle that fits
_CHUNK = 2**16  # images whose draws are in memory at a time: a rectangle takes 23 of them
JITTERS = ("brightness", "contrast", "saturation", "hue")


@dataclass(frozen=True, slots=True)
class Source:
    """Where the draws of one transform come from: the run's randomness, the epoch, the place in the list."""

    streams: Streams
    epoch: int
    ordinal: int
    images: int

    def uniform(self, columns: int) -> Iterator[Floats]:
        """Yield numbers in [0, 1), [n, columns], for all images in turn."""
        words = np.random.Philox(key=self.streams.key("augmentation", self.epoch, self.ordinal))
        for start in range(0, self.images, _CHUNK):
            count = min(_CHUNK, self.images - start)
            raw = words.random_raw(count * columns) >> np.uint64(11)  # 53 bits: what a float64 holds
            yield raw.reshape(count, columns).astype(np.float64) * np.float64(2.0**-53)

    def beta(self, alpha: float) -> Floats:
        """Return numbers from Beta(alpha, alpha), [images]."""
        key = self.streams.key("augmentation", self.epoch, self.ordinal, 1)
        return np.random.Generator(np.random.Philox(key=key)).beta(alpha, alpha, size=self.images)


def draws(transform: Augmentation, *, source: Source, height: int, width: int) -> tuple[Array, ...]:
    """Return what one transform draws in one epoch, for images of height x width; first axis: the images.

    Flips: bool [N]. RandomCrop: top, left [N, 2]. RandomResizedCrop and RandomErasing: top, left, height, width
    [N, 4], nothing to erase being of size 0. RandomRotation: cosine, sine [N, 2]. ColorJitter: factors [N, 4], and
    which jitter comes first, second, ... [N, 4], by position in JITTERS. mixup: weight of the image [N], and a number
    [N] whose order within a batch names the partners.
    """
    if isinstance(transform, Mixup):
        return source.beta(transform.alpha), _over(source, 1, lambda u: u[:, 0])
    if isinstance(transform, ColorJitter):
        spans = [getattr(transform, name) or (0.0, 0.0) for name in JITTERS]
        return _over(source, 8, lambda u: _between(u[:, :4], spans)), _over(source, 8, lambda u: _shuffled(u[:, 4:]))
    columns, made = _maker(transform, height=height, width=width)
    return (_over(source, columns, made),)


def _maker(transform: Augmentation, *, height: int, width: int) -> tuple[int, Callable[[Floats], Array]]:
    """Return how many numbers an image takes, and what is made of them."""
    if isinstance(transform, RandomHorizontalFlip | RandomVerticalFlip):
        return 1, lambda u: u[:, 0] < transform.p
    if isinstance(transform, RandomCrop):
        left, top, right, bottom = transform.padding
        return 2, lambda u: _below(u, np.array([top + bottom + 1, left + right + 1]))
    if isinstance(transform, RandomRotation):
        return 1, lambda u: _turn(_between(u, [transform.degrees]))
    if isinstance(transform, RandomResizedCrop):
        return 2 * _ATTEMPTS + 2, lambda u: _crop(u, transform, height=height, width=width)
    assert isinstance(transform, RandomErasing)
    return 2 * _ATTEMPTS + 3, lambda u: _hole(u, transform, height=height, width=width)


def _over(source: Source, columns: int, made: Callable[[Floats], Array]) -> Array:
    return np.concatenate([made(chunk) for chunk in source.uniform(columns)])


def _between(u: Floats, spans: list[tuple[float, float]]) -> Floats:
    low: Floats = np.array([each[0] for each in spans])
    high: Floats = np.array([each[1] for each in spans])
    return low + (high - low) * u


def _below(u: Floats, count: Integers) -> Integers:
    """Return whole numbers from 0 to count - 1; u < 1, but rounding may reach the count."""
    return np.minimum((u * count).astype(np.int64), count - 1)


def _shuffled(u: Floats) -> Integers:
    return np.argsort(u, axis=1, kind="stable")


def _turn(degrees: Floats) -> Floats:
    angle = np.radians(degrees[:, 0])
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _crop(u: Floats, transform: RandomResizedCrop, *, height: int, width: int) -> Integers:
    """Return the first attempt that fits, or else the largest allowed rectangle in the middle."""
    across, down = _sides(u, transform.scale, transform.ratio, area=height * width)
    fits = (across > 0) & (across <= width) & (down > 0) & (down <= height)
    crop = _placed(u[:, -2:], *_first(down, across, fits), height=height, width=width)
    shape = width / height
    lowest, highest = transform.ratio
    middle_width = width if shape <= highest else round(height * highest)
    middle_height = height if shape >= lowest else round(width / lowest)
    corner = ((height - middle_height) // 2, (width - middle_width) // 2)
    crop[~fits.any(axis=1)] = (*corner, middle_height, middle_width)
    return crop


def _hole(u: Floats, transform: RandomErasing, *, height: int, width: int) -> Integers:
    """Return the first attempt that is smaller than the image, or nothing; its ratio is height to width."""
    down, across = _sides(u[:, 1:], transform.scale, transform.ratio, area=height * width)
    fits = (down < height) & (across < width)
    hole = _placed(u[:, -2:], *_first(down, across, fits), height=height, width=width)
    hole[(u[:, 0] >= transform.p) | ~fits.any(axis=1)] = 0
    return hole


def _sides(
    u: Floats, scale: tuple[float, float], ratio: tuple[float, float], *, area: int
) -> tuple[Integers, Integers]:
    """Return both sides of each attempt, [n, attempts]: uniform in area, uniform in the logarithm of their ratio."""
    areas = area * _between(u[:, :_ATTEMPTS, None], [scale])[..., 0]
    ratios = np.exp(_between(u[:, _ATTEMPTS : 2 * _ATTEMPTS, None], [(math.log(ratio[0]), math.log(ratio[1]))])[..., 0])
    first, second = np.sqrt(areas * ratios), np.sqrt(areas / ratios)
    return np.rint(first).astype(np.int64), np.rint(second).astype(np.int64)  # halves to even, as Python's round


def _first(down: Integers, across: Integers, fits: Array) -> tuple[Integers, Integers]:
    rows, attempt = np.arange(len(fits)), fits.argmax(axis=1)
    return down[rows, attempt], across[rows, attempt]


def _placed(u: Floats, down: Integers, across: Integers, *, height: int, width: int) -> Integers:
    """Return top, left, height, width: every place within the image is equally likely."""
    sides = np.stack([down, across], axis=1)
    room = np.maximum(np.array([height, width]) - sides, 0) + 1
    return np.concatenate([_below(u, room), sides], axis=1)
