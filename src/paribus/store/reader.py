"""What anybody may read of a study at any time, also while a driver writes: all but what is sealed."""

import json
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from paribus.core import Histogram, Inside, StoreError
from paribus.store import database, lock, looks
from paribus.store.codec import DamageError, Row, choice_of, epoch_of, floats, run_of, verified, verify_bytes
from paribus.store.complete import require_epochs
from paribus.store.database import Database
from paribus.store.exhibits import histograms_of, inside_of
from paribus.store.records import Choice, Driver, Epoch, EpochBatches, Look, Run
from paribus.store.seal import SealedView


class StoreReader:
    """A study, read-only; test metrics and predictions only through a look.

    Every row is compared with its checksum, every blob with its SHA-256, and what should be there is all there.

    Raises:
        StoreError: from every method, for a damaged or unreadable file.

    """

    def __init__(self, file: Database) -> None:
        self._file = file

    @property
    def directory(self) -> Path:
        """The study's directory."""
        return self._file.directory

    def runs(self, *, current: bool = True) -> tuple[Run, ...]:
        """Return the runs that the study asks for, in its order; with `current=False` all that are stored."""
        with self._file.explained():
            runs = self._stored()
        at_work = any(run.state == "running" for run in runs) and self.driver() is not None
        if not at_work:  # a killed driver cannot take "running" back
            runs = [replace(run, state="waiting") if run.state == "running" else run for run in runs]
        return tuple(run for run in runs if run.current or not current)

    def epochs(self, run: str | None = None) -> tuple[Epoch, ...]:
        """Return the finished epochs of one run, or of all in the order in which runs were first declared."""
        with self._file.snapshot():
            if run is None:
                runs, found = self._stored(), self._file.rows("SELECT * FROM epochs ORDER BY run, epoch")
            else:
                runs = [stored_run(self._file, run)]
                found = self._of("SELECT * FROM epochs WHERE run = ? ORDER BY epoch", runs[0])
            names = {each.sequence: each.id for each in runs}
            epochs = tuple(epoch_of(row, run=names.get(row[0], "")) for row in found)
            require_epochs(self._file, [row[:2] for row in found], table="epochs", runs=runs)
            return epochs

    def batches(self, run: str) -> tuple[EpochBatches, ...]:
        """Return the loss and accuracy of every update of a run, epoch by epoch."""
        sql = "SELECT losses, accuracies, run, epoch, sha256, checksum FROM batches WHERE run = ?"
        with self._file.snapshot():
            known = stored_run(self._file, run)
            found = tuple(_batches_of(row, run=run) for row in self._of(f"{sql} ORDER BY epoch", known))
            in_order = [each.epoch for each in found] == list(range(1, len(found) + 1))
            if not in_order or sum(len(each.losses) for each in found) != known.steps:
                raise DamageError(f"table batches (run {run[:8]})", run=run)
            return found

    def histograms(self, run: str) -> tuple[tuple[int, tuple[Histogram, ...]], ...]:
        """Return (epoch, a histogram for each parameter) of a run, for the epochs of which they are kept."""
        sql = "SELECT histograms, run, epoch, sha256, checksum FROM histograms WHERE run = ? ORDER BY epoch"
        with self._file.snapshot():
            known = stored_run(self._file, run)
            found = tuple(_histograms_of(row, run=run) for row in self._of(sql, known))
            kept = self._of("SELECT epoch FROM epochs WHERE run = ? AND histograms = 1 ORDER BY epoch", known)
            if [epoch for epoch, _ in found] != [epoch for (epoch,) in kept]:
                raise DamageError(f"table histograms (run {run[:8]})", run=run)
            return found

    def inside(self, run: str) -> Inside | None:
        """Return what a run's pictures are drawn from, None unless it is done; empty where its network shows none."""
        with self._file.snapshot():
            known = stored_run(self._file, run)
            found = self._of("SELECT inside, run, sha256, checksum FROM insides WHERE run = ?", known)
            if bool(found) != (known.state == "done"):
                raise DamageError(f"table insides (run {run[:8]})", run=run)
            if not found:
                return None
            what = f"what is inside run {run[:8]}"
            _, sha256 = verified(found[0][1:], table="insides", run=run)
            verify_bytes(found[0][0], sha256=sha256, what=what, run=run)
            return inside_of(found[0][0], what=what, run=run)

    def weights(self, run: str) -> bytes:
        """Return the final weights of a run, safetensors bytes."""
        with self._file.snapshot():
            known = stored_run(self._file, run)
            found = self._of("SELECT weights, run, sha256, checksum FROM weights WHERE run = ?", known)
            if not found and known.state == "done":
                raise DamageError(f"table weights (run {run[:8]})", run=run)
            if not found:
                raise StoreError(self._where, wrong=f"run {run[:8]} has no weights", allowed="a run that is done")
            weights: bytes = found[0][0]
            _, sha256 = verified(found[0][1:], table="weights", run=run)
            verify_bytes(weights, sha256=sha256, what=f"the weights of run {run[:8]}", run=run)
            return weights

    def facts(self, kind: str) -> dict[str, Any]:
        """Return the facts of a kind: key -> value."""
        return self._values("SELECT * FROM facts WHERE kind = ? ORDER BY key", kind, table="facts")

    def environments(self) -> dict[str, Any]:
        """Return the environments that epochs were trained in: digest -> value."""
        return self._values("SELECT * FROM environments ORDER BY digest", table="environments")

    def choice(self, sha256: str | None = None) -> Choice | None:
        """Return the choice with this digest, or the latest one; None where there is none."""
        with self._file.explained():
            self._file.sound("choices")
            every = [choice_of(row) for row in self._file.rows("SELECT * FROM choices ORDER BY sequence DESC")]
        return next((each for each in every if sha256 in (None, each.sha256)), None)

    def looks(self) -> tuple[Look, ...]:
        """Return the looks at the test set, in order."""
        return looks.all_looks(self._file)

    def sealed(self, look: Look) -> SealedView:
        """Open the seal for the runs that a recorded look covers.

        Raises:
            StoreError: if the store has no such look.

        """
        if look not in self.looks():
            raise StoreError(
                self._where,
                wrong="the test set is sealed: no such look is recorded",
                allowed="a look from looks()",
                next_command=f"paribus reveal {self.directory} --reason TEXT",
            )
        with self._file.snapshot():
            return SealedView(self._file, look, runs=looks.covered(self._file, look, runs=self._stored()))

    def driver(self) -> Driver | None:
        """Return the process that works on the study, None when there is none."""
        found = self._file.rows("SELECT pid, host FROM driver")
        return Driver(*found[0]) if found and not lock.is_free(self.directory) else None

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _where(self) -> str:
        return str(self.directory / database.FILE)

    def _stored(self) -> list[Run]:
        self._file.sound("runs")
        return [run_of(row) for row in self._file.rows("SELECT * FROM runs ORDER BY current DESC, position, sequence")]

    def _of(self, sql: str, run: Run) -> list[Row]:
        return self._file.rows(sql, (run.sequence,))

    def _values(self, sql: str, *kind: str, table: str) -> dict[str, Any]:
        with self._file.explained():
            self._file.sound(table)
            rows = (verified(row, table=table) for row in self._file.rows(sql, kind))
            return {row[-2]: json.loads(row[-1]) for row in rows}


def stored_run(file: Database, run: str) -> Run:
    """Return a run as it is stored."""
    found = file.rows("SELECT * FROM runs WHERE id = ?", (run,))
    if not found:
        where = str(file.directory / database.FILE)
        raise StoreError(where, wrong=f"has no run {run!r}", allowed="an id from runs()")
    return run_of(found[0])


def _batches_of(row: Row, *, run: str) -> EpochBatches:
    losses, accuracies = row[:2]
    _, epoch, sha256 = verified(row[2:], table="batches", run=run)
    verify_bytes(losses, accuracies, sha256=sha256, what=f"epoch {epoch}'s batches of run {run[:8]}", run=run)
    return EpochBatches(run, epoch, floats(losses), floats(accuracies))


def _histograms_of(row: Row, *, run: str) -> tuple[int, tuple[Histogram, ...]]:
    _, epoch, sha256 = verified(row[1:], table="histograms", run=run)
    what = f"epoch {epoch}'s histograms of run {run[:8]}"
    verify_bytes(row[0], sha256=sha256, what=what, run=run)
    return epoch, histograms_of(row[0], what=what, run=run)


def open_reader(directory: Path) -> StoreReader:
    """Open a study to read it: while it is written, in a directory that is read-only, or in a copy.

    Raises:
        StoreError: when there is no study, or none that this version reads.

    """
    with database.explained(directory):
        directory = directory.absolute()
    return StoreReader(database.open_to_read(directory))
