"""What makes the updates of a training: the plain loop, or something faster that is held to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from paribus.train.augmentation import EpochAugmentation
from paribus.train.bench import EVALUATION_BATCH, Bench, Part


@dataclass(frozen=True, slots=True)
class Block:
    """Several batches: images [n, C, H, W], normalised; labels [n], or mixed ones, shares [n, classes]."""

    images: Tensor
    labels: Tensor
    size: int  # of a batch; the last may be smaller

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many images each batch has."""
        whole, rest = divmod(len(self.images), self.size)
        return (self.size,) * whole + ((rest,) if rest else ())


class Path(Protocol):
    """One training's updates and measurements."""

    bench: Bench

    def train(self, block: Block, *, step: int) -> tuple[Tensor, Tensor]:
        """Make an update for every batch; return losses and counts of right images from before it, each [updates].

        `step` counts the updates made before. Of a mixed image, the label with the larger share is the right one.
        """

    def settle(self, *, step: int) -> None:
        """Leave network and optimizer as they are after `step` updates, to be saved."""

    def pixels(self, part: Part, index: Tensor, augmentation: EpochAugmentation | None = None) -> Tensor:
        """Return normalised images [B, C, H, W] for indices [B], augmented (but not mixed) where that is asked for."""

    def measure(self, part: Part) -> tuple[float, int]:
        """Return the sum of losses (without label smoothing) and how many images are right, in evaluation mode."""

    def outputs(self, images: Tensor, *, number: int) -> Tensor:
        """Return what the network makes of images [n, C, H, W], in evaluation mode: [n, classes].

        `number` counts the batches of one evaluation.
        """


def one_core() -> int:
    """Say that a training has one core."""
    return 1


def outputs_of(path: Path, part: Part) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield what a network makes of a part of the data, batch by batch, in evaluation mode, and the labels."""
    bench = path.bench
    was_training = bench.model.training
    bench.model.eval()
    try:
        with torch.no_grad():
            for number, index in enumerate(torch.split(part.index, EVALUATION_BATCH[part.index.device.type])):
                yield path.outputs(path.pixels(part, index), number=number), part.labels[index]
    finally:
        bench.model.train(was_training)
