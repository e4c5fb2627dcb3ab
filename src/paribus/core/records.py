"""What training hands over: frozen, plain, and complete enough to be written in one transaction."""

from dataclasses import dataclass
from typing import Literal

from paribus.core.exhibits import Histogram, Inside


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """One finished epoch of one run; epoch 0 is the network before its first update.

    Losses are means in nats (mean squared error for `mse`), accuracies fractions in [0, 1]; None where there is
    nothing to measure (no validation split; training loss before the first epoch; a test loss that is not finite,
    which ends no run, because the test set decides nothing). `test_*` are sealed: the store
    keeps them apart and hands them out only after a look.

    Attributes:
        run: the run's identity.
        epoch: finished epochs, from 0.
        step: updates made so far.
        lr: learning rate of the epoch's last update.
        train_loss: mean of the batch losses during the epoch, network in training mode.
        running_accuracy: accuracy over the epoch's batches, network in training mode.
        clean_loss: loss on the training split afterwards, in evaluation mode, without augmentation, on at most 10,000
            images of it, evenly spaced and always the same. In epoch 0 all splits are measured on at most 1,000.
        clean_accuracy: accuracy measured likewise.
        batch_losses: one little-endian float32 per update of this epoch.
        batch_accuracies: likewise.
        train_seconds: time spent on updates in this epoch.
        evaluation_seconds: time spent on measuring.
        environment: digest of the environment in which the epoch was trained.
        state: safetensors bytes; all that is needed to go on from here.
        histograms: one for each parameter, after the epoch.
    """

    run: str
    epoch: int
    step: int
    lr: float
    train_loss: float | None
    running_accuracy: float | None
    clean_loss: float
    clean_accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    test_loss: float | None
    test_accuracy: float | None
    batch_losses: bytes
    batch_accuracies: bytes
    train_seconds: float
    evaluation_seconds: float
    environment: str
    state: bytes
    histograms: tuple[Histogram, ...] = ()


@dataclass(frozen=True, slots=True)
class Predictions:
    """What a finished network says of every test image, in the order of the test set; sealed.

    Attributes:
        classes: predicted class per image, little-endian uint16, N values.
        probabilities: float16, N x C values, row by row (raw outputs where the loss is `mse`).
        images: N.
        class_count: C.
    """

    classes: bytes
    probabilities: bytes
    images: int
    class_count: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended.

    Attributes:
        run: the run's identity.
        state: "done"; "diverged" (a loss was not finite: an outcome, not a crash); "failed" (an error, in `message`).
        epoch: finished epochs.
        step: updates made; for a diverged run the update, counted from 1, whose loss was not finite.
        message: for people; empty when done.
        weights: safetensors bytes of the final parameters and buffers, None unless done.
        predictions: test predictions, None unless done.
        batch_losses: for a diverged run, the batch losses of the unfinished epoch, up to the one not finite.
        inside: what its pictures are drawn from; None unless done.
        peak_memory_bytes: of the process or the device during the run, None where it cannot be measured.
    """

    run: str
    state: Literal["done", "diverged", "failed"]
    epoch: int
    step: int
    message: str = ""
    weights: bytes | None = None
    predictions: Predictions | None = None
    batch_losses: bytes = b""
    peak_memory_bytes: int | None = None
    inside: Inside | None = None
