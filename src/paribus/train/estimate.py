"""How long and how much memory a training will take: measured on a few updates of random images, not guessed."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from paribus.core import Streams, digest
from paribus.data import Images
from paribus.study import Recipe
from paribus.train.bench import EVALUATION_BATCH, lay_out
from paribus.train.environment import settle
from paribus.train.evaluate import measure, sample
from paribus.train.job import Plan
from paribus.train.loop import path_of, train_epoch
from paribus.train.memory import peak, reset_peak
from paribus.train.speed import Speed

_SECONDS = 0.5
_LEAST_LIT = 0.01  # of the pixels
_EPOCH = 16_000  # images, the same again and again: what is done once an epoch counts beside the smallest networks


def measured_speed(
    recipe: Recipe, *, image_shape: tuple[int, int, int], classes: int, base_dir: Path, plan: Plan, dark: float = 0.0
) -> Speed:
    """Return the speed of a recipe; see paribus.train.measure_speed."""
    settle(plan)
    device = torch.device(plan.device)
    reset_peak(device)
    batch = recipe.train.batch
    images = random_images(probed(batch), image_shape=image_shape, classes=classes, dark=dark)
    bench = lay_out(probe_of(recipe), streams=Streams(0), images=images, base_dir=base_dir, plan=plan)
    train, again = bench.parts["train"], 1 if recipe.train.augment else _EPOCH // len(bench.parts["train"])
    bench.parts["train"] = replace(train, index=train.index.repeat(max(1, again)))
    path = path_of(bench)
    per_epoch = -(-len(bench.parts["train"]) // batch)
    train_epoch(path, epoch=1, first_step=0, steps=min(per_epoch, 3))  # the first updates allocate
    # An epoch's augmentation is drawn at its start: of a whole epoch it takes its true share. So do other things that
    # are done once an epoch: as many updates at a time as there is time for.
    most = per_epoch if recipe.train.augment else 1
    while most < per_epoch and train_epoch(path, epoch=1, first_step=0, steps=most).seconds < _SECONDS / 8:
        most = min(per_epoch, 4 * most)
    updates = seconds = 0.0
    while seconds < _SECONDS:
        result = train_epoch(path, epoch=1, first_step=0, steps=most)
        updates, seconds = updates + float(result.sizes.sum()), seconds + result.seconds
    measure(path, sample(bench.parts["test"], most=1))  # the very first on a machine compiles
    started = time.perf_counter()
    some = sample(bench.parts["test"], most=4 * EVALUATION_BATCH[device.type])
    measure(path, some)
    measured = len(some) / (time.perf_counter() - started)
    return Speed(training=updates / seconds, measuring=measured, peak_memory_bytes=peak(device))


def probe_of(recipe: Recipe) -> Recipe:
    """Return the recipe for random images: all of them are trained on."""
    return recipe.model_copy(update={"data": recipe.data.model_copy(update={"validation": 0, "train_images": None})})


def probed(batch: int) -> int:
    """Return how many random images a training is tried on: some batches, and where they are small many."""
    return max(batch, min(4 * batch, 4096), 1000)


def random_images(count: int, *, image_shape: tuple[int, int, int], classes: int, dark: float = 0.0) -> Images:
    """Return uint8 noise, a share of it 0, of a shape C, H, W with classes in turn, the same for training and test."""
    noise = np.random.Generator(np.random.Philox(key=0))
    pixels = noise.integers(0, 256, size=(count, *image_shape), dtype=np.uint8)
    if dark:
        # As in images of things before a background, some pixels are lit often and others hardly ever.
        lit = noise.random(image_shape, dtype=np.float32) ** (dark / max(1 - dark, _LEAST_LIT))
        for each in pixels:
            each[noise.random(image_shape, dtype=np.float32) >= lit] = 0
    labels = np.arange(count, dtype=np.int64) % classes
    return Images(
        source="noise",
        train_images=pixels,
        train_labels=labels,
        test_images=pixels,
        test_labels=labels,
        classes=tuple(str(number) for number in range(classes)),
        files=(),
        fingerprint=digest([count, *image_shape, dark]),
        test_fingerprint="",
    )
