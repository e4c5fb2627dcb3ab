"""A single flipped bit is found, or it is in a byte that says nothing."""

import random
import sqlite3
from contextlib import closing

import pytest

from paribus.core import StoreError
from paribus.store import check_integrity, open_reader, open_writer


def flip(directory, table, column):
    """Flip the lowest bit of the first byte of a column's value, as SQL, in all rows."""
    with closing(sqlite3.connect(directory / "study.db")) as connection:
        for rowid, value in connection.execute(f"SELECT rowid, {column} FROM {table}").fetchall():  # noqa: S608  our names
            spoiled = bytes([value[0] ^ 1]) + value[1:] if isinstance(value, bytes) else value + 1
            connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (spoiled, rowid))  # noqa: S608
        connection.commit()


@pytest.fixture
def interrupted(tmp_path, child):
    with open_writer(tmp_path) as store:
        store.declare(child.RUNS)
        store.start(child.RUNS[0].id, child.PLAN)
        store.commit_epoch(child.record(child.RUNS[0].id, 0))
    return tmp_path


@pytest.mark.parametrize("column", ["state", "step"])
def test_a_damaged_state_is_no_silent_start_from_scratch(interrupted, child, column):
    flip(interrupted, "states", column)
    run = child.RUNS[0].id
    with open_writer(interrupted) as store:
        with pytest.raises(StoreError, match=r"is damaged.*\n.*forget the run and train it again") as raised:
            store.state(run)
        assert f".forget('{run}')" in raised.value.next_command
        store.forget(run)
        assert store.state(run) is None
        store.start(run, child.PLAN)
        store.commit_epoch(child.record(run, 0))
    assert check_integrity(interrupted) == ()


@pytest.mark.parametrize(
    ("table", "column", "read"),
    [
        ("weights", "weights", lambda reader, run: reader.weights(run)),
        ("batches", "accuracies", lambda reader, run: reader.batches(run)),
        ("histograms", "histograms", lambda reader, run: reader.histograms(run)),
        ("insides", "inside", lambda reader, run: reader.inside(run)),
        ("runs", "seed", lambda reader, _: reader.runs()),
        (
            "sealed_predictions",
            "classes",
            lambda reader, run: reader.sealed(reader.looks()[0]).predictions(run),
        ),
    ],
)
def test_damage_is_found_on_reading(finished, child, table, column, read):
    flip(finished, table, column)
    with open_reader(finished) as reader, pytest.raises(StoreError, match="is damaged"):
        read(reader, child.RUNS[0].id)
    assert len(check_integrity(finished)) >= 2


def test_flipped_bits_of_the_file_are_found_or_change_nothing(finished, child):
    """Not one flip may go unnoticed and leave other content, sealed rows included."""
    chance = random.Random(1)  # noqa: S311  reproducible, no secret
    path = finished / "study.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM")  # free pages hold nothing that a flip could change
    original, expected = path.read_bytes(), child.content(finished)
    found = 0
    for _ in range(200):
        spoiled = bytearray(original)
        place = chance.randrange(len(spoiled))
        spoiled[place] ^= 1 << chance.randrange(8)
        path.write_bytes(spoiled)
        try:
            whole = check_integrity(finished) == ()
        except StoreError:
            whole = False
        found += not whole
        assert not whole or child.content(finished) == expected, place
    assert found > 20  # the rest hit space between rows


ROWS_GONE = {
    "epochs": ("run = 1 AND epoch = 3", lambda reader, _: reader.epochs()),
    "sealed_epochs": ("run = 1 AND epoch = 3", lambda reader, _: reader.sealed(reader.looks()[0]).epochs()),
    "batches": ("run = 1 AND epoch = 2", lambda reader, run: reader.batches(run)),
    "histograms": ("run = 1 AND epoch = 1", lambda reader, run: reader.histograms(run)),
    "insides": ("run = 1", lambda reader, run: reader.inside(run)),
    "look_runs": ("run = 1", lambda reader, _: reader.sealed(reader.looks()[0])),
    "weights": ("run = 1", lambda reader, run: reader.weights(run)),
    "sealed_predictions": ("run = 1", lambda reader, run: reader.sealed(reader.looks()[0]).predictions(run)),
}


@pytest.mark.parametrize("table", ROWS_GONE)
def test_a_row_that_is_gone_is_missed(finished, child, table):
    """A checksum says nothing of a row that is not found; an answer without it would look like any other."""
    where, read = ROWS_GONE[table]
    with closing(sqlite3.connect(finished / "study.db")) as connection:
        assert connection.execute(f"DELETE FROM {table} WHERE {where}").rowcount == 1  # noqa: S608  our own names
        connection.commit()
    with open_reader(finished) as reader, pytest.raises(StoreError, match="is damaged"):
        read(reader, child.RUNS[0].id)
    assert check_integrity(finished)


def test_an_index_that_leads_past_a_run_is_found_by_readers_and_writers(finished, child):
    path = finished / "study.db"
    spoiled = path.read_bytes().replace(child.RUNS[0].id.encode(), b"0" * 64)
    with closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_runs_1'"
        ).fetchone()
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    whole = bytearray(path.read_bytes())
    whole[(page - 1) * size : page * size] = spoiled[(page - 1) * size : page * size]
    path.write_bytes(whole)
    with open_reader(finished) as reader, pytest.raises(StoreError, match="table runs"):
        reader.runs()
    with pytest.raises(StoreError, match="table runs"):
        open_writer(finished)


def test_a_lost_state_is_no_silent_start_from_scratch(interrupted, child):
    with closing(sqlite3.connect(interrupted / "study.db")) as connection:
        connection.execute("DELETE FROM states")
        connection.commit()
    with open_writer(interrupted) as store, pytest.raises(StoreError, match=r"the state of run \w+ is damaged"):
        store.state(child.RUNS[0].id)


def test_contradictions_between_rows_are_found(finished):
    with closing(sqlite3.connect(finished / "study.db")) as connection:
        connection.execute("DELETE FROM epochs WHERE run = 1 AND epoch = 1")
        connection.execute("DELETE FROM weights WHERE run = 2")
        connection.commit()
    said = check_integrity(finished)
    assert [sentence.split(": ")[1] for sentence in said] == [
        "epochs are missing or doubled",
        "test metrics do not belong to its epochs",
        "its weights are not those of its end",
        "its histograms are not those of its epochs",
    ]
