"""What the store takes and gives: frozen rows. Losses in nats, accuracies in [0, 1], times in seconds."""

from array import array
from dataclasses import dataclass
from typing import Any, Literal

from paribus.core import Stream

RunState = Literal["waiting", "running", "done", "diverged", "failed"]


@dataclass(frozen=True, slots=True)
class RunDeclaration:
    """A run that a study asks for, before anything of it is trained.

    Attributes:
        id: identity: digest of recipe, seed, data fingerprint, model source and schema version.
        key: the same without the data: what a plan can know before it reads an image.
        condition: its name in the study.
        seed: of the block.
        recipe: JSON text, given back as it came.
        streams: the random streams that the seed varies.
        data_fingerprint: digest of all images and labels.

    """

    id: str
    key: str
    condition: str
    seed: int
    recipe: str
    streams: tuple[Stream, ...]
    data_fingerprint: str


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it stands.

    Attributes:
        sequence: order of first declaration, from 1; never a time.
        position: place in the study's latest declaration, from 0.
        current: whether the latest declaration asks for it; what an edited study no longer asks for is kept.
        plan: fixed at the first start; None before.
        state: "running" only while a driver works on the study; an interrupted run is "waiting".
        message: for people; empty unless diverged or failed.
        epochs: finished epochs.
        steps: updates made.
        seconds: time spent on updates and on measuring, of finished epochs.
        peak_memory_bytes: None where it could not be measured.
        weights_sha256: of the final weights; None unless done.

    """

    sequence: int
    id: str
    key: str
    condition: str
    seed: int
    position: int
    current: bool
    recipe: str
    streams: tuple[Stream, ...]
    data_fingerprint: str
    plan: dict[str, Any] | None
    state: RunState
    message: str
    epochs: int
    steps: int
    seconds: float
    peak_memory_bytes: int | None
    weights_sha256: str | None


@dataclass(frozen=True, slots=True)
class Epoch:
    """One finished epoch without what is sealed; fields as in core.EpochRecord."""

    run: str
    epoch: int
    step: int
    lr: float
    train_loss: float | None
    running_accuracy: float | None
    clean_loss: float
    clean_accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    train_seconds: float
    evaluation_seconds: float
    environment: str


@dataclass(frozen=True, slots=True)
class EpochBatches:
    """Loss and accuracy of each update of an epoch; a diverged run's unfinished epoch has losses only."""

    run: str
    epoch: int
    losses: "array[float]"
    accuracies: "array[float]"


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """Where an interrupted run goes on: finished epochs, updates made, and the state bytes after them."""

    epoch: int
    step: int
    state: bytes


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice made on validation, before the test set is opened; `sha256` is core.digest of the value."""

    value: dict[str, Any]
    sha256: str


@dataclass(frozen=True, slots=True)
class Look:
    """One opening of the test set.

    Attributes:
        sequence: of this study, from 1.
        test_fingerprint: digest of the test images and labels: what looks are counted by.
        choice_sha256: the choice made before; None where nothing is chosen.
        reason: in the words of whoever opened it.
        runs: identities of the runs whose test values it shows; no other run's, ever.
        at: wall-clock time, ISO 8601 in UTC; for people, nothing is ordered by it.

    """

    sequence: int
    test_fingerprint: str
    choice_sha256: str | None
    reason: str
    runs: tuple[str, ...]
    at: str


@dataclass(frozen=True, slots=True)
class LookCount:
    """Looks at one test set over a folder of studies; `unreadable` names those that could not be read."""

    looks: int
    unreadable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Driver:
    """The process that works on a study."""

    pid: int
    host: str


@dataclass(frozen=True, slots=True)
class SealedEpoch:
    """Test loss and accuracy after one epoch."""

    run: str
    epoch: int
    test_loss: float | None
    test_accuracy: float | None
