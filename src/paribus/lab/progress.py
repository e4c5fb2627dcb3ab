"""Where a study stands at one moment: made by whoever works, drawn by whoever watches."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paribus.data import Reading


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that has just ended; `accuracy` is on the split that may be shown: validation, else training."""

    number: int
    runs: int
    condition: str
    seed: int
    state: str
    message: str
    accuracy: float | None
    split: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A study at one moment.

    Attributes:
        stage: what is being done: "reading images", "training", "writing the report"; the counts are of the training.
        runs_done, runs: runs that have ended (done, diverged or failed), and all.
        epochs_done: epochs finished in this session.
        images_done, images: training images seen, and to be seen, in this session.
        images_per_second: of all workers together, measuring included; None before the first.
        seconds_left: None until it can be told.
        ended: the run that has just ended, if one has.
        reading: how far a download, or the decoding of a folder, is.
    """

    stage: str
    runs_done: int = 0
    runs: int = 0
    epochs_done: int = 0
    images_done: int = 0
    images: int = 0
    images_per_second: float | None = None
    seconds_left: float | None = None
    ended: Ended | None = None
    reading: "Reading | None" = None


Watch = Callable[[Snapshot], None]


def watch_nothing(snapshot: Snapshot) -> None:
    """Ignore progress."""
