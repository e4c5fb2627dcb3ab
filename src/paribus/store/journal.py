"""Writes of runs, inside the caller's transaction: declared, started, epoch by epoch, ended, forgotten."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from paribus.core import EpochRecord, Inside, Outcome, Predictions, StoreError, digest_bytes
from paribus.store import database, looks
from paribus.store.codec import epoch_row, run_of, run_row, sealed_epoch_row, with_checksum
from paribus.store.database import Database
from paribus.store.exhibits import packed_histograms, packed_inside
from paribus.store.records import Run, RunDeclaration, RunState

_TRAINED = ("epochs", "sealed_epochs", "batches", "histograms", "states", "weights", "insides",
            "sealed_predictions", "look_runs")  # fmt: skip


def declare(connection: sqlite3.Connection, declared: RunDeclaration, *, position: int) -> None:
    """Add a run, or give a known one its place and name in the present study."""
    known = _find(connection, declared.id)
    if known is not None:
        update(connection, replace(known, condition=declared.condition, position=position, current=True))
        return
    (last,) = connection.execute("SELECT COALESCE(MAX(sequence), 0) FROM runs").fetchone()
    run = Run(
        sequence=last + 1, id=declared.id, key=declared.key, condition=declared.condition, seed=declared.seed,
        position=position, current=True, recipe=declared.recipe, streams=declared.streams,
        data_fingerprint=declared.data_fingerprint, plan=None, state="waiting", message="", epochs=0, steps=0,
        seconds=0.0, peak_memory_bytes=None, weights_sha256=None,
    )  # fmt: skip
    connection.execute(f"INSERT INTO runs VALUES ({', '.join('?' * 19)})", run_row(run))  # noqa: S608  question marks


def retire_all(connection: sqlite3.Connection) -> None:
    """Take all runs out of the present study; nothing of them is lost."""
    for row in connection.execute("SELECT * FROM runs WHERE current = 1").fetchall():
        update(connection, replace(run_of(row), current=False))


def interrupt_all(connection: sqlite3.Connection) -> None:
    """Let the runs of a killed driver wait again."""
    for row in connection.execute("SELECT * FROM runs WHERE state = 'running'").fetchall():
        update(connection, replace(run_of(row), state="waiting"))


def run_in(connection: sqlite3.Connection, run: str, *, states: Sequence[RunState], file: Database) -> Run:
    """Return a run that must be in one of some states."""
    known = _find(connection, run)
    if known is None or known.state not in states:
        raise StoreError(
            str(file.directory / database.FILE),
            wrong=f"run {run[:8]} is {known.state if known else 'not declared'}",
            allowed=f"a run that is {' or '.join(states)}",
        )
    return known


def update(connection: sqlite3.Connection, run: Run) -> None:
    """Write a run over what is stored of it."""
    row = run_row(run)
    connection.execute(
        "UPDATE runs SET condition = ?, position = ?, current = ?, plan = ?, state = ?, message = ?, "
        "epochs = ?, steps = ?, seconds = ?, peak_memory_bytes = ?, weights_sha256 = ?, checksum = ? "
        "WHERE sequence = ?",
        (row[3], *row[5:7], *row[10:], row[0]),
    )


def write_epoch(connection: sqlite3.Connection, run: Run, record: EpochRecord, *, file: Database) -> None:
    """Add a run's next epoch, and put its state in place of the one before."""
    last = _last_epoch(connection, run)
    if record.epoch != last + 1:
        raise StoreError(
            str(file.directory / database.FILE),
            wrong=f"epoch {record.epoch} of run {run.id[:8]} cannot be recorded after epoch {last}",
            allowed=f"epoch {last + 1}: each epoch once, in order",
        )
    epoch = epoch_row(run.sequence, record)
    connection.execute(f"INSERT INTO epochs VALUES ({', '.join('?' * 15)})", epoch)  # noqa: S608  question marks
    sealed = sealed_epoch_row(run.sequence, record)
    connection.execute("INSERT INTO sealed_epochs VALUES (?, ?, ?, ?, ?)", sealed)
    _write_batches(connection, run, record.epoch, record.batch_losses, record.batch_accuracies)
    if record.histograms:
        blob = packed_histograms(record.histograms)
        row = with_checksum(run.sequence, record.epoch, digest_bytes(blob))
        connection.execute("INSERT INTO histograms VALUES (?, ?, ?, ?, ?)", (*row, blob))
    state = with_checksum(run.sequence, record.epoch, record.step, digest_bytes(record.state))
    connection.execute("INSERT OR REPLACE INTO states VALUES (?, ?, ?, ?, ?, ?)", (*state, record.state))
    seconds = run.seconds + record.train_seconds + record.evaluation_seconds
    update(connection, replace(run, epochs=record.epoch, steps=record.step, seconds=seconds))


def write_outcome(connection: sqlite3.Connection, run: Run, outcome: Outcome, *, file: Database) -> None:
    """End a run; what is finished for good has no state to go on from.

    A failed one keeps all that is recorded: a worker that died does not know how far it came.
    """
    if outcome.state == "failed":
        peak = outcome.peak_memory_bytes
        update(connection, replace(run, state="failed", message=outcome.message, peak_memory_bytes=peak))
        return
    last = max(_last_epoch(connection, run), 0)
    if outcome.epoch != last or (outcome.weights is None) == (outcome.state == "done"):
        raise StoreError(
            str(file.directory / database.FILE),
            wrong=f"run {run.id[:8]} cannot end as {outcome.state} at epoch {outcome.epoch}",
            allowed=f"its last recorded epoch, {last}; weights if, and only if, it is done",
        )
    connection.execute("DELETE FROM states WHERE run = ?", (run.sequence,))
    if outcome.weights is not None:
        row = with_checksum(run.sequence, digest_bytes(outcome.weights))
        connection.execute("INSERT INTO weights VALUES (?, ?, ?, ?)", (*row, outcome.weights))
        blob = packed_inside(outcome.inside or Inside())  # of every run that is done, so that a lost one is missed
        row = with_checksum(run.sequence, digest_bytes(blob))
        connection.execute("INSERT INTO insides VALUES (?, ?, ?, ?)", (*row, blob))
    if outcome.predictions is not None:
        _write_predictions(connection, run, outcome.predictions)
    _write_batches(connection, run, outcome.epoch + 1, outcome.batch_losses, b"")
    update(connection, _ended(run, outcome))


def _ended(run: Run, outcome: Outcome) -> Run:
    return replace(
        run,
        state=outcome.state,
        message=outcome.message,
        steps=outcome.step,
        peak_memory_bytes=outcome.peak_memory_bytes,
        weights_sha256=None if outcome.weights is None else digest_bytes(outcome.weights),
    )


def forget(connection: sqlite3.Connection, run: str, *, file: Database) -> None:
    """Drop all that was trained of a run."""
    known = run_in(connection, run, states=("waiting", "running", "done", "diverged", "failed"), file=file)
    for (look,) in connection.execute("SELECT look FROM look_runs WHERE run = ?", (known.sequence,)).fetchall():
        fact = with_checksum("forgotten", looks.covered_key(look, run), "true")
        connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?, ?, ?)", fact)
    for table in _TRAINED:
        connection.execute(f"DELETE FROM {table} WHERE run = ?", (known.sequence,))  # noqa: S608  names from above
    fresh = replace(known, plan=None, state="waiting", message="", epochs=0, steps=0, seconds=0.0)
    update(connection, replace(fresh, peak_memory_bytes=None, weights_sha256=None))


def _find(connection: sqlite3.Connection, run: str) -> Run | None:
    row = connection.execute("SELECT * FROM runs WHERE id = ?", (run,)).fetchone()
    return None if row is None else run_of(row)


def _last_epoch(connection: sqlite3.Connection, run: Run) -> int:
    found = connection.execute("SELECT MAX(epoch) FROM epochs WHERE run = ?", (run.sequence,)).fetchone()
    return -1 if found[0] is None else int(found[0])


def _write_batches(connection: sqlite3.Connection, run: Run, epoch: int, losses: bytes, accuracies: bytes) -> None:
    if losses:
        row = with_checksum(run.sequence, epoch, digest_bytes(losses + accuracies))
        connection.execute("INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?)", (*row, losses, accuracies))


def _write_predictions(connection: sqlite3.Connection, run: Run, said: Predictions) -> None:
    sha256 = digest_bytes(said.classes + said.probabilities)
    row = with_checksum(run.sequence, said.images, said.class_count, sha256)
    values = (*row, said.classes, said.probabilities)
    connection.execute("INSERT INTO sealed_predictions VALUES (?, ?, ?, ?, ?, ?, ?)", values)
