"""Measuring a network: evaluation mode, no augmentation, every image once."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from paribus.core import Predictions
from paribus.models import step_randomness
from paribus.train.bench import Bench, Part
from paribus.train.loss import loss_of, probabilities

# Fixed per kind of device, because the last bits of a sum depend on how it is grouped. On the CPU what a batch
# makes of a convolution must stay in the cache (docs/log.md has the numbers); a GPU wants to be filled.
EVALUATION_BATCH = {"cpu": 125, "cuda": 5000}


@dataclass(frozen=True, slots=True)
class Measure:
    """Mean loss per image, and the fraction classified correctly."""

    loss: float
    accuracy: float


def measure(bench: Bench, part: Part) -> Measure:
    """Return loss (without label smoothing) and accuracy of the network on one part of the data."""
    loss = torch.zeros((), dtype=torch.float64, device=part.index.device)
    correct = torch.zeros((), dtype=torch.int64, device=part.index.device)
    for output, labels in _outputs(bench, part):
        loss += loss_of(output, labels, spec=bench.recipe.train, reduction="sum", smooth=False)
        correct += (output.argmax(dim=1) == labels).sum()
    return Measure(loss=loss.item() / len(part), accuracy=correct.item() / len(part))


def predict(bench: Bench, part: Part) -> Predictions:
    """Return the class and the probabilities of every image, in the order of the part."""
    classes, shares = [], []
    for output, _ in _outputs(bench, part):
        classes.append(output.argmax(dim=1))
        shares.append(probabilities(output, spec=bench.recipe.train).to(torch.float16))
    table = torch.cat(shares).cpu().numpy()
    return Predictions(
        classes=torch.cat(classes).cpu().numpy().astype("<u2").tobytes(),
        probabilities=table.astype("<f2").tobytes(),
        images=table.shape[0],
        class_count=table.shape[1],
    )


def _outputs(bench: Bench, part: Part) -> Iterator[tuple[Tensor, Tensor]]:
    was_training = bench.model.training
    bench.model.eval()
    try:
        with torch.no_grad():
            for number, index in enumerate(torch.split(part.index, EVALUATION_BATCH[part.index.device.type])):
                # A user's module may draw in evaluation mode too: then every evaluation draws the same.
                with step_randomness(bench.model, streams=bench.streams, step=-1 - number):
                    output = bench.model(bench.pixels(part, index))
                yield output, part.labels[index]
    finally:
        bench.model.train(was_training)
