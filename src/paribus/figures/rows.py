"""What figures are made from: plain rows, as the store hands them out."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CurveRow:
    """One epoch of one run; epoch 0 is the network before its first update.

    Losses as the study defines them, accuracies fractions; None where there is nothing to show (`test_*`
    while sealed). `clean_*` were measured on the training split after the epoch, in evaluation mode.
    """

    condition: str
    seed: int
    epoch: int
    step: int
    train_loss: float | None
    clean_loss: float | None
    clean_accuracy: float | None
    running_accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None
    test_loss: float | None
    test_accuracy: float | None


@dataclass(frozen=True, slots=True)
class BatchRow:
    """The batches of one run, in the order of its updates: losses, and accuracies as fractions."""

    condition: str
    seed: int
    losses: Sequence[float]
    accuracies: Sequence[float]
