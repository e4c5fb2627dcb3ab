"""Between rows and values: JSON, NaN, and a checksum that tells on reading whether a row is as written."""

import json
import sys
import zlib
from array import array
from typing import Any, cast

from paribus.core import EpochRecord, digest_bytes
from paribus.store.records import Choice, Epoch, Look, Run, SealedEpoch

Value = str | int | float | bytes | None
Row = tuple[Any, ...]


def with_checksum(*values: Value) -> Row:
    """Return the values of a row and their CRC-32."""
    return (*values, _checksum(values))


class DamageError(Exception):
    """Something in study.db is not what was written; database.py explains it, with file and remedy."""

    def __init__(self, what: str, *, run: str = "") -> None:
        self.what, self.run = what, run
        super().__init__(what)


def verified(row: Row, *, table: str, run: str = "") -> Row:
    """Return a row without its checksum, which stands last.

    Raises:
        DamageError: if the values are not those that were written.

    """
    values = row[:-1]
    if _checksum(values) != row[-1]:
        raise DamageError(f"the row of table {table} that starts with {values[:2]!r}", run=run)
    return values


def verify_bytes(*parts: bytes, sha256: str, what: str, run: str) -> None:
    """Raise a DamageError unless the parts, joined, have this SHA-256."""
    # A flipped bit can make a number or a text of a blob.
    if not all(isinstance(part, bytes) for part in parts) or digest_bytes(b"".join(parts)) != sha256:
        raise DamageError(what, run=run)


def _checksum(values: tuple[Value, ...]) -> int:
    # ascii, not repr: which characters repr escapes differs between versions of Python.
    return zlib.crc32(ascii(values).encode())


def real(value: float | None) -> float | str | None:
    """Return a float as SQLite keeps it: NaN as text, and no negative zero, whose sign SQLite drops."""
    if value is None:
        return None
    return "nan" if value != value else float(value) + 0.0  # noqa: PLR0124  NaN alone differs from itself


def text(value: str) -> str:
    """Return a text that UTF-8 can hold: lone surrogates, as in odd file names, are written out."""
    return value.encode("utf-8", "backslashreplace").decode()


def json_text(value: object) -> str:
    """Return canonical JSON; raises ValueError for numbers that are not finite."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def floats(blob: bytes) -> "array[float]":
    """Return little-endian float32 bytes as an array, one value per update."""
    values = array("f")
    values.frombytes(blob)
    if sys.byteorder == "big":
        values.byteswap()
    return values


def run_row(run: Run) -> Row:
    """Return the row of `runs`."""
    plan = None if run.plan is None else json_text(run.plan)
    return with_checksum(
        run.sequence,
        run.id,
        run.key,
        text(run.condition),
        run.seed,
        run.position,
        int(run.current),
        run.recipe,
        json_text(run.streams),
        run.data_fingerprint,
        plan,
        run.state,
        text(run.message),
        run.epochs,
        run.steps,
        float(run.seconds),
        run.peak_memory_bytes,
        run.weights_sha256,
    )


def run_of(row: Row) -> Run:
    """Return the run that a row of `runs` holds."""
    values = list(verified(row, table="runs"))
    values[6] = bool(values[6])
    values[8] = tuple(json.loads(values[8]))
    values[10] = None if values[10] is None else json.loads(values[10])
    return Run(*values)


def epoch_row(sequence: int, record: EpochRecord) -> Row:
    """Return the row of `epochs`."""
    return with_checksum(
        sequence,
        record.epoch,
        record.step,
        real(record.lr),
        real(record.train_loss),
        real(record.running_accuracy),
        real(record.clean_loss),
        real(record.clean_accuracy),
        real(record.validation_loss),
        real(record.validation_accuracy),
        real(record.train_seconds),
        real(record.evaluation_seconds),
        record.environment,
        int(bool(record.histograms)),
    )


def epoch_of(row: Row, *, run: str) -> Epoch:
    """Return the epoch that a row of `epochs` holds."""
    values = verified(row, table="epochs", run=run)
    return Epoch(run, *_numbers(values[1:-1]))  # the last says whether the epoch's histograms are kept


def sealed_epoch_row(sequence: int, record: EpochRecord) -> Row:
    """Return the row of `sealed_epochs`."""
    return with_checksum(sequence, record.epoch, real(record.test_loss), real(record.test_accuracy))


def sealed_epoch_of(row: Row, *, run: str) -> SealedEpoch:
    """Return the test metrics that a row of `sealed_epochs` holds."""
    values = verified(row, table="sealed_epochs", run=run)
    return SealedEpoch(run, values[1], *_numbers(values[2:]))


def _numbers(values: Row) -> Row:
    if "nan" not in values:
        return values
    return tuple(float(value) if value == "nan" else value for value in values)


def choice_of(row: Row) -> Choice:
    """Return the choice that a row of `choices` holds."""
    _, sha256, value = verified(row, table="choices")
    return Choice(value=cast("dict[str, Any]", json.loads(value)), sha256=sha256)


def look_row(look: Look) -> Row:
    """Return the row of `looks`."""
    return with_checksum(
        look.sequence, look.test_fingerprint, look.choice_sha256, look.reason, json_text(look.runs), look.at
    )


def look_of(row: Row) -> Look:
    """Return the look that a row of `looks` holds."""
    sequence, fingerprint, choice, reason, runs, at = verified(row, table="looks")
    return Look(sequence, fingerprint, choice, reason, tuple(json.loads(runs)), at)
