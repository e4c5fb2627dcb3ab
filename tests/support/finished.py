"""Studies whose runs have ended without being trained: accuracies are given, so that an oracle knows them too."""

import math
from dataclasses import dataclass
from pathlib import Path

from paribus.lab.results import Results
from paribus.lab.settling import settle
from paribus.store import Epoch, Run
from paribus.study import parse_study

IMAGES = 1_000

TEXT = """
question = "What of it?"
[data]
source = "digits"
validation = 0.2
[model]
layers = ["Flatten", "Linear(classes)"]
[train]
lr = 0.1
batch_size = 100
epochs = 4
"""


def make_study(*more, base=TEXT):
    """Return the study of a text, with more tables."""
    return parse_study("\n".join((base, *more)), name="made", base_dir=Path("nowhere"))


@dataclass
class MadeStore:
    """What an analysis asks of a store."""

    rows: tuple

    def epochs(self):
        return self.rows


def make_results(study, accuracy, *, seconds=lambda *_: 1.0, ended=None):
    """Return results of a study that is judged on validation, and the store they came from.

    Args:
        study: one that is ended when `ended` (accuracies by key of a run) has all that it asks for.
        accuracy: run, epoch -> validation accuracy, at epoch 0 too; None: the run diverged.
        seconds: run, epoch -> training time of that epoch.
        ended: what `settle` is given; by default whatever it asks for, at the last epoch.
    """
    known = {} if ended is None else dict(ended)
    settled = settle(study, known)
    while ended is None and not all(run.key in known for run in settled.wanted):
        known |= {run.key: accuracy(run, last_epoch(run.recipe)) for run in settled.wanted}
        settled = settle(study, known)
    wanted = settled.compared or settled.tuning
    epochs = [row for run in settled.wanted for row in _epochs(run, accuracy, seconds)]
    names = list(dict.fromkeys(run.condition for run in wanted))
    sizes = {run.condition: train_images(run.recipe) for run in wanted}
    data = {str(sizes[name]): _facts(sizes[name]) for name in names}
    users = {key: [name for name in names if str(sizes[name]) == key] for key in data}
    results = Results(
        study=settled.study,
        directory=Path("nowhere"),
        runs=tuple(_row(run, known) for run in settled.compared),
        tuning=tuple(_row(run, known) for run in settled.tuning),
        final=settled.final,
        last={row.run: row for row in epochs},
        test={},
        look=None,
        choice=None,
        looks=0,
        facts={"data": data, "model": {}, "study": {"data": users, "models": {}}},
        numerics=(),
    )
    return results, MadeStore(tuple(epochs))


def train_images(recipe):
    return recipe.data.train_images or IMAGES


def last_epoch(recipe):
    return recipe.train.epochs or math.ceil(recipe.train.steps / steps_per_epoch(recipe))


def steps_per_epoch(recipe):
    return math.ceil(train_images(recipe) / recipe.train.batch_size)


def _facts(count):
    return {
        "source": "made", "train": [count], "validation": [200], "test": [300], "classes": ["a"],
        "fingerprint": f"f{count}", "test_fingerprint": "t",
    }  # fmt: skip


def _row(run, known):
    state = "waiting" if run.key not in known else "diverged" if known[run.key] is None else "done"
    return make_row(run.key, run.condition, run.seed, state=state)


def make_row(key, condition, seed, *, state):
    """Return a run as the store has it."""
    return Run(
        sequence=1, id=key, key=key, condition=condition, seed=seed, position=0, current=True,
        recipe="{}", streams=(), data_fingerprint="", plan=None, state=state, message="", epochs=1, steps=1,
        seconds=0.0, peak_memory_bytes=None, weights_sha256=None,
    )  # fmt: skip


def _epochs(run, accuracy, seconds):
    last, steps = last_epoch(run.recipe), steps_per_epoch(run.recipe)
    for epoch in range(last + 1):
        at = min(epoch * steps, run.recipe.train.steps or last * steps)
        took = seconds(run, epoch) if epoch else 0.0
        yield make_epoch(run.key, epoch, at, accuracy=accuracy(run, epoch), seconds=took)


def make_epoch(key, epoch, step, *, accuracy, seconds=1.0):
    """Return an epoch as the store has it."""
    return Epoch(
        run=key, epoch=epoch, step=step, lr=0.1, train_loss=1.0, running_accuracy=0.5, clean_loss=1.0,
        clean_accuracy=0.5, validation_loss=1.0, validation_accuracy=accuracy, train_seconds=seconds,
        evaluation_seconds=0.0, environment="",
    )  # fmt: skip
