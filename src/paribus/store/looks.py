"""Looks at the test set: written once, counted over a folder, so that an edited study goes on counting."""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from paribus.core import StoreError
from paribus.store import database
from paribus.store.codec import DamageError, look_of, look_row, text, with_checksum
from paribus.store.database import Database
from paribus.store.records import Look, LookCount, Run


def record(
    file: Database, *, test_fingerprint: str, choice_sha256: str | None, reason: str, runs: Sequence[str]
) -> Look:
    """Write a look at finished runs; everything it needs is checked in the same transaction."""
    where = str(file.directory / database.FILE)
    with file.transaction() as connection:
        _require_choice(connection, choice_sha256, where=where)
        sequences = [_finished(connection, run, where=where) for run in runs]
        (last,) = connection.execute("SELECT COALESCE(MAX(sequence), 0) FROM looks").fetchone()
        at = datetime.now(UTC).isoformat()
        look = Look(last + 1, test_fingerprint, choice_sha256, text(reason), tuple(runs), at)
        connection.execute("INSERT INTO looks VALUES (?, ?, ?, ?, ?, ?, ?)", look_row(look))
        rows = [with_checksum(look.sequence, sequence) for sequence in sequences]
        connection.executemany("INSERT INTO look_runs VALUES (?, ?, ?)", rows)
    return look


def _require_choice(connection: sqlite3.Connection, sha256: str | None, *, where: str) -> None:
    known = connection.execute("SELECT 1 FROM choices WHERE sha256 = ?", (sha256,)).fetchone()
    if sha256 is not None and known is None:
        raise StoreError(
            where,
            wrong=f"the test set cannot be opened: choice {sha256[:8]} is not written",
            allowed="write the choice first; no choice (None) where nothing is chosen",
        )


def _finished(connection: sqlite3.Connection, run: str, *, where: str) -> int:
    found = connection.execute("SELECT sequence, state FROM runs WHERE id = ?", (run,)).fetchone()
    state = found[1] if found else "unknown"
    if state not in {"done", "diverged"}:
        raise StoreError(
            where,
            wrong=f"the test set cannot be opened for run {run[:8]}: it is {state}",
            allowed="runs that are done or diverged",
        )
    return int(found[0])


def all_looks(file: Database) -> tuple[Look, ...]:
    """Return the looks of one study, in order."""
    with file.explained():
        file.sound("looks")
        return tuple(look_of(row) for row in file.rows("SELECT * FROM looks ORDER BY sequence"))


def covered(file: Database, look: Look, *, runs: Sequence[Run]) -> tuple[Run, ...]:
    """Return the runs that a look shows: those it names, but for what was forgotten since.

    Raises:
        DamageError: when its rows name others than the look itself does, under its checksum.

    """
    sequences = {row[1] for row in file.rows("SELECT * FROM look_runs WHERE look = ?", (look.sequence,))}
    forgotten = {row[0] for row in file.rows("SELECT key FROM facts WHERE kind = 'forgotten'")}
    named = {run for run in look.runs if covered_key(look.sequence, run) not in forgotten}
    found = tuple(run for run in runs if run.sequence in sequences)
    if len(found) != len(sequences) or {run.id for run in found} != named:
        raise DamageError(f"the list of runs that look {look.sequence} covers")
    return found


def covered_key(look: int, run: str) -> str:
    """Return the key of the fact that a run which a look covers was forgotten."""
    return f"look {look}, run {run}"


def count(studies_folder: Path, *, test_fingerprint: str) -> LookCount:
    """Count the looks at one test set over all studies of a folder; a look in a copied study counts once."""
    looks: set[Look] = set()
    unreadable: list[str] = []
    for path in sorted(studies_folder.absolute().glob(f"*/{database.FILE}")):
        try:
            file = database.open_to_read(path.parent)
            try:
                looks.update(look for look in all_looks(file) if look.test_fingerprint == test_fingerprint)
            finally:
                file.close()
        except StoreError:
            unreadable.append(path.parent.name)
    return LookCount(len(looks), tuple(unreadable))
