"""Nothing that can be read gives a test value away, unless a look covers the run."""

import dataclasses
import inspect
import sqlite3
from contextlib import closing

import pytest

from paribus.core import StoreError
from paribus.store import open_reader, open_writer

ARGUMENTS = {
    "run": lambda child: [None, *(run.id for run in child.RUNS)],
    "kind": lambda _: ["data", "model", "study"],
    "current": lambda _: [True, False],
    "sha256": lambda _: [None, "no such choice"],
}


def spoken(value):
    """Return all that a value shows, blobs and iterables included."""
    if dataclasses.is_dataclass(value):
        value = [getattr(value, field.name) for field in dataclasses.fields(value)]
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    return " ".join(map(spoken, value)) if isinstance(value, list | tuple) else repr(value)


def everything_public(reader, child):
    """Call each public method but `sealed` with each argument that fits it."""
    for name in sorted(set(dir(reader)) - {"sealed", "close"}):
        if name.startswith("_"):
            continue
        member = getattr(reader, name)
        if not callable(member):
            yield name, spoken(member)
            continue
        parameters = list(inspect.signature(member).parameters)
        assert len(parameters) <= 1, "a new method: teach this test its arguments"
        for value in ARGUMENTS[parameters[0]](child) if parameters else [None]:
            try:
                yield name, spoken(member(**{parameters[0]: value}) if parameters else member())
            except StoreError as error:
                yield name, str(error)


def secrets(child):
    return (str(child.SEALED_ACCURACY), str(child.SEALED_LOSS), "SEALED-CLASSES", "SEALED-PROBABILITIES")


def test_no_public_method_shows_test_values(finished, child):
    with open_reader(finished) as reader:
        shown = list(everything_public(reader, child))
        assert {name for name, _ in shown} >= {
            "runs",
            "epochs",
            "batches",
            "weights",
            "facts",
            "looks",
            "choice",
        }
        assert [name for name, said in shown if any(secret in said for secret in secrets(child))] == []
        view = reader.sealed(reader.looks()[0])
        opened = [spoken(view.epochs()), spoken(view.predictions(child.RUNS[0].id))]
    assert all(any(secret in said for said in opened) for secret in secrets(child))


def test_a_look_shows_the_runs_it_covers_and_no_later_one(finished, child):
    with open_writer(finished) as store:
        late = child.declaration("late", seed=9)
        store.declare([*child.RUNS, late])
        store.start(late.id, child.PLAN)
        for epoch in range(2):
            store.commit_epoch(child.record(late.id, epoch))
        with pytest.raises(StoreError, match=r"cannot be opened for run \w+: it is running"):
            store.record_look(test_fingerprint="t", choice_sha256=None, reason="", runs=[late.id])
        store.finish(child.done(late.id, 1))
        view = store.reader.sealed(store.reader.looks()[0])
        assert {epoch.run for epoch in view.epochs()} == {run.id for run in child.RUNS}
        for read in (view.epochs, view.predictions):
            with pytest.raises(StoreError, match=r"sealed: look 1 does not cover it"):
                read(late.id)
        store.record_look(test_fingerprint=child.TEST_SET, choice_sha256=None, reason="late", runs=[late.id])
        later = store.reader.sealed(store.reader.looks()[1])
        assert [epoch.test_accuracy for epoch in later.epochs(late.id)] == [child.SEALED_ACCURACY] * 2
        assert later.predictions(late.id) == child.done(late.id).predictions


def test_only_a_recorded_look_opens_the_seal(finished):
    with open_reader(finished) as reader:
        invented = dataclasses.replace(reader.looks()[0], runs=("anything",))
        with pytest.raises(StoreError, match="sealed: no such look is recorded"):
            reader.sealed(invented)


def test_what_is_trained_again_is_sealed_again(finished, child):
    run = child.RUNS[0].id
    with open_writer(finished) as store:
        store.forget(run)
        store.start(run, child.PLAN)
        store.commit_epoch(child.record(run, 0))
        store.finish(child.done(run, 0))
        view = store.reader.sealed(store.reader.looks()[0])
        with pytest.raises(StoreError, match="does not cover it"):
            view.epochs(run)
        assert {epoch.run for epoch in view.epochs()} == {child.RUNS[1].id}
        store.record_look(test_fingerprint=child.TEST_SET, choice_sha256=None, reason="again", runs=[run])
        shown = [{epoch.run for epoch in store.reader.sealed(look).epochs()} for look in store.reader.looks()]
        assert shown == [{child.RUNS[1].id}, {run}]


def test_a_spoilt_row_opens_nothing(finished, child):
    with open_writer(finished) as store:
        store.record_look(test_fingerprint="t", choice_sha256=None, reason="", runs=[child.RUNS[0].id])
    with closing(sqlite3.connect(finished / "study.db")) as connection:
        connection.execute("UPDATE look_runs SET run = 2 WHERE look = 2")
        connection.commit()
    with open_reader(finished) as reader, pytest.raises(StoreError, match="runs that look 2 covers is damaged"):
        reader.sealed(reader.looks()[1])
