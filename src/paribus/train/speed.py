"""How fast a recipe trains here: the door to a measurement that needs torch."""

from dataclasses import dataclass
from pathlib import Path

from paribus.study import Recipe
from paribus.train.job import Plan


@dataclass(frozen=True, slots=True)
class Speed:
    """Images per second of one worker, training and measuring, and its peak memory in bytes."""

    training: float
    measuring: float
    peak_memory_bytes: int | None


def measure_speed(
    recipe: Recipe, *, image_shape: tuple[int, int, int], classes: int, base_dir: Path, plan: Plan, dark: float = 0.0
) -> Speed:
    """Return the speed of a recipe on this machine, one worker running, from about a second of updates.

    Args:
        recipe: what would be trained; the images are random.
        dark: share of their values that are 0.
        image_shape: C, H, W.
        classes: number of classes.
        base_dir: where a relative module path starts.
        plan: how it would be executed.
    """
    from paribus.train.estimate import measured_speed  # noqa: PLC0415  torch

    return measured_speed(recipe, image_shape=image_shape, classes=classes, base_dir=base_dir, plan=plan, dark=dark)
