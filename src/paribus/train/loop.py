"""A training, whatever path makes its updates: epochs, records, divergence, where to go on.

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
from paribus.train.bench import Bench, to_bytes
from paribus.train.evaluate import Measure, measure, predict, sample
from paribus.train.exhibits import epoch_histograms, inside
from paribus.train.job import Resume
from paribus.train.native import Native
from paribus.train.path import Block, Path, one_core
from paribus.train.reference import Reference
from paribus.train.schedule import MEASURED, MEASURED_FIRST, learning_rate, steps_per_epoch, total_steps

# Floats that are gathered and normalised at once: several small batches, about what a core's cache holds. Compiled code
# takes more at a time, as what Python does between two blocks counts beside it.
_BLOCK = {"native": 2**20, "reference": 2**18}

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


def path_of(bench: Bench, *, threads: Callable[[], int] = one_core) -> Path:
    """Return what makes the updates of a training under its plan; make it after a state has been restored.

    `threads` says how many cores it may use at a moment; what it makes does not depend on that.
    """
    return Native(bench, threads=threads) if bench.plan.path == "native" else Reference(bench)


def train_run(
    bench: Bench,
    *,
    run: str,
    environment: str,
    on_epoch: OnEpoch,
    on_progress: OnProgress = unwatched,
    resume: Resume | None = None,
    threads: Callable[[], int] = one_core,
) -> Outcome:
    """Train one run to its end.

    Args:
        bench: the run, laid out on its device.
        run: its identity, for the records.
        environment: digest of the environment, for the records.
        on_epoch: takes each epoch's record, epoch 0 (before the first update) included.
        on_progress: called every few batches.
        resume: where to go on; None starts at the beginning.
        threads: says how many cores the training may use at a moment.

    Returns:
        "done" with final weights, test predictions and what its pictures are drawn from, or "diverged" at the update
        whose loss was not finite.
    """
    train = bench.recipe.train
    images = len(bench.parts["train"])
    total = total_steps(train, images=images)
    epoch, step = 0, 0
    if resume is not None:
        epoch, step = resume.epoch, resume.step
        bench.restore(resume.state)
    path, predictions = path_of(bench, threads=threads), None
    if resume is None:
        on_epoch(_record(path, run, environment, epoch=0, step=0, result=None))
    while step < total:
        epoch += 1
        steps = min(steps_per_epoch(train, images=images), total - step)
        result = train_epoch(path, epoch=epoch, first_step=step, steps=steps, on_progress=on_progress)
        if result.diverged is not None:
            first = result.diverged + 1
            return _diverged(run, epoch=epoch, step=step + first, losses=result.losses[:first])
        step += steps
        # At the end the test set is measured by the predictions. A user's module may change when it runs: its
        # predictions are made after its state was saved, where a run that was stopped there begins again.
        started, tested = time.perf_counter(), None
        if step == total and bench.recipe.model.module is None:
            predictions, tested = predict(path, bench.parts["test"])
        record = _record(path, run, environment, epoch=epoch, step=step, result=result, tested=tested, started=started)
        if not _finite(record):
            return _diverged(run, epoch=epoch, step=step, losses=result.losses)
        on_epoch(record)
    weights = to_bytes(dict(bench.model.state_dict()))
    if predictions is None:
        predictions, _ = predict(path, bench.parts["test"])
    seen = inside(bench)  # after weights and predictions: it runs a user's module once more
    return Outcome(run=run, state="done", epoch=epoch, step=step, weights=weights, predictions=predictions, inside=seen)


def train_epoch(path: Path, *, epoch: int, first_step: int, steps: int, on_progress: OnProgress = unwatched) -> Epoch:
    """Make `steps` updates; stop soon after a loss that is not finite."""
    started, bench = time.perf_counter(), path.bench
    losses, correct, sizes = torch.zeros(3, steps, device=bench.shift.device)
    done, diverged = 0, None
    bench.model.train()
    for block in _blocks(path, epoch=epoch, steps=steps):
        step = first_step + done
        block_losses, block_correct = path.train(block, step=step)
        first, done = done, done + len(block_losses)
        losses[first:done], correct[first:done] = block_losses, block_correct
        sizes[first:done] = torch.tensor(block.sizes, dtype=sizes.dtype)
        on_progress(len(block.images))
        if not losses[first:done].isfinite().all():  # once a block: asking for every batch would stall a GPU
            diverged = int((~losses[:done].isfinite()).nonzero()[0])
            break
    path.settle(step=first_step + done)
    return Epoch(losses, correct, sizes, seconds=time.perf_counter() - started, diverged=diverged)


def _blocks(path: Path, *, epoch: int, steps: int) -> Iterator[Block]:
    """Yield the epoch's batches, several at a time: gathered, augmented and normalised together, used one by one."""
    bench = path.bench
    train, size = bench.parts["train"], bench.recipe.train.batch
    order = bench.order(epoch)[: steps * size]
    together = max(1, _BLOCK[bench.plan.path] // (size * train.images[0].numel())) * size
    augmentation = bench.augmentation(epoch)
    for index in torch.split(order, together):
        labels = train.labels[index]
        pixels = path.pixels(train, index, augmentation)
        if augmentation is not None and augmentation.mixes:
            parts = zip(*(torch.split(each, size) for each in (pixels, labels, index)), strict=True)
            mixed = [augmentation.mix(*part, classes=bench.classes) for part in parts]
            pixels, labels = (torch.cat(each) for each in zip(*mixed, strict=True))
            pixels = pixels.contiguous(memory_format=bench.layout)
        yield Block(pixels, labels, size)


def _record(
    path: Path,
    run: str,
    environment: str,
    *,
    epoch: int,
    step: int,
    result: Epoch | None,
    tested: Measure | None = None,
    started: float | None = None,
) -> EpochRecord:
    """Measure the network on every part and put the epoch together; `result` is None before the first update.

    `tested` is what is known of the test set already, `started` when measuring it began.
    """
    started, bench = started or time.perf_counter(), path.bench
    most = MEASURED if result else MEASURED_FIRST
    parts = {name: sample(part, most=most[name]) for name, part in bench.parts.items()}
    measured = {"test": tested} if tested else {}
    measured |= {name: measure(path, part) for name, part in parts.items() if name not in measured}
    validation = measured.get("validation")
    spread = epoch_histograms(bench, epoch=epoch)
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
        histograms=spread,
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
