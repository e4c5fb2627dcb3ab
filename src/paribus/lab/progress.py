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
class Working:
    """A run that is being trained: its seed, finished epochs of how many, and the share of its images it has seen."""

    seed: int
    epoch: int
    epochs: int | None  # None where the study says updates, and the images are not at hand
    share: float | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A condition at one moment.

    Attributes:
        name: the condition's.
        baseline: whether the others are compared with it.
        tuning: whether it is a candidate on which settings are tuned, and no condition that is compared.
        states: of its runs, in the order of their seeds: done, running, diverged, failed, waiting.
        working: the runs that are being trained.
        n: runs behind `mean`.
        mean: accuracy of the finished runs, a fraction, on the split that the snapshot names; None before the first.
        half_width: of the t interval of the mean; None where there is none (one seed, a diverged run, no spread).
        alpha: the interval is 1 - alpha.
        news: when it last changed, as a count of changes; 0: it has not.
    """

    name: str
    baseline: bool
    tuning: bool
    states: tuple[str, ...]
    working: tuple[Working, ...] = ()
    n: int = 0
    mean: float | None = None
    half_width: float | None = None
    news: int = 0
    alpha: float = 0.05


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
        standings: the conditions, while they are trained.
        split: what the accuracies of `standings` are measured on: "validation", or "training" where there is none.
        said: a sentence that stays in sight, told in this snapshot alone; empty for none.
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
    standings: tuple[Standing, ...] = ()
    split: str = "validation"
    said: str = ""


Watch = Callable[[Snapshot], None]


def watch_nothing(snapshot: Snapshot) -> None:
    """Ignore progress."""
