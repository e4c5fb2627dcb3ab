"""Which way of training is fastest for a network and a batch size on this machine: measured, not guessed."""

import time
from pathlib import Path

from paribus.core import Streams
from paribus.study import Recipe
from paribus.train.bench import lay_out
from paribus.train.environment import settle
from paribus.train.estimate import probe_of, probed, random_images
from paribus.train.job import Plan
from paribus.train.loop import path_of, train_epoch
from paribus.train.native_blas import libraries
from paribus.train.native_program import Unsupported
from paribus.train.path import Path as TrainingPath
from paribus.train.planning import Planned, settled

_ROUNDS = 3
_MOST_IMAGES = 60_000
_SECONDS = 0.1  # of updates, for each candidate and round
_DARK = 0.25  # of the pixels: for fewer, skipping them is not worth a list of the others
_HOPELESS = 0.8  # of the fastest so far: measured no further, unless it is the preferred one


def measured_plan(
    recipe: Recipe, *, image_shape: tuple[int, int, int], classes: int, base_dir: Path, device: str, dark: float = 0.0
) -> Planned:
    """Return the fastest plan, from a second of updates on random images; see paribus.train.planned."""
    batch = min(recipe.train.batch, _MOST_IMAGES)
    images = random_images(probed(batch), image_shape=image_shape, classes=classes, dark=dark)
    speeds, reason = dict.fromkeys(candidates(recipe, device=device, dark=dark), 0.0), ""
    if len(speeds) == 1:
        return Planned(next(iter(speeds)), (), reason)
    for number in range(2 * _ROUNDS):  # in turn: what else the machine does falls on all of them
        preferred, best = next(iter(speeds)), settled(tuple(speeds.items()))
        # What would be kept instead of the preferred one has to win again: a stall of the machine lasts for a round.
        tried = list(speeds) if number < _ROUNDS else [preferred, best] if best != preferred else []
        for plan in tried:
            if number and plan != preferred and speeds[plan] < _HOPELESS * max(speeds.values()):
                continue
            settle(plan)
            bench = lay_out(probe_of(recipe), streams=Streams(0), images=images, base_dir=base_dir, plan=plan)
            try:
                path = path_of(bench)
            except Exception as error:
                if plan.path == "reference":
                    raise
                reason = str(error) if isinstance(error, Unsupported) else f"{type(error).__name__}: {error}"
                del speeds[plan]
                continue
            _images_per_second(path, seconds=0.0)  # the first update allocates, and compiles
            # Of what takes longer once is enough, and once more to decide.
            if number in (0, _ROUNDS) or batch / speeds[plan] < _SECONDS:
                speeds[plan] = max(speeds[plan], _images_per_second(path, seconds=_SECONDS))
            del path, bench  # one at a time: the largest batch that fits does not fit twice
    measured = tuple(speeds.items())
    return Planned(settled(measured), measured, reason)


def candidates(recipe: Recipe, *, device: str, dark: float = 0.0) -> tuple[Plan, ...]:
    """Return the plans that are worth measuring, the preferred one first; on a GPU there is one.

    `dark` is the share of the images' values that are 0.
    """
    layers = [each.lstrip() for each in recipe.model.layers or ()]
    convolutions = any(each.startswith("Conv2d") for each in layers)
    plain = Plan(device=device, memory_format="channels_last" if convolutions else "contiguous")
    if device != "cpu" or recipe.train.precision != "float32":
        return (plain,)
    pairs = [(each, each) for each in libraries()]
    if convolutions or recipe.model.module is not None:
        pairs.insert(1, ("tiles", "scipy"))
    if dark >= _DARK and not convolutions:
        pairs.insert(1, ("sparse", "tiles"))
    native = [Plan(path="native", linear=linear, convolution=convolution) for linear, convolution in pairs]
    return (*native, plain)


def _images_per_second(path: TrainingPath, *, seconds: float) -> float:
    """Return the speed of updates: of one, or of as many as there is time for."""
    spec = path.bench.recipe.train
    most = -(-len(path.bench.parts["train"]) // spec.batch)
    images, started, steps = 0.0, time.perf_counter(), 1
    while images == 0 or time.perf_counter() - started < seconds:
        images += float(train_epoch(path, epoch=1, first_step=0, steps=steps).sizes.sum())
        steps = max(1, min(most, int(seconds * images / (time.perf_counter() - started) / spec.batch)))
    return images / (time.perf_counter() - started)
