"""The contract of the one writer: what may happen in which order, and what is kept."""

import dataclasses

import pytest

from paribus.core import Inside, Outcome, StoreError, digest, digest_bytes
from paribus.store import ResumePoint, check_integrity, open_writer


@pytest.fixture
def started(store, child):
    """A store whose first run is running, epoch 0 recorded."""
    store.declare(child.RUNS)
    store.start(child.RUNS[0].id, child.PLAN)
    store.commit_epoch(child.record(child.RUNS[0].id, 0))
    return store


def states(store):
    return [run.state for run in store.reader.runs()]


def test_a_new_study_has_no_runs_and_declared_ones_wait_in_order(store, child):
    assert store.reader.runs() == ()
    store.declare(child.RUNS)
    found = store.reader.runs()
    declared = [field.name for field in dataclasses.fields(child.RUNS[0])]
    assert [{name: getattr(run, name) for name in declared} for run in found] == [
        dataclasses.asdict(run) for run in child.RUNS
    ]
    assert states(store) == ["waiting", "waiting"]
    assert [(run.sequence, run.position, run.current, run.plan) for run in found] == [
        (1, 0, True, None),
        (2, 1, True, None),
    ]


def test_an_edited_study_trains_only_what_is_new_and_forgets_nothing(started, child):
    a, b = child.RUNS
    new = child.declaration("c", seed=2)
    started.declare([new, dataclasses.replace(a, condition="renamed")])
    assert [(run.id, run.condition, run.state) for run in started.reader.runs()] == [
        (new.id, new.condition, "waiting"),
        (a.id, "renamed", "running"),
    ]
    everything = started.reader.runs(current=False)
    assert [(run.id, run.sequence, run.current) for run in everything] == [
        (new.id, 3, True),
        (a.id, 1, True),
        (b.id, 2, False),
    ]
    assert len(started.reader.epochs(a.id)) == 1


def test_one_run_cannot_be_two_conditions(store, child):
    twin = dataclasses.replace(child.RUNS[0], condition="twin")
    with pytest.raises(StoreError, match=r"conditions \['lr=0.1', 'twin'\] are the same run"):
        store.declare([*child.RUNS, twin])
    assert store.reader.runs() == ()


def test_the_plan_of_the_first_start_is_kept(store, child):
    store.declare(child.RUNS)
    run = child.RUNS[0].id
    assert store.start(run, {"threads": 1, "device": "cpu"}) == {"threads": 1, "device": "cpu"}
    assert store.start(run, {"threads": 8, "device": "cuda"}) == {"threads": 1, "device": "cpu"}
    assert store.reader.runs()[0].plan == {"threads": 1, "device": "cpu"}


def test_an_epoch_is_read_back_as_it_was(started, child):
    run = child.RUNS[0].id
    record = child.record(run, 1)
    started.commit_epoch(record)
    epoch = started.reader.epochs(run)[1]
    assert all(getattr(record, field.name) == getattr(epoch, field.name) for field in dataclasses.fields(epoch))
    assert started.state(run) == ResumePoint(epoch=1, step=5, state=record.state)
    (batches,) = started.reader.batches(run)
    assert list(batches.losses) == [1.0, 1.125, 1.25, 1.375, 1.5]
    assert list(batches.accuracies) == [0.0, 0.125, 0.25, 0.375, 0.5]
    found = started.reader.runs()[0]
    assert (found.state, found.epochs, found.steps, found.seconds) == ("running", 1, 5, 1.5)


@pytest.mark.parametrize("epoch", [0, 2])
def test_each_epoch_once_and_in_order(started, child, epoch):
    with pytest.raises(StoreError, match=rf"epoch {epoch} of run \w+ cannot be recorded after epoch 0"):
        started.commit_epoch(child.record(child.RUNS[0].id, epoch))
    assert [each.epoch for each in started.reader.epochs()] == [0]


def test_epochs_of_several_runs_are_written_together_or_not_at_all(started, child):
    a, b = (run.id for run in child.RUNS)
    with pytest.raises(StoreError, match=r"is waiting\n  allowed: a run that is running"):
        started.commit_epochs([child.record(a, 1), child.record(b, 0)])
    assert started.state(a).epoch == 0
    started.start(b, child.PLAN)
    started.commit_epochs([child.record(a, 1), child.record(b, 0)])
    assert (started.state(a).epoch, started.state(b).epoch) == (1, 0)


def test_exhibits_are_read_back_as_they_were(started, child):
    run = child.RUNS[0].id
    for epoch in (1, 2, 3):
        started.commit_epoch(child.record(run, epoch))
    assert started.reader.histograms(run) == tuple((epoch, child.histograms(epoch)) for epoch in (0, 1, 3))
    assert started.reader.inside(run) is None
    started.finish(child.done(run, epoch=3))
    assert started.reader.inside(run) == child.INSIDE
    assert started.reader.histograms(run)[-1] == (3, child.histograms(3))
    started.forget(run)
    assert (started.reader.histograms(run), started.reader.inside(run)) == ((), None)


def test_a_run_that_is_done_may_have_nothing_to_show(started, child):
    run = child.RUNS[0].id
    started.finish(dataclasses.replace(child.done(run, epoch=0), inside=None))
    assert started.reader.inside(run) == Inside()
    assert check_integrity(started.directory) == ()


def test_done_replaces_the_state_by_the_weights(started, child):
    run = child.RUNS[0].id
    outcome = child.done(run, epoch=0)
    started.finish(outcome)
    found = started.reader.runs()[0]
    assert found.weights_sha256 == digest_bytes(outcome.weights)
    assert started.reader.weights(run) == outcome.weights
    assert started.state(run) is None
    for again in (lambda: started.start(run, child.PLAN), lambda: started.finish(outcome)):
        with pytest.raises(StoreError, match="is done"):
            again()
    with pytest.raises(StoreError, match="has no weights"):
        started.reader.weights(child.RUNS[1].id)


def test_diverged_keeps_the_losses_of_its_unfinished_epoch(started, child):
    run = child.RUNS[0].id
    losses = child.record(run, 1).batch_losses[:8]
    ending = Outcome(run=run, state="diverged", epoch=0, step=2, message="loss \udcff", batch_losses=losses)
    started.finish(ending)
    found = started.reader.runs()[0]
    assert (found.state, found.steps, found.epochs, found.message) == ("diverged", 2, 0, "loss \\udcff")
    (batches,) = started.reader.batches(run)
    assert (batches.epoch, list(batches.losses), list(batches.accuracies)) == (1, [1.0, 1.125], [])
    assert started.state(run) is None


def test_failed_goes_on_from_its_latest_state(started, child):
    run = child.RUNS[0].id
    started.commit_epoch(child.record(run, 1))
    # What a worker that died says of epoch and step is not known, and not asked.
    started.finish(Outcome(run=run, state="failed", epoch=0, step=0, message="out of memory"))
    found = started.reader.runs()[0]
    assert (found.state, found.epochs, found.steps, found.message) == ("failed", 1, 5, "out of memory")
    started.start(run, child.PLAN)
    assert started.reader.runs()[0].message == ""
    assert started.state(run) == ResumePoint(epoch=1, step=5, state=child.record(run, 1).state)
    started.commit_epoch(child.record(run, 2))


@pytest.mark.parametrize("change", [{"epoch": 1}, {"weights": None}, {"state": "diverged"}])
def test_an_outcome_fits_what_is_recorded(started, child, change):
    outcome = dataclasses.replace(child.done(child.RUNS[0].id, epoch=0), **change)
    with pytest.raises(StoreError, match="its last recorded epoch, 0; weights if, and only if, it is done"):
        started.finish(outcome)
    assert states(started) == ["running", "waiting"]


def test_forgotten_is_as_if_never_trained(started, child):
    before = started.reader.runs()
    started.forget(child.RUNS[0].id)
    started.declare(child.RUNS)
    assert started.reader.epochs() == ()
    assert started.state(child.RUNS[0].id) is None
    again = dataclasses.replace(before[0], state="waiting", plan=None, seconds=0.0)
    assert started.reader.runs() == (again, before[1])


def test_an_unknown_run_is_named(store):
    with pytest.raises(StoreError, match="run nobody is not declared"):
        store.start("nobody", {})
    with pytest.raises(StoreError, match="has no run 'nobody'"):
        store.reader.epochs("nobody")


def test_facts_environments_and_the_latest_choice(store):
    store.put_fact("data", "mnist", {"classes": ["0", "\udcff ☃"], "ratio": 0.1})
    store.put_fact("data", "mnist", {"classes": ["0"], "ratio": 0.1})
    store.put_fact("study", "base_dir", "/home/\udcff")
    assert store.reader.facts("data") == {"mnist": {"classes": ["0"], "ratio": 0.1}}
    assert store.reader.facts("study") == {"base_dir": "/home/\udcff"}
    environment = {"python": "3.11"}
    assert store.put_environment(environment) == store.put_environment(environment) == digest(environment)
    assert store.reader.environments() == {digest(environment): environment}
    assert store.reader.choice() is None
    first, second = {"condition": "a"}, {"condition": "b"}
    for choice in (first, second, second):
        assert store.record_choice(choice) == digest(choice)
    assert (store.reader.choice().value, store.reader.choice().sha256) == (second, digest(second))


def test_an_interrupted_run_waits_for_the_next_driver(tmp_path, child):
    with open_writer(tmp_path) as store:
        store.declare(child.RUNS)
        store.start(child.RUNS[0].id, child.PLAN)
    with open_writer(tmp_path) as store:
        assert states(store) == ["waiting", "waiting"]
        assert store.reader.runs()[0].plan == child.PLAN
