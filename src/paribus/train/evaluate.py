"""Measuring a network: evaluation mode, no augmentation, every image once."""

from dataclasses import dataclass, replace

import torch

from paribus.core import Predictions
from paribus.train.bench import Part
from paribus.train.loss import loss_of, probabilities
from paribus.train.path import Path, outputs_of


@dataclass(frozen=True, slots=True)
class Measure:
    """Mean loss per image, and the fraction classified correctly."""

    loss: float
    accuracy: float


def measure(path: Path, part: Part) -> Measure:
    """Return loss (without label smoothing) and accuracy of the network on one part of the data."""
    loss, correct = path.measure(part)
    return Measure(loss=loss / len(part), accuracy=correct / len(part))


def sample(part: Part, *, most: int | None) -> Part:
    """Return at most so many images of a part, evenly spaced; all of them for None."""
    if most is None or len(part) <= most:
        return part
    return replace(part, index=part.index[torch.arange(most, device=part.index.device) * len(part) // most])


def predict(path: Path, part: Part) -> tuple[Predictions, Measure]:
    """Return the class and the probabilities of every image, in the order of the part.

    And what `measure` returns, to rounding: the native path adds losses up elsewhere.
    """
    classes, shares, spec = [], [], path.bench.recipe.train
    loss = torch.zeros((), dtype=torch.float64, device=part.index.device)
    for output, labels in outputs_of(path, part):
        classes.append(output.argmax(dim=1))
        shares.append(probabilities(output, spec=spec).to(torch.float16))
        loss += loss_of(output, labels, spec=spec, reduction="sum", smooth=False)
    found, table = torch.cat(classes), torch.cat(shares).cpu().numpy()
    predictions = Predictions(
        classes=found.cpu().numpy().astype("<u2").tobytes(),
        probabilities=table.astype("<f2").tobytes(),
        images=table.shape[0],
        class_count=table.shape[1],
    )
    correct = (found == part.labels[part.index]).sum().item()
    return predictions, Measure(loss=loss.item() / len(part), accuracy=correct / len(part))
