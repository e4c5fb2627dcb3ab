"""Everything a report shows: plain, frozen values, which the lab fills from the store and from statistics."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from paribus.core import DataFacts, Histogram, Inside, ModelFacts, Picture
from paribus.figures import BatchRow, CurveRow
from paribus.stats import ConditionEstimate, ContrastEstimate

Response = Literal["test", "validation"]


@dataclass(frozen=True, slots=True)
class RunRow:
    """How one run ended: losses as the study defines them, accuracies fractions; None: undefined or sealed.

    Attributes:
        state: "done", "running", "diverged", "failed" or "waiting".
        epochs: finished epochs.
        train_accuracy: on the training split after the last epoch, in evaluation mode.
        train_loss: mean of the batch losses during the last epoch.
        message: why it diverged or failed; empty otherwise.
    """

    condition: str
    seed: int
    state: str
    epochs: int
    message: str
    train_accuracy: float | None
    validation_accuracy: float | None
    test_accuracy: float | None
    train_loss: float | None
    validation_loss: float | None
    test_loss: float | None


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """A number that somebody else reported.

    Attributes:
        metric: the RunRow field it is compared with ("test_accuracy"), or free words for one without a twin.
        value: as RunRow has it: accuracies are fractions.
    """

    condition: str
    metric: str
    value: float
    source: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen before the test set was opened; `sha256` seals the choice."""

    condition: str
    rule: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A network, and the conditions that train it."""

    facts: ModelFacts
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DataEntry:
    """A data set as recipes see it, and the conditions that use it."""

    facts: DataFacts
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunTime:
    """What one run cost; None where it was not measured."""

    condition: str
    seed: int
    seconds: float
    images_per_second: float | None
    peak_memory_bytes: int | None


@dataclass(frozen=True, slots=True)
class Times:
    """All that may differ between two identical studies: shown in one marked block and nowhere else.

    Attributes:
        facts: label -> value (dates, host, directory, totals).
        runs: one row per run.
    """

    facts: Mapping[str, object] = field(default_factory=dict)
    runs: tuple[RunTime, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the findings beyond the declared contrasts.

    Attributes:
        title: of the part.
        explained: what its words mean.
        sentences: what was found.
        columns, rows: a table beside them; numbers are accuracies or differences of accuracies as fractions.
        timed: whether it rests on measured times: it is shown among them, with what another run does not repeat.
    """

    title: str
    explained: str
    sentences: tuple[str, ...]
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[object, ...], ...] = ()
    timed: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """A test image, and what one network said of it.

    Attributes:
        predicted: class that the network chose.
        confidence: probability that it gave to this class.
        right: how many of `seeds` networks of the condition classify the image correctly.
    """

    picture: Picture
    predicted: int
    confidence: float
    right: int
    seeds: int


@dataclass(frozen=True, slots=True)
class Inspection:
    """One condition, looked into: its first finished run, and what all its seeds get right and wrong.

    Attributes:
        role: why it is shown: "baseline", "best", "baseline and best", "asked for".
        seed: of the run whose network is shown.
        classes: names of the classes.
        histograms: (epoch, one for each parameter), epoch 0 first.
        wrong, right: test images of this run, the most confident mistakes first; empty while the test set is sealed.
        hard: test images that every seed gets wrong, the most confident first.
        hard_total: how many of these there are.
        confusion: counts [true][predicted], summed over all seeds; empty while sealed.
        note: why something is missing; empty where nothing is.
    """

    condition: str
    role: str
    seed: int
    classes: tuple[str, ...]
    inside: Inside
    histograms: tuple[tuple[int, tuple[Histogram, ...]], ...] = ()
    wrong: tuple[Example, ...] = ()
    right: tuple[Example, ...] = ()
    hard: tuple[Example, ...] = ()
    hard_total: int = 0
    confusion: tuple[tuple[int, ...], ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """Training images of a data entry as they are, and as the augmentation of some conditions shows them.

    Attributes:
        augmentation: its expressions; empty for none.
        plain: some images.
        augmented: for each of these, some augmented views.
    """

    augmentation: tuple[str, ...]
    conditions: tuple[str, ...]
    classes: tuple[str, ...]
    plain: tuple[Picture, ...]
    augmented: tuple[tuple[Picture, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class ReportContent:
    """One report.

    Attributes:
        name, question, notes, takes: as in the study file; `takes` says how long the study is said to take.
        answer: sentences that the verdicts license, the most important first.
        response: the split that `conditions` and `contrasts` were computed on.
        response_note: what that means, in a sentence or two.
        looks: how often this test set has been opened, over all studies of the folder.
        baseline: name of the baseline condition.
        conditions: estimates of the response (accuracy, a fraction), in the study's order, baseline first.
        levels: condition -> {recipe path: label of its level}; same order.
        values: condition -> {recipe path: what its level is, as text}, where the label does not say it.
        contrasts: the declared contrasts; empty when there are none.
        sentences: condition -> what its contrast allows to be said.
        smallest_effect: a fraction (0.002 is 0.2 pp); None where there is none.
        smallest_effect_note: a sentence: how large it is, and where that comes from.
        alpha: significance level; intervals are 1 - alpha.
        runs: every run of the study.
        curves: every epoch of every run; `test_*` None while sealed.
        batches: losses and accuracies of every update, where they are to be drawn.
        settings: recipe path -> value that all conditions share.
        environment: label -> version, hardware; equal for identical reruns on one machine.
        study_file: text of the study file, overrides applied.
        findings: {"code", "severity", "where", "evidence", "fix", "muted"} each; empty: no section.
        version: of Paribus.
        parts: findings beyond the declared contrasts.
        inspections: networks looked into.
        samples: what the networks were shown in training.
        judged_at: numbers of seeds at which a study with seeds until decided looks at validation, the last one its
            limit; empty for a fixed number of seeds.
    """

    name: str
    question: str
    answer: tuple[str, ...]
    response: Response
    response_note: str
    looks: int
    baseline: str
    conditions: tuple[ConditionEstimate, ...]
    levels: Mapping[str, Mapping[str, str]]
    contrasts: tuple[ContrastEstimate, ...]
    sentences: Mapping[str, str]
    smallest_effect: float | None
    smallest_effect_note: str
    alpha: float
    runs: tuple[RunRow, ...]
    curves: tuple[CurveRow, ...]
    models: tuple[ModelEntry, ...]
    data: tuple[DataEntry, ...]
    settings: Mapping[str, object]
    environment: Mapping[str, object]
    study_file: str
    version: str
    times: Times = field(default_factory=Times)
    batches: tuple[BatchRow, ...] = ()
    published: tuple[PublishedRow, ...] = ()
    choice: Choice | None = None
    findings: tuple[Mapping[str, object], ...] = ()
    notes: str = ""
    takes: str = ""
    parts: tuple[Part, ...] = ()
    inspections: tuple[Inspection, ...] = ()
    samples: tuple[Sample, ...] = ()
    judged_at: tuple[int, ...] = ()
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
