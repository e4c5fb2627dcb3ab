"""A recipe's augmentation: what is drawn for an epoch, and the batches that come of it."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

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
    augmentations,
    check_fit,
)
from paribus.train.augment_colour import jittered
from paribus.train.augment_draws import JITTERS, Source, draws
from paribus.train.augment_moves import Moves, moves
from paribus.train.augment_pixels import cropped, erased, flipped, resized_crops, turned


@dataclass(frozen=True, slots=True)
class Drawn:
    """One transform with what it draws in one epoch; first axis: all training images of the source."""

    transform: Augmentation
    values: tuple[Tensor, ...]

    def of(self, index: Tensor) -> tuple[Tensor, ...]:
        """Return what was drawn for images [B]; what lives on the CPU is looked up there."""
        return tuple(each.index_select(0, index.to(each.device)) for each in self.values)


@dataclass(frozen=True, slots=True)
class EpochAugmentation:
    """All that is drawn in one epoch; its three moves come in this order, normalisation after the first."""

    drawn: tuple[Drawn, ...]
    dtype: torch.dtype
    moves: Moves | None  # where pixels come from, on the CPU and where nothing else happens to them

    def pixels(self, images: Tensor, index: Tensor) -> Tensor:
        """Return transformed images [B, C, H, W], uint8 or floats in 0 to 255, of uint8 ones with their indices."""
        for each in self.drawn:
            images = _transformed(images, each, index, dtype=self.dtype)
        return images

    def erase(self, images: Tensor, index: Tensor, *, value: float = 0.0) -> Tensor:
        """Return normalised images with a rectangle set to 0 (or a value); the images themselves are changed."""
        for each in self.drawn:
            if isinstance(each.transform, RandomErasing):
                images = erased(images, *each.of(index), value=value)
        return images

    @property
    def mixes(self) -> bool:
        """Whether batches are mixed."""
        return any(isinstance(each.transform, Mixup) for each in self.drawn)

    def weights(self, index: Tensor) -> Tensor:
        """Return how much of each image [B] stays when it is mixed."""
        return next(each for each in self.drawn if isinstance(each.transform, Mixup)).of(index)[0].to(self.dtype)

    def mix(self, images: Tensor, labels: Tensor, index: Tensor, *, classes: int) -> tuple[Tensor, Tensor]:
        """Return a mixed batch [B, C, H, W] and its mixed labels [B, classes] (Zhang et al. 2018, mixup).

        Each image has a weight of its own; the partners are a random permutation of the batch.
        """
        mixup = next(each for each in self.drawn if isinstance(each.transform, Mixup))
        partner = torch.argsort(mixup.of(index)[1], stable=True)
        weight = self.weights(index)
        shares = functional.one_hot(labels, classes).to(self.dtype)
        targets = blended(shares, shares.index_select(0, partner), weight.view(-1, 1))
        return blended(images, images.index_select(0, partner), weight.view(-1, 1, 1, 1)), targets


def draw(
    augment: tuple[str, ...],
    *,
    streams: Streams,
    epoch: int,
    images: tuple[int, ...],
    dtype: torch.dtype,
    device: torch.device,
) -> EpochAugmentation:
    """Draw an epoch's augmentation.

    Args:
        augment: the transforms, as in a study file.
        streams: the run's randomness.
        epoch: from 1.
        images: N, C, H, W of all training images of the source; their positions there are their indices.
        dtype: what the network takes.
        device: where the images are.

    Raises:
        StudyError: a transform does not fit the images.
    """
    count, channels, height, width = images
    check_fit(augment, image_shape=(channels, height, width))
    found = []
    for ordinal, each in enumerate(augmentations(augment)):
        source = Source(streams, epoch=epoch, ordinal=ordinal, images=count)
        arrays = draws(each, source=source, height=height, width=width)
        values = [torch.from_numpy(array) for array in arrays]
        stay = 1 if isinstance(each, ColorJitter) else len(values)  # the order of jitters stays on the CPU
        found.append(Drawn(each, tuple(value.to(device) for value in values[:stay]) + tuple(values[stay:])))
    moved = None
    if device.type == "cpu":
        moved = moves([(each.transform, each.values[0].numpy()) for each in found], images=images)
    return EpochAugmentation(tuple(found), dtype, moved)


def blended(first: Tensor, second: Tensor, weight: Tensor) -> Tensor:
    """Return weight * first + (1 - weight) * second."""
    return first * weight + second * (1 - weight)


def _transformed(images: Tensor, drawn: Drawn, index: Tensor, *, dtype: torch.dtype) -> Tensor:
    transform = drawn.transform
    if isinstance(transform, RandomErasing | Mixup):
        return images
    values = drawn.of(index)
    if isinstance(transform, RandomHorizontalFlip | RandomVerticalFlip):
        return flipped(images, values[0], dim=3 if isinstance(transform, RandomHorizontalFlip) else 2)
    if isinstance(transform, RandomCrop):
        return cropped(images, values[0], padding=transform.padding)
    if isinstance(transform, RandomResizedCrop):
        return resized_crops(images, values[0], dtype=dtype)
    if isinstance(transform, RandomRotation):
        return turned(images, values[0], interpolation=transform.interpolation, dtype=dtype)
    names = tuple(name for name in JITTERS if getattr(transform, name) is not None)
    factors, order = values
    # In place: what arrives is whole numbers, which are copied here, or floats that another transform has just made.
    return jittered(images.to(dtype), factors.to(dtype), order, names=names)
