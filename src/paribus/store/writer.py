"""The driver's hand: the one writer of a study. Each public method is one transaction."""

import os
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import FileLock

from paribus.core import EpochRecord, Outcome, StoreError, digest
from paribus.store import database, journal, lock, looks
from paribus.store.codec import DamageError, json_text, verified, verify_bytes, with_checksum
from paribus.store.database import Database
from paribus.store.reader import StoreReader, stored_run
from paribus.store.records import Driver, LookCount, ResumePoint, RunDeclaration


class Store:
    """A study, to be written; made by open_writer, closed by `with` or close().

    Attributes:
        reader: everything that can be read, on the same connection.

    Raises:
        StoreError: from every method that the disk or the order of events does not allow; nothing is written.

    """

    def __init__(self, file: Database, held: FileLock) -> None:
        self._file = file
        self._lock = held
        self.reader = StoreReader(file)

    @property
    def directory(self) -> Path:
        """The study's directory."""
        return self._file.directory

    def declare(self, runs: Sequence[RunDeclaration]) -> None:
        """Make these the runs of the study, in this order: new ones wait, known ones keep what they have."""
        where = str(self.directory / database.FILE)
        twice = {run for run, times in Counter(run.id for run in runs).items() if times > 1}
        if twice:
            names = sorted(run.condition for run in runs if run.id in twice)
            raise StoreError(where, wrong=f"conditions {names} are the same run", allowed="conditions that differ")
        with self._file.transaction() as connection:
            journal.retire_all(connection)
            for position, declared in enumerate(runs):
                journal.declare(connection, declared, position=position)

    def start(self, run: str, plan: Mapping[str, Any]) -> dict[str, Any]:
        """Mark a run as running; return its plan: this one at the first start, the stored one ever after."""
        with self._file.transaction() as connection:
            known = journal.run_in(connection, run, states=("waiting", "running", "failed"), file=self._file)
            kept = dict(plan) if known.plan is None else known.plan
            journal.update(connection, replace(known, plan=kept, state="running", message=""))
        return kept

    def commit_epoch(self, record: EpochRecord) -> None:
        """Write an epoch's metrics, its batches and the state to go on from, all or nothing.

        Raises:
            StoreError: unless the run is running and this is its next epoch.

        """
        self.commit_epochs((record,))

    def commit_epochs(self, records: Sequence[EpochRecord]) -> None:
        """Write several runs' epochs in one transaction: one wait for the disk instead of many."""
        with self._file.transaction() as connection:
            for record in records:
                known = journal.run_in(connection, record.run, states=("running",), file=self._file)
                journal.write_epoch(connection, known, record, file=self._file)

    def finish(self, outcome: Outcome) -> None:
        """Write how a run ended; a failed one keeps its latest state, from which a later start goes on."""
        with self._file.transaction() as connection:
            known = journal.run_in(connection, outcome.run, states=("running",), file=self._file)
            journal.write_outcome(connection, known, outcome, file=self._file)

    def state(self, run: str) -> ResumePoint | None:
        """Return where a run goes on, None before its first epoch.

        Raises:
            StoreError: if the state is damaged: a run is never started again in silence; see forget().

        """
        sql = "SELECT state, run, epoch, step, sha256, checksum FROM states WHERE run = ?"
        with self._file.explained():
            known = stored_run(self._file, run)
            found = self._file.rows(sql, (known.sequence,))
            if not found and known.state not in {"done", "diverged"} and self.reader.epochs(run):
                raise DamageError(f"the state of run {run[:8]}", run=run)
            if not found:
                return None
            _, epoch, step, sha256 = verified(found[0][1:], table="states", run=run)
            state: bytes = found[0][0]
            verify_bytes(state, sha256=sha256, what=f"the state of run {run[:8]}", run=run)
            return ResumePoint(epoch, step, state)

    def forget(self, run: str) -> None:
        """Drop all that was trained of a run in any state; it waits again, and looks no longer cover it."""
        with self._file.transaction() as connection:
            journal.forget(connection, run, file=self._file)

    def put_environment(self, value: Mapping[str, Any]) -> str:
        """Keep what epochs were trained in; return its digest, which epoch records name."""
        name = digest(value)
        row = with_checksum(name, json_text(value))
        with self._file.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO environments VALUES (?, ?, ?)", row)
        return name

    def put_fact(self, kind: str, key: str, value: object) -> None:
        """Keep a plain JSON value under a kind and key, in place of an earlier one."""
        with self._file.transaction() as connection:
            row = with_checksum(kind, key, json_text(value))
            connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?, ?, ?)", row)

    def record_choice(self, choice: Mapping[str, Any]) -> str:
        """Write what was chosen on validation and return its SHA-256; the same choice again adds nothing."""
        name = digest(choice)
        with self._file.transaction() as connection:
            last = connection.execute("SELECT sequence, sha256 FROM choices ORDER BY sequence DESC LIMIT 1").fetchone()
            sequence, latest = last or (0, "")
            if latest != name:
                row = with_checksum(sequence + 1, name, json_text(choice))
                connection.execute("INSERT INTO choices VALUES (?, ?, ?, ?)", row)
        return name

    def record_look(
        self, *, test_fingerprint: str, choice_sha256: str | None, reason: str, runs: Sequence[str]
    ) -> LookCount:
        """Write that the test set is opened for these runs; count all looks at it in this folder of studies.

        Args:
            test_fingerprint: digest of the test images and labels.
            choice_sha256: of a recorded choice; None where nothing is chosen.
            reason: in the words of whoever opens it.
            runs: those it shows; all done or diverged.

        """
        looks.record(
            self._file,
            test_fingerprint=test_fingerprint,
            choice_sha256=choice_sha256,
            reason=reason,
            runs=runs,
        )
        return looks.count(self.directory.parent, test_fingerprint=test_fingerprint)

    def close(self) -> None:
        """Give the study back: the file is closed and the lock free."""
        try:
            # On a full disk the name stays, which readers take for nothing once the lock is free.
            with suppress(StoreError), self._file.transaction() as connection:
                connection.execute("DELETE FROM driver")
        finally:
            self._file.close()
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_writer(directory: Path) -> Store:
    """Open a study for its driver; a new directory becomes a study without runs.

    Runs that a killed driver left running wait again.

    Raises:
        StoreError: when another driver works on it, or the directory cannot be written or is no study.

    """
    with database.explained(directory):
        directory = directory.absolute()
        directory.mkdir(parents=True, exist_ok=True)
    held = lock.take(directory)
    if held is None:
        raise lock.busy(directory, _driver_of(directory))
    try:
        file = database.open_to_write(directory)
    except BaseException:
        held.release()
        raise
    store = Store(file, held)
    try:
        _move_in(file)
    except BaseException:
        file.close()
        held.release()
        raise
    return store


def _move_in(file: Database) -> None:
    with file.transaction() as connection:
        file.sound("runs")  # one that is not found would be declared, and trained, again
        row = (1, os.getpid(), platform.node())
        connection.execute("INSERT OR REPLACE INTO driver VALUES (?, ?, ?)", row)
        journal.interrupt_all(connection)


def _driver_of(directory: Path) -> Driver | None:
    """Return who has the lock; None in the instant before that driver has written its name."""
    try:
        file = database.open_to_read(directory)
    except StoreError:
        return None
    try:
        return StoreReader(file).driver()
    finally:
        file.close()
