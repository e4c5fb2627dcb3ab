"""Learning-rate schedules as pure functions of the update, so that nothing has to be saved to resume one."""

import math
from collections.abc import Mapping

from paribus.study import OneCycleSchedule, TrainSpec

# How many images of each split are measured, evenly spaced; None: all. Of 10,000 training images the standard error is
# 0.1 points at 99 %, and measuring all 60,000 took a quarter of a study's time (docs/decisions/0012). What a network
# makes of images before its first update is chance. After the last one the test set is measured by its predictions, so
# that all of it has to be measured.
MEASURED: Mapping[str, int | None] = {"train": 10_000, "validation": None, "test": None}
MEASURED_FIRST: Mapping[str, int | None] = dict.fromkeys(MEASURED, 1_000)


def images_measured(spec: TrainSpec, *, images: int, others: int) -> int:
    """Return how many images a training measures in its epochs; `others` are those of the other splits."""
    epochs = -(-total_steps(spec, images=images) // steps_per_epoch(spec, images=images))
    return epochs * (min(images, MEASURED["train"] or images) + others)


def total_steps(spec: TrainSpec, *, images: int) -> int:
    """Return the number of updates of a whole training on `images` training images."""
    if spec.steps is not None:
        return spec.steps
    assert spec.epochs is not None
    return spec.epochs * steps_per_epoch(spec, images=images)


def steps_per_epoch(spec: TrainSpec, *, images: int) -> int:
    """Return the number of batches of one epoch; the last batch may be smaller."""
    return -(-images // spec.batch)


def learning_rate(spec: TrainSpec, *, step: int, images: int) -> float:
    """Return the learning rate of update `step`, counted from 0.

    `exponential` and `step` change it from epoch to epoch, `cosine` and `onecycle` at every update;
    the formulas are those of torch.optim.lr_scheduler's ExponentialLR, StepLR, CosineAnnealingLR and OneCycleLR.
    """
    schedule = spec.schedule
    if schedule == "constant":
        return spec.lr
    epoch = step // steps_per_epoch(spec, images=images)
    steps = total_steps(spec, images=images)
    if schedule.exponential is not None:
        return spec.lr * schedule.exponential**epoch
    if schedule.step is not None:
        return spec.lr * schedule.step.gamma ** (epoch // schedule.step.step_size)
    if schedule.cosine is not None:
        return _cosine(spec.lr, schedule.cosine.eta_min, step / steps)
    assert schedule.onecycle is not None
    return _one_cycle(schedule.onecycle, peak=spec.lr, step=step, steps=steps)


def _one_cycle(cycle: OneCycleSchedule, *, peak: float, step: int, steps: int) -> float:
    start = peak / cycle.div_factor
    rise = cycle.pct_start * steps - 1  # the update at which the peak is reached
    if step <= rise:
        return _cosine(start, peak, step / rise if rise > 0 else 1.0)
    return _cosine(peak, start / cycle.final_div_factor, (step - rise) / (steps - 1 - rise))


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
