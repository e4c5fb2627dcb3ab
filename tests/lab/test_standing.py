"""How conditions stand while they are trained: counted by event, and not counted anew for those that rest."""

from dataclasses import replace
from math import sqrt
from statistics import fmean, stdev

import pytest

from paribus.core import EpochRecord, Outcome
from paribus.lab.progress import Working
from paribus.lab.standing import Board
from paribus.lab.tally import Tally
from paribus.study import parse_study, runs
from paribus.train import Progress, Started

STUDY = """
question = "?"
data = { source = "digits", validation = 100 }
model = { layers = ["Flatten", "Linear(classes)"] }
train = { lr = 0.1, batch_size = 10, epochs = 4 }
vary = { train.lr = [0.1, 0.01] }
design = { seeds = 3, smallest_effect = "2pp" }
"""
IMAGES = 100
T_2 = 4.302652729911275  # quantile 0.975 of Student's t with 2 degrees of freedom, from tables
RECORD = EpochRecord(
    run="", epoch=0, step=0, lr=0.1, train_loss=None, running_accuracy=None, clean_loss=1.0, clean_accuracy=0.9,
    validation_loss=1.0, validation_accuracy=0.5, test_loss=1.0, test_accuracy=0.123, batch_losses=b"",
    batch_accuracies=b"", train_seconds=0.0, evaluation_seconds=0.0, environment="", state=b"",
)  # fmt: skip


@pytest.fixture
def tally(tmp_path):
    study = parse_study(STUDY, name="s", base_dir=tmp_path)
    by_id = {f"{run.condition}/{run.seed}": run for run in runs(study)}
    board = Board(baseline="lr=0.1", tuning=frozenset(), alpha=0.05)
    for run in by_id.values():
        board.put(run.condition, run.seed, "waiting")
    made = Tally(runs=by_id, runs_total=6, runs_done=0, board=board)
    for name in by_id:
        made.plan(name, train_images=IMAGES, steps_done=0)
    return made


def trained(tally, run, *, accuracy, state="done"):
    """Pass a whole training on to the tally; return the last snapshot."""
    tally.hear(Started(run, IMAGES))
    for epoch in range(1, 5):
        tally.hear(Progress(run, IMAGES))
        tally.hear(replace(RECORD, run=run, epoch=epoch, step=10 * epoch, validation_accuracy=accuracy))
    return tally.hear(Outcome(run, state, epoch=4, step=40))


def test_mean_and_interval_are_those_of_the_finished_runs_on_validation(tally):
    values = (0.90, 0.94, 0.92)
    halves, means = [], []
    for seed, value in enumerate(values):
        (first, second) = trained(tally, f"lr=0.1/{seed}", accuracy=value).standings
        halves.append(first.half_width)
        means.append(first.mean)
    assert means == pytest.approx([0.90, 0.92, fmean(values)])
    assert halves[0] is None
    assert halves[2] == pytest.approx(T_2 * stdev(values) / sqrt(3))
    assert (first.n, first.states, first.baseline) == (3, ("done",) * 3, True)
    assert (second.n, second.mean, second.states, second.baseline) == (0, None, ("waiting",) * 3, False)


def test_a_diverged_run_is_counted_and_takes_the_interval_away(tally):
    for seed in (0, 1):
        trained(tally, f"lr=0.01/{seed}", accuracy=0.5 + seed / 10)
    _, found = trained(tally, "lr=0.01/2", accuracy=0.1, state="diverged").standings
    assert found.states == ("done", "done", "diverged")
    assert (found.n, found.mean, found.half_width) == (2, pytest.approx(0.55), None)


def test_a_failed_run_has_no_accuracy(tally):
    _, found = trained(tally, "lr=0.01/2", accuracy=0.1, state="failed").standings
    assert (found.states[2], found.n, found.mean) == ("failed", 0, None)


def test_a_run_at_work_tells_its_epochs_and_a_resumed_one_goes_on_where_it_stood(tally):
    tally.hear(Started("lr=0.1/0", IMAGES))
    tally.hear(Progress("lr=0.1/0", IMAGES // 2))
    tally.plan("lr=0.01/1", train_images=IMAGES, steps_done=20)
    tally.hear(Started("lr=0.01/1", IMAGES))
    first, second = tally.hear(Progress("lr=0.01/1", IMAGES)).standings
    assert first.working == (Working(0, 0, 4, pytest.approx(0.125)),)
    assert second.working == (Working(1, 2, 4, pytest.approx(0.75)),)
    assert second.news > first.news


def test_a_condition_that_rests_is_not_made_anew(tally):
    before = tally.snapshot().standings
    after = tally.hear(Started("lr=0.1/0", IMAGES)).standings
    assert after[1] is before[1]
    assert after[0] != before[0]
