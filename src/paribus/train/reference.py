"""The plain training loop: what Paribus means by a training, and the oracle for everything faster.

One run, one network, one batch after another. Randomness is counted, not carried: the order and the augmentation of
epoch e and the dropout of update t are functions of (seed, e) and (seed, t), so a run that goes on from a saved state
makes the same updates, to the bit, as one that was never stopped.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from paribus.core import EpochRecord, Outcome
from paribus.models import step_randomness
from paribus.train.bench import Bench, to_bytes
from paribus.train.evaluate import measure, predict
from paribus.train.job import Resume
from paribus.train.loss import loss_of
from paribus.train.schedule import learning_rate, steps_per_epoch, total_steps

# Floats that are gathered and normalised at once: several small batches, about what a core's cache holds.
_BLOCK = 2**18

OnEpoch = Callable[[EpochRecord], None]
OnProgress = Callable[[int], None]  # told how many images were trained on since the last call


def unwatched(images: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one epoch leaves behind; `diverged` is the index of the first batch whose loss was not finite."""

    losses: Tensor  # [steps]
    correct: Tensor  # [steps]: images classified correctly, of
    sizes: Tensor  # [steps]: so many
    seconds: float
    diverged: int | None


def train_run(
    bench: Bench,
    *,
    run: str,
    environment: str,
    on_epoch: OnEpoch,
    on_progress: OnProgress = unwatched,
    resume: Resume | None = None,
) -> Outcome:
    """Train one run to its end.

    Args:
        bench: the run, laid out on its device.
        run: its identity, for the records.
        environment: digest of the environment, for the records.
        on_epoch: takes each epoch's record, epoch 0 (before the first update) included.
        on_progress: called every few batches.
        resume: where to go on; None starts at the beginning.

    Returns:
        "done" with final weights and test predictions, or "diverged" at the update whose loss was not finite.
    """
    train = bench.recipe.train
    images = len(bench.parts["train"])
    total = total_steps(train, images=images)
    epoch, step = 0, 0
    if resume is not None:
        epoch, step = resume.epoch, resume.step
        bench.restore(resume.state)
    else:
        on_epoch(_record(bench, run, environment, epoch=0, step=0, result=None))
    while step < total:
        epoch += 1
        steps = min(steps_per_epoch(train, images=images), total - step)
        result = train_epoch(bench, epoch=epoch, first_step=step, steps=steps, on_progress=on_progress)
        if result.diverged is not None:
            first = result.diverged + 1
            return _diverged(run, epoch=epoch, step=step + first, losses=result.losses[:first])
        step += steps
        record = _record(bench, run, environment, epoch=epoch, step=step, result=result)
        if not _finite(record):
            return _diverged(run, epoch=epoch, step=step, losses=result.losses)
        on_epoch(record)
    weights = to_bytes(dict(bench.model.state_dict()))
    return Outcome(
        run=run, state="done", epoch=epoch, step=step, weights=weights, predictions=predict(bench, bench.parts["test"])
    )


def train_epoch(bench: Bench, *, epoch: int, first_step: int, steps: int, on_progress: OnProgress = unwatched) -> Epoch:
    """Make `steps` updates; stop soon after a loss that is not finite."""
    started = time.perf_counter()
    losses, correct, sizes = torch.zeros(3, steps, device=bench.shift.device)
    done, diverged = 0, None
    bench.model.train()
    for block in _blocks(bench, epoch=epoch, steps=steps):
        first = done
        for pixels, labels in block:
            losses[done], correct[done] = _update(bench, first_step + done, pixels, labels)
            sizes[done] = len(labels)
            done += 1
        on_progress(sum(len(labels) for _, labels in block))
        if not losses[first:done].isfinite().all():  # once a block: asking for every batch would stall a GPU
            diverged = int((~losses[:done].isfinite()).nonzero()[0])
            break
    return Epoch(losses, correct, sizes, seconds=time.perf_counter() - started, diverged=diverged)


def _blocks(bench: Bench, *, epoch: int, steps: int) -> Iterator[list[tuple[Tensor, Tensor]]]:
    """Yield the epoch's batches, several at a time: gathered, augmented and normalised together, used one by one.

    A batch is images [B, C, H, W] and labels [B], or mixed labels [B, classes].
    """
    train, size = bench.parts["train"], bench.recipe.train.batch_size
    order = bench.order(epoch)[: steps * size]
    together = max(1, _BLOCK // (size * train.images[0].numel())) * size
    augmentation = bench.augmentation(epoch)
    for index in torch.split(order, together):
        labels = train.labels[index]
        if augmentation is None:
            pixels = bench.pixels(train, index)
        else:
            pixels = bench.augmented(train, index, augmentation=augmentation)
        batches = list(zip(torch.split(pixels, size), torch.split(labels, size), strict=True))
        if augmentation is not None and augmentation.mixes:
            indices = torch.split(index, size)
            batches = [
                augmentation.mix(*batch, each, classes=bench.classes)
                for batch, each in zip(batches, indices, strict=True)
            ]
        yield batches


def _update(bench: Bench, step: int, pixels: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Make update `step`, counted from 0; return the batch's loss and correct images, from before the update.

    Of a mixed image, the label with the larger share is the right one.
    """
    spec = bench.recipe.train
    rate = learning_rate(spec, step=step, images=len(bench.parts["train"]))
    for group in bench.optimizer.param_groups:
        group["lr"] = rate
    bench.optimizer.zero_grad()
    with step_randomness(bench.model, streams=bench.streams, step=step):
        output = bench.model(pixels)
        loss = loss_of(output, labels, spec=spec)
        loss.backward()  # type: ignore[no-untyped-call]
    bench.optimizer.step()
    heavier = labels if labels.ndim == 1 else labels.argmax(dim=1)
    return loss.detach(), (output.detach().argmax(dim=1) == heavier).sum()


def _record(bench: Bench, run: str, environment: str, *, epoch: int, step: int, result: Epoch | None) -> EpochRecord:
    """Measure the network on every part and put the epoch together; `result` is None before the first update."""
    started = time.perf_counter()
    measured = {name: measure(bench, part) for name, part in bench.parts.items()}
    validation = measured.get("validation")
    spec = bench.recipe.train
    return EpochRecord(
        run=run,
        epoch=epoch,
        step=step,
        lr=learning_rate(spec, step=max(step - 1, 0), images=len(bench.parts["train"])),
        train_loss=result.losses.double().mean().item() if result else None,
        running_accuracy=(result.correct.sum() / result.sizes.sum()).item() if result else None,
        clean_loss=measured["train"].loss,
        clean_accuracy=measured["train"].accuracy,
        validation_loss=validation.loss if validation else None,
        validation_accuracy=validation.accuracy if validation else None,
        test_loss=measured["test"].loss if math.isfinite(measured["test"].loss) else None,
        test_accuracy=measured["test"].accuracy,
        batch_losses=_floats(result.losses) if result else b"",
        batch_accuracies=_floats(result.correct / result.sizes) if result else b"",
        train_seconds=result.seconds if result else 0.0,
        evaluation_seconds=time.perf_counter() - started,
        environment=environment,
        state=bench.save(),
    )


def _finite(record: EpochRecord) -> bool:
    """Tell whether every measured loss is a number; weights can be lost in the very last update of an epoch."""
    losses = (record.train_loss, record.clean_loss, record.validation_loss)  # the test set decides nothing
    return all(loss is None or math.isfinite(loss) for loss in losses)


def _diverged(run: str, *, epoch: int, step: int, losses: Tensor) -> Outcome:
    message = f"the loss was not finite at update {step:,}, in epoch {epoch}"
    return Outcome(run=run, state="diverged", epoch=epoch - 1, step=step, message=message, batch_losses=_floats(losses))


def _floats(values: Tensor) -> bytes:
    return values.cpu().numpy().astype("<f4").tobytes()
