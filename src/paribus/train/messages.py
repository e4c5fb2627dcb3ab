"""What a worker tells the driver, beside epoch records and outcomes, and is told, beside jobs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from paribus.core import EpochRecord, Outcome, ParibusError


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
class Leave:
    """To a worker: so many cores are its own from now on."""

    threads: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function to call in a worker, which has torch at hand; `own` says that it runs a user's code."""

    key: str
    function: Callable[[Any], Any]
    argument: Any
    own: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call gave, by its key; `error` is what it raised instead, if that was for the user."""

    key: str
    value: Any = None
    error: ParibusError | None = None


Event = Environment | Started | Progress | EpochRecord | Outcome
