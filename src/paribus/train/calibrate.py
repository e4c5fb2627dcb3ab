"""Which way of training is fastest for a network and a batch size on this machine: measured, not guessed."""

import time
from collections.abc import Sequence
from pathlib import Path

from paribus.core import Streams
from paribus.study import Recipe
from paribus.train.bench import EVALUATION_BATCH, lay_out
from paribus.train.environment import settle
from paribus.train.estimate import probe_of, random_images
from paribus.train.job import Plan
from paribus.train.loop import path_of, train_epoch
from paribus.train.native_blas import libraries
from paribus.train.native_program import Unsupported
from paribus.train.path import Path as TrainingPath
from paribus.train.planning import Planned

_ROUNDS = 3
_SECONDS = 0.1  # of updates, for each candidate and round
_WORTH = 1.05  # another candidate than the first must be faster by this much: what is as fast is not worth a change


def measured_plan(
    recipe: Recipe, *, image_shape: tuple[int, int, int], classes: int, base_dir: Path, device: str
) -> Planned:
    """Return the fastest plan, from a second of updates on random images; see paribus.train.planned."""
    plans = candidates(recipe, device=device)
    ready: list[tuple[Plan, TrainingPath]] = []
    reason, probe = "", probe_of(recipe)
    count = max(min(recipe.train.batch, 60_000), 2 * EVALUATION_BATCH["cpu"])
    images = random_images(count, image_shape=image_shape, classes=classes)
    for plan in plans:
        settle(plan)
        bench = lay_out(probe, streams=Streams(0), images=images, base_dir=base_dir, plan=plan)
        try:
            ready.append((plan, path_of(bench)))
        except Unsupported as unsupported:
            reason = str(unsupported)
    if len(ready) == 1:
        return Planned(ready[0][0], {}, reason)
    return _fastest(ready, reason=reason)


def candidates(recipe: Recipe, *, device: str) -> tuple[Plan, ...]:
    """Return the plans that are worth measuring, the preferred one first; on a GPU there is one."""
    layers = [each.lstrip() for each in recipe.model.layers or ()]
    convolutions = any(each.startswith("Conv2d") for each in layers)
    plain = Plan(device=device, memory_format="channels_last" if convolutions else "contiguous")
    if device != "cpu" or recipe.train.precision != "float32":
        return (plain,)
    native = [Plan(path="native", linear=linear, convolution="scipy") for linear in libraries()]
    if convolutions or recipe.model.module is not None:
        native += [Plan(path="native", linear=each, convolution=each) for each in libraries() if each != "scipy"]
    return (*native, plain)


def _fastest(ready: Sequence[tuple[Plan, TrainingPath]], *, reason: str) -> Planned:
    """Return the plan with the shortest update, measured in turn: what else the machine does falls on all of them."""
    speeds = [0.0] * len(ready)
    for _, path in ready:
        _updates(path, seconds=0.0)  # the first ones allocate, and compile
    for _ in range(_ROUNDS):
        for number, (_, path) in enumerate(ready):
            speeds[number] = max(speeds[number], _updates(path, seconds=_SECONDS))
    best = max(range(len(ready)), key=lambda number: speeds[number])
    chosen = best if speeds[best] > _WORTH * speeds[0] else 0
    named = {_name(plan): speed for (plan, _), speed in zip(ready, speeds, strict=True)}
    return Planned(ready[chosen][0], named, reason)


def _updates(path: TrainingPath, *, seconds: float) -> float:
    """Return images per second of updates, at least one of them."""
    images, started = 0.0, time.perf_counter()
    most = -(-len(path.bench.parts["train"]) // path.bench.recipe.train.batch)
    while images == 0 or time.perf_counter() - started < seconds:
        images += float(train_epoch(path, epoch=1, first_step=0, steps=most).sizes.sum())
    return images / (time.perf_counter() - started)


def _name(plan: Plan) -> str:
    if plan.path == "reference":
        return f"reference, {plan.memory_format}"
    return f"native, {plan.linear} for Linear, {plan.convolution} for Conv2d"
