"""The only way to test metrics and predictions: through a look, for the runs it covers."""

from collections.abc import Sequence

from paribus.core import Predictions, StoreError
from paribus.store import database
from paribus.store.codec import DamageError, sealed_epoch_of, verified, verify_bytes
from paribus.store.complete import require_epochs
from paribus.store.database import Database
from paribus.store.records import Look, Run, SealedEpoch


class SealedView:
    """The test values of the runs that one look covers; made by StoreReader.sealed only."""

    def __init__(self, file: Database, look: Look, *, runs: Sequence[Run]) -> None:
        self._file = file
        self.look = look
        self._runs = {run.id: run for run in runs}

    def epochs(self, run: str | None = None) -> tuple[SealedEpoch, ...]:
        """Return test loss and accuracy per epoch, of one covered run or of all."""
        runs = list(self._runs.values()) if run is None else [self._covered(run)]
        names = {each.sequence: each.id for each in runs}
        where, values = ("", ()) if run is None else ("WHERE run = ?", (runs[0].sequence,))
        with self._file.snapshot():
            sql = f"SELECT * FROM sealed_epochs {where} ORDER BY run, epoch"  # noqa: S608  from above
            found = [row for row in self._file.rows(sql, values) if row[0] in names]
            epochs = tuple(sealed_epoch_of(row, run=names[row[0]]) for row in found)
            require_epochs(self._file, [row[:2] for row in found], table="sealed_epochs", runs=runs)
            return epochs

    def predictions(self, run: str) -> Predictions | None:
        """Return what a covered run says of every test image, None when it diverged."""
        sql = (
            "SELECT classes, probabilities, run, images, class_count, sha256, checksum "
            "FROM sealed_predictions WHERE run = ?"
        )
        known = self._covered(run)
        with self._file.explained():
            found = self._file.rows(sql, (known.sequence,))
            if not found and known.state == "done":
                raise DamageError(f"table sealed_predictions (run {run[:8]})", run=run)
            if not found:
                return None
            classes, probabilities = found[0][:2]
            _, images, class_count, sha256 = verified(found[0][2:], table="sealed_predictions", run=run)
            what = f"the predictions of run {run[:8]}"
            verify_bytes(classes, probabilities, sha256=sha256, what=what, run=run)
            return Predictions(classes, probabilities, images, class_count)

    def _covered(self, run: str) -> Run:
        if run not in self._runs:
            raise StoreError(
                str(self._file.directory / database.FILE),
                wrong=f"test values of run {run[:8]} are sealed: look {self.look.sequence} does not cover it",
                allowed="runs of the look; a new look covers later runs",
                next_command=f"paribus reveal {self._file.directory} --reason TEXT",
            )
        return self._runs[run]
