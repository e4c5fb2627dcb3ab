"""A full disk, a strange file, a newer version: one paragraph, and nothing half-written."""

import resource
import signal
import sqlite3
from contextlib import closing

import pytest

from paribus.core import StoreError
from paribus.store import check_integrity, open_reader, open_writer
from paribus.store.database import Database, _in_place


@pytest.mark.parametrize("room", range(0, 20, 2))
def test_a_full_disk_loses_nothing_and_room_lets_it_go_on(store, child, room):
    run = child.RUNS[0].id
    store.declare(child.RUNS)
    store.start(run, child.PLAN)
    connection = store._file._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + room}")
    epoch = 0
    with pytest.raises(StoreError, match=r"the disk or the quota is full .*\n  allowed: free some space"):  # noqa: PT012  which epoch is SQLite's affair
        for epoch in range(1000):
            store.commit_epoch(child.record(run, epoch, state_bytes=30_000 * (epoch + 1)))
    assert [each.epoch for each in store.reader.epochs()] == list(range(epoch))
    assert (store.state(run).epoch if epoch else store.state(run)) == (epoch - 1 if epoch else None)
    assert check_integrity(store.directory) == ()
    connection.execute("PRAGMA max_page_count = 1000000")
    store.commit_epoch(child.record(run, epoch))
    assert store.state(run).epoch == epoch


def test_a_write_that_the_system_refuses_is_explained(store, child):
    """The quota of a file's size stands for all that can go wrong below SQLite."""
    run = child.RUNS[0].id
    store.declare(child.RUNS)
    store.start(run, child.PLAN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((store.directory / "study.db").stat().st_size, hard))
    try:
        with pytest.raises(StoreError, match=r"disk.*\n(.*\n)?  next: paribus run .*goes on from the last whole"):
            store.commit_epoch(child.record(run, 0, state_bytes=1_000_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert check_integrity(store.directory) == ()
    store.commit_epoch(child.record(run, 0, state_bytes=1_000_000))


@pytest.mark.parametrize(
    ("version", "said"), [(1, "an earlier version.*train the study again"), (3, "a newer version.*upgrade")]
)
@pytest.mark.parametrize("opening", [open_reader, open_writer])
def test_another_schema_is_refused(finished, opening, version, said):
    with closing(sqlite3.connect(finished / "study.db")) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    with pytest.raises(StoreError, match=f"(?s){said}"):
        opening(finished)


@pytest.mark.parametrize("opening", [open_reader, open_writer])
def test_somebody_elses_database_is_left_alone(tmp_path, opening):
    with closing(sqlite3.connect(tmp_path / "study.db")) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    with pytest.raises(StoreError, match="is not a study of Paribus"):
        opening(tmp_path)
    with closing(sqlite3.connect(tmp_path / "study.db")) as connection:
        assert [row[0] for row in connection.execute("SELECT name FROM sqlite_master")] == ["theirs"]


@pytest.mark.parametrize("opening", [open_reader, open_writer])
def test_nothing_that_acts_is_accepted_in_a_file(finished, opening):
    with closing(sqlite3.connect(finished / "study.db")) as connection:
        connection.execute("CREATE TRIGGER theirs AFTER INSERT ON epochs BEGIN DELETE FROM looks; END")
    with pytest.raises(StoreError, match="its tables are not those of schema 2"):
        opening(finished)


def test_a_reader_cannot_write(finished):
    with open_reader(finished) as reader, pytest.raises(StoreError, match="readonly"):
        reader._file.rows("DELETE FROM looks")


@pytest.mark.parametrize("half", [False, True])
def test_the_place_that_allows_no_locks(finished, child, half):
    """Read-only media: SQLite's immutable path, or a recovered copy; the place itself stays as it is."""
    if half:
        child.leave_half(finished)
    before = {path.name: path.read_bytes() for path in finished.iterdir()}
    file = _in_place(finished)
    try:
        assert isinstance(file, Database)
        assert {row[0] for row in file.rows("SELECT lr FROM epochs")} == {0.1}
    finally:
        file.close()
    assert {path.name: path.read_bytes() for path in finished.iterdir()} == before


def test_durability_is_switched_on(store):
    connection = store._file._connection
    values = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode")]
    assert values == [3, "delete"]  # 3: EXTRA
