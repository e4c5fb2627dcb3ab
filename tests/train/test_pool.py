"""Real worker processes: the same bits whatever the number and the order, and trouble that stays one run's own."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from making import make_images, make_recipe
from processes import alive, descendants, threads

from paribus.core import EpochRecord, Outcome, Streams
from paribus.data import share_images
from paribus.models import source_digest
from paribus.study import Recipe
from paribus.train import Environment, Job, Plan, Pool, Started
from paribus.train.pool import _Worker

NOISY = ("Conv2d(4, 3)", "BatchNorm2d", "ReLU", "Dropout(0.3)", "Flatten", "Linear(classes)")
OWN = """
import os
import sys

from torch import nn


class Good(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(64, 4)
        self.calls = 0

    def forward(self, x):
        return self.layer(nn.functional.dropout(x.flatten(1), 0.2, self.training))


class Shares(nn.Module):
    def __init__(self, act=nn.PReLU()):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(64, 8), act, nn.Linear(8, 4))

    def forward(self, x):
        return self.layers(x)


class Raises(Good):
    def forward(self, x):
        self.calls += self.training
        if self.calls > 12:
            raise ValueError("twelve is enough")
        return super().forward(x)


class Leaves(Good):
    def forward(self, x):
        self.calls += self.training
        if self.calls > 3:
            print("goodbye", file=sys.stderr, flush=True)
            os._exit(7)
        return super().forward(x)
"""


@pytest.fixture
def train(tmp_path):
    (tmp_path / "own.py").write_text(OWN, encoding="utf-8")
    shared = share_images(make_images(), folder=tmp_path / "arrays")

    def all_of(recipes, *, workers):
        def job(run):
            recipe = recipes[run]
            seed = int(run[-1])
            source = source_digest(recipe.model, base_dir=tmp_path)
            return Job(run, recipe, Streams(seed), images=shared, base_dir=tmp_path, plan=Plan(), source=source)

        with Pool(workers=workers) as pool:
            return [event for events in pool.train(list(recipes), job=job) for event in events]

    return all_of


def own(name):
    train = {"lr": 0.1, "batch_size": 16, "epochs": 2}
    data = {"source": "digits"}
    return Recipe.model_validate({"data": data, "model": {"module": f"own.py:{name}"}, "train": train})


def outcomes(events):
    return {event.run: event for event in events if isinstance(event, Outcome)}


def bits(events):
    return {run: (each.state, each.step, each.weights, each.predictions) for run, each in outcomes(events).items()}


def test_bits_depend_neither_on_the_number_of_workers_nor_on_the_order(train):
    recipes = {f"net-{seed}": make_recipe(NOISY) for seed in range(3)}
    recipes |= {f"own-{seed}": own("Shares") for seed in range(2)}  # what one run trains is no other's start
    alone = train(recipes, workers=1)
    together = train(dict(reversed(recipes.items())), workers=3)
    assert bits(alone) == bits(together)
    assert {each.state for each in outcomes(alone).values()} == {"done"}
    assert len({each.weights for each in outcomes(alone).values()}) == 5


@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted where Linux lists them")
def test_idle_cores_help_the_last_run_and_change_no_bit(tmp_path):
    shared = share_images(make_images(), folder=tmp_path / "arrays")
    recipe = make_recipe(("Flatten", "Linear(512)", "ReLU", "Linear(classes)"), batch_size=64, epochs=300)
    plan = Plan(path="native", linear="tiles", convolution="tiles")
    job = Job("net-0", recipe, Streams(0), images=shared, base_dir=Path(), plan=plan)
    made, counts = [], []
    for cores in (1, 2):
        events, most = [], 0
        with Pool(workers=1, cores=cores) as pool:
            for heard in pool.train(["net-0"], job=lambda _: job):
                events += heard
                most = max(most, threads(descendants(os.getpid())))
        made.append(bits(events))
        counts.append(most)
    assert made[0] == made[1]
    assert counts[1] == counts[0] + 1


def test_cores_are_given_and_taken_back():
    told = [[], []]
    pool = object.__new__(Pool)  # without processes: what is said to them matters here
    pool._cores = 3
    pool._workers = [_Worker(SimpleNamespace(connection=SimpleNamespace(send=each.append))) for each in told]
    for runs in (("a", "b"), ("a", None), ("a", None), ("a", "c")):
        for worker, run in zip(pool._workers, runs, strict=True):
            worker.run = run
        pool._share_cores()
    assert [[each.threads for each in one] for one in told] == [[3, 1], [2]]


def test_each_run_tells_its_story_in_order(train):
    events = train({"net-0": make_recipe(NOISY)}, workers=1)
    own_events = [event for event in events if isinstance(event, Started | EpochRecord | Outcome)]
    assert isinstance(own_events[0], Started)
    assert [event.epoch for event in own_events[1:-1]] == [0, 1, 2]
    assert isinstance(own_events[-1], Outcome)
    assert own_events[-1].peak_memory_bytes > 10_000_000
    (environment,) = [event for event in events if isinstance(event, Environment)]
    assert own_events[1].environment == environment.digest
    assert environment.facts["threads"] == "1"


def test_an_exception_in_a_users_module_is_its_runs_failure_and_names_the_line(train):
    ended = outcomes(train({"bad-0": own("Raises"), "net-1": make_recipe()}, workers=1))
    assert ended["net-1"].state == "done"
    assert ended["bad-0"].state == "failed"
    assert "twelve is enough" in ended["bad-0"].message
    assert "own.py:" in ended["bad-0"].message


def test_a_file_that_changed_is_not_trained_under_the_old_identity(tmp_path):
    (tmp_path / "own.py").write_text(OWN, encoding="utf-8")
    recipe, shared = own("Good"), share_images(make_images(), folder=tmp_path / "arrays")
    job = Job("own-0", recipe, Streams(0), images=shared, base_dir=tmp_path, plan=Plan(), source="of an older file")
    with Pool(workers=1) as pool:
        (ended,) = [event for events in pool.train(["own-0"], job=lambda _: job) for event in events][-1:]
    assert ended.state == "failed"
    assert "has changed" in ended.message


def test_a_worker_that_dies_is_replaced(train):
    ended = outcomes(train({"bad-0": own("Leaves"), "net-1": make_recipe(), "net-2": make_recipe()}, workers=1))
    assert ended["bad-0"].state == "failed"
    assert "exit code 7" in ended["bad-0"].message
    assert "goodbye" in ended["bad-0"].message
    assert ended["net-1"].state == ended["net-2"].state == "done"


def test_nothing_is_left_when_the_driver_stops(tmp_path):
    shared = share_images(make_images(), folder=tmp_path / "arrays")
    with Pool(workers=1) as pool:
        job = Job("net-0", make_recipe(epochs=100_000), Streams(0), images=shared, base_dir=Path(), plan=Plan())
        events = pool.train(["net-0"], job=lambda _: job)
        while not any(isinstance(event, EpochRecord) for event in next(events)):
            pass
        processes = descendants(os.getpid())
        assert processes
    assert not alive(processes)
