"""How a run will be executed: the door to measurements that need torch, and what they depend on."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from paribus.core import ModelFacts, digest
from paribus.study import ModelSpec, Recipe
from paribus.train.engine import engine
from paribus.train.job import Plan
from paribus.train.speed import Speed, measure_speed

# Another candidate than the first must be faster by this much: what is as fast is not worth a change.
WORTH = 1.08
# Settings of a training that change no update's time.
_FREE = {"lr", "epochs", "steps", "schedule", "weight_decay", "betas", "label_smoothing", "nesterov"}


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, the images per second of each candidate, and why the native path is none of them ("" where it is).

    Without a choice there is nothing to measure, and no speed.
    """

    plan: Plan
    speeds: tuple[tuple[Plan, float], ...]
    reason: str


def settled(speeds: Sequence[tuple[Plan, float]]) -> Plan:
    """Return the fastest plan; the first, which is preferred, unless another is faster by more than a hair."""
    first, best = speeds[0], max(speeds, key=lambda each: each[1])
    return best[0] if best[1] > WORTH * first[1] else first[0]


def agreed(found: Mapping[str, Planned], *, used: Sequence[Plan] = ()) -> Mapping[str, Planned]:
    """Return one plan for all networks of a study that have a choice: all else equal.

    That is the one that the study's runs were started with (`used`, the latest last) or, if there is none, the one
    under which all together are the fastest. A network without a native form keeps the plan that it has.
    """
    every = {key: _with_skipping(each.speeds) for key, each in found.items() if len(each.speeds) > 1}
    choosing = {key: {_alike(plan): (plan, speed) for plan, speed in speeds} for key, speeds in every.items()}
    if not choosing:
        return found
    tables = list(choosing.values())
    common = [plan for plan in tables[0] if all(plan in options for options in tables)]
    before = [_alike(plan) for plan in used if _alike(plan) in common]
    together = [(plan, 1 / sum(1 / options[plan][1] for options in tables)) for plan in common]
    shared = before[-1] if before else settled(together)
    taken = {key: dataclasses.replace(found[key], plan=options[shared][0]) for key, options in choosing.items()}
    return {**found, **taken}


def _with_skipping(speeds: Sequence[tuple[Plan, float]]) -> Sequence[tuple[Plan, float]]:
    """Add the plan that skips dark pixels where it was not tried: a network that has no use for it is as by tiles."""
    tiles = [each for each in speeds if (each[0].linear, each[0].convolution) == ("tiles", "tiles")]
    skipping = [(dataclasses.replace(plan, linear="sparse"), speed) for plan, speed in tiles]
    return [*speeds, *(each for each in skipping if each[0] not in dict(speeds))]


def _alike(plan: Plan) -> Plan:
    """Return a plan without what follows from the network: whether it has convolutions."""
    return dataclasses.replace(plan, memory_format="contiguous")


@dataclass(frozen=True, slots=True)
class Question:
    """A network, batch size and image shape, asked for its plan."""

    recipe: Recipe
    image_shape: tuple[int, int, int]
    classes: int
    base_dir: Path
    device: str
    source: str  # digest of a user's model file, "" for layers
    dark: float = 0.0  # share of the images' values that are 0

    @property
    def own(self) -> bool:
        """Whether the network is the user's own, whose code the answer runs."""
        return self.recipe.model.module is not None

    @property
    def key(self) -> str:
        """Digest of all that the answer depends on, but the machine."""
        train = self.recipe.train.model_dump(mode="json", exclude=_FREE)
        asked = [train, self.recipe.model.model_dump(mode="json"), self.source]
        return digest([engine(), *asked, list(self.image_shape), self.classes, self.device, self.dark])


def planned(question: Question) -> Planned:
    """Return the fastest plan, from about a second of updates on random images; runs a user's own network here."""
    from paribus.train.calibrate import measured_plan  # noqa: PLC0415  torch

    return measured_plan(
        question.recipe,
        image_shape=question.image_shape,
        classes=question.classes,
        base_dir=question.base_dir,
        device=question.device,
        dark=question.dark,
    )


@dataclass(frozen=True, slots=True)
class Timing:
    """A question, and the plan under which its speed is asked for."""

    question: Question
    plan: Plan


def timed(asked: Timing) -> Speed:
    """Return the speed of a recipe under a plan; runs a user's own network here."""
    question = asked.question
    return measure_speed(
        question.recipe,
        image_shape=question.image_shape,
        classes=question.classes,
        base_dir=question.base_dir,
        plan=asked.plan,
        dark=question.dark,
    )


@dataclass(frozen=True, slots=True)
class Network:
    """Layers, and the images that they see."""

    spec: ModelSpec
    image_shape: tuple[int, int, int]
    classes: int
    base_dir: Path


def described(network: Network) -> ModelFacts:
    """Return a network in numbers.

    Raises:
        ModelError: it does not fit the images.
    """
    from paribus.models import describe  # noqa: PLC0415  torch

    return describe(network.spec, image_shape=network.image_shape, classes=network.classes, base_dir=network.base_dir)


def as_plain(found: Planned) -> dict[str, object]:
    """Return a plan as plain values, to be kept."""
    return dataclasses.asdict(found)


def from_plain(kept: Mapping[str, object]) -> Planned:
    """Return what `as_plain` was given.

    Raises:
        TypeError: it was given something else.
    """
    plan, speeds, reason = kept["plan"], kept["speeds"], kept["reason"]
    assert isinstance(plan, dict)
    assert isinstance(speeds, list | tuple)  # JSON knows no tuples
    return Planned(Plan(**plan), tuple((Plan(**each), float(speed)) for each, speed in speeds), str(reason))
