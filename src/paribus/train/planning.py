"""How a run will be executed: the door to measurements that need torch, and what they depend on."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from paribus.core import ModelFacts, digest
from paribus.study import ModelSpec, Recipe
from paribus.train.engine import engine
from paribus.train.job import Plan
from paribus.train.speed import Speed, measure_speed

# Settings of a training that change no update's time.
_FREE = {"lr", "epochs", "steps", "schedule", "weight_decay", "betas", "label_smoothing", "nesterov"}


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, the images per second of each candidate, and why the native path is none of them ("" where it is)."""

    plan: Plan
    speeds: Mapping[str, float]
    reason: str


@dataclass(frozen=True, slots=True)
class Question:
    """A network, batch size and image shape, asked for its plan."""

    recipe: Recipe
    image_shape: tuple[int, int, int]
    classes: int
    base_dir: Path
    device: str
    source: str  # digest of a user's model file, "" for layers

    @property
    def own(self) -> bool:
        """Whether the network is the user's own, whose code the answer runs."""
        return self.recipe.model.module is not None

    @property
    def key(self) -> str:
        """Digest of all that the answer depends on, but the machine."""
        train = self.recipe.train.model_dump(mode="json", exclude=_FREE)
        asked = [train, self.recipe.model.model_dump(mode="json"), self.source]
        return digest([engine(), *asked, list(self.image_shape), self.classes, self.device])


def planned(question: Question) -> Planned:
    """Return the fastest plan, from about a second of updates on random images; runs a user's own network here."""
    from paribus.train.calibrate import measured_plan  # noqa: PLC0415  torch

    return measured_plan(
        question.recipe,
        image_shape=question.image_shape,
        classes=question.classes,
        base_dir=question.base_dir,
        device=question.device,
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
    assert isinstance(speeds, dict)
    return Planned(Plan(**plan), speeds, str(reason))
