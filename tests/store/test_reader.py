"""Reading: fast in bulk, beside a writer, from copies and read-only places."""

import dataclasses
import math
import shutil
import time

import pytest

from paribus.core import StoreError
from paribus.store import check_integrity, journal, open_reader, open_writer
from paribus.store.codec import epoch_row


def test_a_thousand_runs_of_fifty_epochs_are_read_in_seconds(store, child):
    runs = [child.declaration("many", seed=seed) for seed in range(1000)]
    store.declare(runs)
    template = [child.record("", epoch, state_bytes=1) for epoch in range(50)]
    rows = [epoch_row(sequence, record) for sequence in range(1, 1001) for record in template]
    with store._file.transaction() as connection:
        connection.executemany(f"INSERT INTO epochs VALUES ({','.join('?' * 15)})", rows)  # noqa: S608
        connection.executemany("INSERT INTO sealed_epochs VALUES (?, ?, NULL, NULL, 0)", [row[:2] for row in rows])
        for run in store.reader.runs():
            journal.update(connection, dataclasses.replace(run, epochs=49))
    start = time.process_time()  # others may be at work on this machine
    with open_reader(store.directory) as reader:
        found, epochs = reader.runs(), reader.epochs()
    seconds = time.process_time() - start
    assert (len(found), len(epochs)) == (1000, 50_000)
    assert (epochs[-1].run, epochs[-1].epoch) == (runs[-1].id, 49)
    assert seconds < 10  # 0.5 s when nothing else runs; a reader that asks run by run takes minutes


def test_readers_are_never_locked_out_by_a_writer(process, tmp_path):
    readers = process("crowd", tmp_path, 4)
    said, errors = readers.communicate(timeout=60)
    assert (readers.returncode, said) == (0, "4\n"), errors


def test_a_study_is_read_where_nothing_can_be_written(process, tmp_path):
    reader = process("read_only", tmp_path)
    said, errors = reader.communicate(timeout=60)
    assert (reader.returncode, said) == (0, "read\n"), errors


def test_a_half_written_study_is_taken_back_by_the_first_reader(finished, child):
    child.leave_half(finished)
    with open_reader(finished) as reader:
        assert {epoch.lr for epoch in reader.epochs()} == {0.1}
    assert not (finished / "study.db-journal").exists()


@pytest.mark.parametrize("name", ["copy", "with space & % ? #", "émoji ☃", "x" * 200])
def test_a_copy_is_the_same_study_wherever_it_lies(finished, child, tmp_path, name):
    copy = tmp_path / name
    shutil.copytree(finished, copy)
    assert child.content(copy) == child.content(finished)
    assert check_integrity(copy) == ()
    with open_reader(copy) as reader, open_reader(finished) as original:
        assert reader.runs() == original.runs()
        assert reader.directory == copy


def test_running_is_said_only_while_a_driver_works(store, child, tmp_path):
    store.declare(child.RUNS)
    store.start(child.RUNS[0].id, child.PLAN)
    copy = tmp_path / "copy"
    shutil.copytree(store.directory, copy)
    with open_reader(store.directory) as reader, open_reader(copy) as elsewhere:
        assert reader.runs()[0].state == "running"
        assert elsewhere.runs()[0].state == "waiting"
        assert elsewhere.driver() is None


def test_what_is_not_finite_is_kept_as_it_is(store, child):
    run = child.RUNS[0].id
    store.declare(child.RUNS)
    store.start(run, child.PLAN)
    record = dataclasses.replace(
        child.record(run, 0), clean_loss=math.inf, validation_loss=math.nan, train_loss=None, lr=-0.0
    )
    store.commit_epoch(record)
    (epoch,) = store.reader.epochs()
    assert epoch.clean_loss == math.inf
    assert math.isnan(epoch.validation_loss)
    assert (epoch.train_loss, epoch.lr) == (None, 0.0)


def test_where_no_study_is(tmp_path):
    with pytest.raises(StoreError, match="holds no study"):
        open_reader(tmp_path / "nowhere")
    (tmp_path / "study.db").touch()
    with pytest.raises(StoreError, match="is not a study of Paribus"):
        open_reader(tmp_path)
    (tmp_path / "study.db").write_bytes(b"x" * 5000)
    with pytest.raises(StoreError, match="damaged, or not a study"):
        open_reader(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be used"):
        open_writer(tmp_path / "file")
