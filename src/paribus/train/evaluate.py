"""Measuring a network: evaluation mode, no augmentation, every image once."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from paribus.core import Predictions
from paribus.train.bench import EVALUATION_BATCH, Part
from paribus.train.loss import loss_of, probabilities
from paribus.train.path import Path


@dataclass(frozen=True, slots=True)
class Measure:
    """Mean loss per image, and the fraction classified correctly."""

    loss: float
    accuracy: float


def measure(path: Path, part: Part) -> Measure:
    """Return loss (without label smoothing) and accuracy of the network on one part of the data."""
    loss = torch.zeros((), dtype=torch.float64, device=part.index.device)
    correct = torch.zeros((), dtype=torch.int64, device=part.index.device)
    for output, labels in _outputs(path, part):
        loss += loss_of(output, labels, spec=path.bench.recipe.train, reduction="sum", smooth=False)
        correct += (output.argmax(dim=1) == labels).sum()
    return Measure(loss=loss.item() / len(part), accuracy=correct.item() / len(part))


def predict(path: Path, part: Part) -> Predictions:
    """Return the class and the probabilities of every image, in the order of the part."""
    classes, shares = [], []
    for output, _ in _outputs(path, part):
        classes.append(output.argmax(dim=1))
        shares.append(probabilities(output, spec=path.bench.recipe.train).to(torch.float16))
    table = torch.cat(shares).cpu().numpy()
    return Predictions(
        classes=torch.cat(classes).cpu().numpy().astype("<u2").tobytes(),
        probabilities=table.astype("<f2").tobytes(),
        images=table.shape[0],
        class_count=table.shape[1],
    )


def _outputs(path: Path, part: Part) -> Iterator[tuple[Tensor, Tensor]]:
    bench = path.bench
    was_training = bench.model.training
    bench.model.eval()
    try:
        with torch.no_grad():
            for number, index in enumerate(torch.split(part.index, EVALUATION_BATCH[part.index.device.type])):
                yield path.outputs(bench.pixels(part, index), number=number), part.labels[index]
    finally:
        bench.model.train(was_training)
