"""The only way to test metrics and predictions: through a look, for the runs it covers."""

from paribus.core import Predictions, StoreError
from paribus.store import database
from paribus.store.codec import sealed_epoch_of, verified, verify_bytes
from paribus.store.database import Database
from paribus.store.records import Look, SealedEpoch

# A covered run that was forgotten and is trained again is sealed until a look covers it anew.
_COVERED = """
SELECT runs.sequence, runs.id FROM look_runs JOIN runs ON runs.sequence = look_runs.run
WHERE look_runs.look = ? AND runs.state IN ('done', 'diverged') ORDER BY runs.sequence
"""


class SealedView:
    """The test values of the runs that one look covers; made by StoreReader.sealed only."""

    def __init__(self, file: Database, look: Look) -> None:
        self._file = file
        self.look = look
        covered: list[tuple[int, str]] = [(row[0], row[1]) for row in file.rows(_COVERED, (look.sequence,))]
        # The look itself says it too, under its checksum: a spoilt row of look_runs opens nothing.
        self._runs = {run: sequence for sequence, run in covered if run in look.runs}

    def epochs(self, run: str | None = None) -> tuple[SealedEpoch, ...]:
        """Return test loss and accuracy per epoch, of one covered run or of all."""
        with self._file.explained():
            if run is not None:
                found = self._file.rows(
                    "SELECT * FROM sealed_epochs WHERE run = ? ORDER BY epoch", (self._sequence(run),)
                )
                return tuple(sealed_epoch_of(row, run=run) for row in found)
            names = {sequence: name for name, sequence in self._runs.items()}
            rows = self._file.rows("SELECT * FROM sealed_epochs ORDER BY run, epoch")
            return tuple(sealed_epoch_of(row, run=names[row[0]]) for row in rows if row[0] in names)

    def predictions(self, run: str) -> Predictions | None:
        """Return what a covered run says of every test image, None when it diverged."""
        sql = (
            "SELECT classes, probabilities, run, images, class_count, sha256, checksum "
            "FROM sealed_predictions WHERE run = ?"
        )
        with self._file.explained():
            found = self._file.rows(sql, (self._sequence(run),))
            if not found:
                return None
            classes, probabilities = found[0][:2]
            _, images, class_count, sha256 = verified(found[0][2:], table="sealed_predictions", run=run)
            what = f"the predictions of run {run[:8]}"
            verify_bytes(classes, probabilities, sha256=sha256, what=what, run=run)
            return Predictions(classes, probabilities, images, class_count)

    def _sequence(self, run: str) -> int:
        if run not in self._runs:
            raise StoreError(
                str(self._file.directory / database.FILE),
                wrong=f"test values of run {run[:8]} are sealed: look {self.look.sequence} does not cover it",
                allowed="runs of the look; a new look covers later runs",
                next_command=f"paribus reveal {self._file.directory} --reason TEXT",
            )
        return self._runs[run]
