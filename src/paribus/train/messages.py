"""What a worker tells the driver, beside epoch records and outcomes."""

from collections.abc import Mapping
from dataclasses import dataclass

from paribus.core import EpochRecord, Outcome
from paribus.train.planning import Planned


@dataclass(frozen=True, slots=True)
class Environment:
    """What the bits of the runs that follow may depend on."""

    digest: str
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Started:
    """A run's data and network are laid out; its first update comes next."""

    run: str
    train_images: int


@dataclass(frozen=True, slots=True)
class Progress:
    """So many training images more."""

    run: str
    images: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The plan that was asked for, by the question's key."""

    key: str
    planned: Planned


Event = Environment | Started | Progress | EpochRecord | Outcome
