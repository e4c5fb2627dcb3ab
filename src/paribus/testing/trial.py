"""A network on trial: fresh copies of it, images made for it, steps of training with counted randomness."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from paribus.core import Streams, frame
from paribus.models import step_randomness

BATCH = 4  # images of one batch
Loss = Literal["cross_entropy", "nll", "mse"]
_RATE = 0.05  # large enough to move float32 weights visibly, small enough to stay finite


@dataclass(frozen=True, slots=True)
class Trial:
    """What every check needs.

    Attributes:
        make: gives a fresh network in training mode, its weights from the init stream of a seed.
        path: the file whose lines are named.
        image_shape: C, H, W.
        classes: how many numbers an image must give.
        loss: that the network is trained with.
    """

    make: Callable[[int], nn.Module]
    path: Path
    image_shape: tuple[int, int, int]
    classes: int
    loss: Loss

    def images(self, batch: int) -> Tensor:
        """Return normally distributed images [4, C, H, W], as normalised pixels are: the same ones for a number."""
        generator = torch.Generator().manual_seed(Streams(seed=0).key("order", batch))
        return torch.randn(BATCH, *self.image_shape, generator=generator)

    def labels(self) -> Tensor:
        """Return labels [4] that go through the classes."""
        return torch.arange(BATCH) % self.classes

    def told(self, error: BaseException) -> str:
        """Return an error with the user's own line."""
        return frame(error, self.path)


def forward(module: nn.Module, images: Tensor, *, step: int = 0) -> Tensor:
    """Return what a network gives, without gradients; what it draws follows from the step.

    It gets a copy of the images: what it does to them is asked once (`in_place`), and must not reach other checks.
    """
    with torch.no_grad(), step_randomness(module, streams=Streams(seed=0), step=step):
        output: Tensor = module(images.clone())
    return output


def losses(module: nn.Module, trial: Trial, *, step: int) -> Tensor:
    """Return the loss of batch number `step`, with its graph; the network must be in training mode."""
    with step_randomness(module, streams=Streams(seed=0), step=step):
        output = module(trial.images(step))
    if trial.loss == "nll":
        return functional.nll_loss(output, trial.labels())
    if trial.loss == "mse":
        return functional.mse_loss(output, functional.one_hot(trial.labels(), trial.classes).to(output.dtype))
    return functional.cross_entropy(output, trial.labels())


def train_step(module: nn.Module, trial: Trial, *, step: int) -> float:
    """Make one update of plain gradient descent and return the loss from before it; gradients stay to be looked at."""
    module.train()
    module.zero_grad()
    loss = losses(module, trial, step=step)
    if loss.requires_grad:
        with step_randomness(module, streams=Streams(seed=0), step=step):
            loss.backward()  # type: ignore[no-untyped-call]
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.grad is not None:
                parameter.sub_(_RATE * parameter.grad)
    return loss.item()


def alike(first: Tensor, second: Tensor) -> bool:
    """Return whether two outputs are the same up to the order of additions in single precision."""
    if first.shape != second.shape:
        return False
    scale = float(first.abs().max()) if first.numel() else 0.0
    tolerance = 1e-4 * scale if math.isfinite(scale) else 0.0
    return bool(torch.allclose(first, second, rtol=0, atol=tolerance, equal_nan=True))
