"""A content factory: invented but plausible results, as the lab would hand them over."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats as scipy_stats

from paribus.core import DataFacts, FileFact, LayerFact, ModelFacts
from paribus.figures import BatchRow, CurveRow
from paribus.report import (
    Choice,
    DataEntry,
    ModelEntry,
    PublishedRow,
    ReportContent,
    RunRow,
    RunTime,
    Times,
)
from paribus.stats import ConditionEstimate, ContrastEstimate

STUDY_FILE = """question = "Does the learning rate matter for this MLP on MNIST?"

[data]
source = "mnist"
validation = 5000

[model]
layers = ["Flatten", "Linear(512)", "ReLU", "Linear(256)", "ReLU", "Linear(classes)"]

[train]
optimizer = "SGD"
lr = 0.1
batch_size = 32
epochs = 12

[vary]
"train.lr" = [0.1, 1.0, 0.03, 0.01, 10.0]

[design]
baseline = { "train.lr" = 0.1 }
seeds = 5
smallest_effect = "0.2pp"
"""


class Factory:
    """Builds one ReportContent; every argument is a way in which studies differ."""

    def __init__(
        self,
        *,
        names: Sequence[str],
        seeds: int,
        epochs: int = 4,
        diverged: Sequence[tuple[str, int]] = (),
        sealed: bool = False,
    ) -> None:
        self.names, self.seeds, self.epochs = list(names), range(seeds), epochs
        self.diverged, self.sealed = set(diverged), sealed
        rng = np.random.Generator(np.random.Philox(key=7))
        self.top = {
            name: 0.9835 - 0.0035 * index + 0.0012 * rng.standard_normal(seeds) for index, name in enumerate(self.names)
        }
        self.rng = rng

    def content(self) -> ReportContent:
        conditions = tuple(self.condition(name) for name in self.names)
        contrasts = tuple(self.contrast(name) for name in self.names[1:])
        return ReportContent(
            name="mnist-mlp-lr",
            question="Does the learning rate matter for this MLP on MNIST?",
            answer=(
                "Yes: a learning rate of 0.01 lowers test accuracy by 1.00 percentage points against 0.1.",
                "At 10 every run diverged; for 0.03 the data do not decide.",
            ),
            response="validation" if self.sealed else "test",
            response_note="Validation accuracy: the test set stays sealed until `paribus reveal`."
            if self.sealed
            else "Test accuracy of all conditions, opened together in one look after the choice was written down.",
            looks=0 if self.sealed else 1,
            baseline=self.names[0],
            conditions=conditions,
            levels={
                name: {"train.lr": name.partition(" = ")[2] or name, "train.batch_size": "32"} for name in self.names
            },
            contrasts=contrasts,
            sentences={each.condition: f"{each.condition}: {each.reason or 'an estimate.'}" for each in contrasts},
            smallest_effect=0.002,
            smallest_effect_note="The smallest effect that matters is 0.2 pp, as the study declares.",
            alpha=0.05,
            runs=tuple(self.run(name, seed) for name in self.names for seed in self.seeds),
            curves=tuple(row for name in self.names for seed in self.seeds for row in self.curve(name, seed)),
            batches=tuple(self.batch(name, seed) for name in self.names[:3] for seed in self.seeds),
            models=(ModelEntry(MODEL, tuple(self.names)),),
            data=(DataEntry(DATA, tuple(self.names)),),
            settings={
                "data.source": "mnist",
                "data.validation": 5000,
                "data.normalize": "train",
                "train.optimizer": "SGD",
                "train.momentum": 0.0,
                "train.epochs": self.epochs,
                "train.loss": "cross_entropy",
                "train.augment": (),
            },
            environment={
                "Paribus": "0.1.0",
                "PyTorch": "2.13.0+cpu",
                "Python": "3.11.2",
                "processor": "Example CPU, 2 cores",
                "threads per run": 1,
            },
            study_file=STUDY_FILE,
            version="0.1.0",
            times=Times(
                facts={"started": "2025-03-01 10:00", "host": "example", "total": "12 min 31 s"},
                runs=tuple(
                    RunTime(name, seed, 30.1 + seed, 21000.0, 2**29) for name in self.names for seed in self.seeds
                ),
            ),
            published=(
                PublishedRow(self.names[0], "test_accuracy", 0.9833, "lab report E, run E1"),
                PublishedRow(self.names[0], "train_loss", 0.0005, "lab report E, run E1"),
            ),
            choice=Choice(self.names[0], "highest mean validation accuracy at the last epoch", "3f" * 32),
            notes="The report this study reproduces used one seed per setting and chose on the test set.",
            takes="about 12 minutes on two cores",
        )

    def values(self, name: str) -> tuple[tuple[int, float | None], ...]:
        return tuple(
            (seed, None if (name, seed) in self.diverged else round(float(self.top[name][seed]), 4))
            for seed in self.seeds
        )

    def condition(self, name: str) -> ConditionEstimate:
        kept = np.array([value for _, value in self.values(name) if value is not None])
        lost = len(self.seeds) - len(kept)
        mean = float(kept.mean()) if len(kept) else None
        sd = float(kept.std(ddof=1)) if len(kept) > 1 else None
        reason = "every run diverged" if not len(kept) else "one seed: no spread" if sd is None else ""
        return ConditionEstimate(name, self.values(name), len(kept), lost, mean, sd, interval(kept), reason)

    def contrast(self, name: str) -> ContrastEstimate:
        base, other = dict(self.values(self.names[0])), dict(self.values(name))
        pairs = tuple((seed, other[seed] - base[seed]) for seed in self.seeds if None not in (base[seed], other[seed]))
        found = np.array([difference for _, difference in pairs])
        lost = sum(value is None for value in (*base.values(), *other.values()))
        both = interval(found)
        p = float(scipy_stats.ttest_1samp(found, 0).pvalue) if both else None
        verdict = "diverged" if lost else None if p is None else "different" if p < 0.01 else "undecided"
        return ContrastEstimate(
            condition=name,
            baseline=self.names[0],
            differences=pairs,
            n=len(pairs),
            diverged=lost,
            difference=float(found.mean()) if len(found) else None,
            sd=float(found.std(ddof=1)) if len(found) > 1 else None,
            interval=both,
            p=None if lost else p,
            p_adjusted=None if lost or p is None else min(1.0, 4 * p),
            equivalence_p=None if lost or p is None else 0.4,
            equivalence_p_adjusted=None if lost or p is None else 0.8,
            verdict=verdict,
            seeds_needed=(9, 21) if verdict == "undecided" else None,
            reason=f"{lost} runs diverged" if lost else "",
        )

    def run(self, name: str, seed: int) -> RunRow:
        if (name, seed) in self.diverged:
            return RunRow(name, seed, "diverged", 1, "loss not finite at update 431", *[None] * 6)
        value = dict(self.values(name))[seed]
        test = None if self.sealed else value
        return RunRow(
            name, seed, "done", self.epochs, "", 0.9991, value, test, 0.0041, 0.0712, None if self.sealed else 0.0689
        )

    def curve(self, name: str, seed: int) -> list[CurveRow]:
        top, stop = self.top[name][seed], 1 if (name, seed) in self.diverged else self.epochs
        rows = []
        for epoch in range(stop + 1):
            gap = 0.9 * np.exp(-0.9 * epoch**0.6) * (1 + 0.02 * self.rng.standard_normal())
            held, seen = max(0.098, top - 0.4 * gap if epoch else 0.1), min(1.0, top + 0.016 - 0.45 * gap)
            seen = seen if epoch else 0.1
            train = 2.3 * np.exp(-0.55 * epoch) * np.exp(0.1 * self.rng.standard_normal()) + 0.0004
            other = 2.3 * np.exp(-1.1 * epoch) + 0.06 + 0.002 * epoch + 0.004 * self.rng.standard_normal()
            sealed = (None, None) if self.sealed else (other * 1.02, held)
            running = None if epoch == 0 else seen
            rows.append(
                CurveRow(name, seed, epoch, 1719 * epoch, running and train, train, seen, running, other, held, *sealed)
            )
        return rows

    def batch(self, name: str, seed: int) -> BatchRow:
        steps = np.arange(0, 900, 10)
        losses = 2.3 * np.exp(-steps / 150) + 0.2 * np.exp(0.4 * self.rng.standard_normal(90))
        return BatchRow(name, seed, losses.tolist(), np.clip(1 - losses / 2.6, 0, 1).tolist())


def interval(values: np.ndarray) -> tuple[float, float] | None:
    if len(values) < 2:
        return None
    half = scipy_stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean() - half), float(values.mean() + half)


MODEL = ModelFacts(
    layers=(
        LayerFact("Flatten", (784,), 0, "", 0),
        LayerFact("Linear(512)", (512,), 401920, "784*512 + 512", 401408),
        LayerFact("ReLU", (512,), 0, "", 0),
        LayerFact("Linear(256)", (256,), 131328, "512*256 + 256", 131072),
        LayerFact("ReLU", (256,), 0, "", 0),
        LayerFact("Linear(classes)", (10,), 2570, "256*10 + 10", 2560),
    ),
    parameters=535818,
    multiply_adds=535040,
    source="",
)
DATA = DataFacts(
    source="mnist",
    classes=tuple("0123456789"),
    image_shape=(1, 28, 28),
    train=(5430, 6180, 5462, 5620, 5355, 4969, 5424, 5743, 5363, 5454),
    validation=(493, 562, 496, 511, 487, 452, 494, 522, 488, 495),
    test=(980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009),
    normalization="mean 0.1307, standard deviation 0.3081 per channel, of the training split",
    split="fixed, stratified; 55,000 / 5,000 / 10,000",
    files=(
        FileFact("train-images-idx3-ubyte.gz", 9912422, "44" * 32),
        FileFact("train-labels-idx1-ubyte.gz", 28881, "35" * 32),
    ),
    fingerprint="ab" * 32,
    test_fingerprint="cd" * 32,
)


@pytest.fixture(scope="session")
def make_content() -> Callable[..., ReportContent]:
    def build(
        names: Sequence[str] = ("lr = 0.1", "lr = 1", "lr = 0.03", "lr = 0.01", "lr = 10"),
        *,
        seeds: int = 5,
        epochs: int = 4,
        diverged: Sequence[tuple[str, int]] = (),
        sealed: bool = False,
        changes: dict[str, object] | None = None,
    ) -> ReportContent:
        made = Factory(names=names, seeds=seeds, epochs=epochs, diverged=diverged, sealed=sealed).content()
        return replace(made, **(changes or {}))

    return build
