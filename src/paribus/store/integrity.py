"""Whether everything in a study is still what was written, and fits together."""

from collections.abc import Iterator
from pathlib import Path

from paribus.core import StoreError
from paribus.store import database, looks
from paribus.store.codec import Row, run_of, verified, verify_bytes
from paribus.store.database import Database

_PLAIN = ("runs", "epochs", "sealed_epochs", "environments", "facts", "choices", "looks", "look_runs")
# table -> how many blobs stand last, after the checksum; the value before the checksum is their SHA-256
_BLOBS = {"batches": 2, "histograms": 1, "states": 1, "weights": 1, "insides": 1, "sealed_predictions": 2}

_CONTRADICTIONS = {
    "epochs are missing or doubled": """
        SELECT id FROM runs
        LEFT JOIN (SELECT run, COUNT(*) AS n, MAX(epoch) AS last FROM epochs GROUP BY run) ON run = sequence
        WHERE COALESCE(last, 0) != runs.epochs OR COALESCE(n, 0) != COALESCE(last, -1) + 1""",
    "test metrics do not belong to its epochs": """
        SELECT DISTINCT id FROM runs JOIN (
            SELECT run FROM epochs LEFT JOIN sealed_epochs AS also USING (run, epoch) WHERE also.epoch IS NULL
            UNION
            SELECT run FROM sealed_epochs LEFT JOIN epochs AS also USING (run, epoch) WHERE also.epoch IS NULL
        ) ON run = sequence""",
    "its state is not that of its last epoch": """
        SELECT id FROM runs WHERE state IN ('waiting', 'running', 'failed')
        AND (SELECT MAX(epoch) FROM epochs WHERE run = sequence)
        IS NOT (SELECT epoch FROM states WHERE run = sequence)""",
    "its weights are not those of its end": """
        SELECT id FROM runs WHERE weights_sha256 IS NOT (SELECT sha256 FROM weights WHERE run = sequence)
        OR (state = 'done') != (weights_sha256 IS NOT NULL)""",
    "its batches are not those of its updates": """
        SELECT id FROM runs
        LEFT JOIN (SELECT run, SUM(LENGTH(losses)) AS size FROM batches GROUP BY run) ON run = sequence
        WHERE COALESCE(size, 0) != 4 * steps""",
    "its histograms are not those of its epochs": """
        SELECT DISTINCT id FROM runs JOIN (
            SELECT run FROM epochs LEFT JOIN histograms AS kept USING (run, epoch)
            WHERE epochs.histograms != (kept.epoch IS NOT NULL)
            UNION
            SELECT run FROM histograms LEFT JOIN epochs AS also USING (run, epoch) WHERE also.epoch IS NULL
        ) ON run = sequence""",
    "what is inside it is missing": """
        SELECT id FROM runs WHERE (state = 'done') != (sequence IN (SELECT run FROM insides))""",
    "its predictions are missing": """
        SELECT id FROM runs WHERE state = 'done' AND sequence NOT IN (SELECT run FROM sealed_predictions)""",
}


def check_integrity(directory: Path) -> tuple[str, ...]:
    """Return what is wrong with a study, one sentence each; empty when all is as written.

    Compares SQLite's structure, every row's checksum, every blob's SHA-256, and what rows say of each other.
    Sealed values are compared too; none is shown.

    Raises:
        StoreError: when the study cannot be opened at all.

    """
    with database.explained(directory):
        directory = directory.absolute()
    file = database.open_to_read(directory)
    try:
        return tuple(dict.fromkeys(_problems(file)))
    finally:
        file.close()


def _problems(file: Database) -> Iterator[str]:
    try:
        yield from _structure(file)
        yield from _damaged_rows(file)
        yield from _contradictions(file)
    except StoreError as error:  # SQLite reads no further
        yield error.wrong


def _structure(file: Database) -> Iterator[str]:
    yield from (str(said) for (said,) in file.rows("PRAGMA integrity_check") if said != "ok")
    yield from (f"table {row[0]}: a row belongs to nothing" for row in file.rows("PRAGMA foreign_key_check"))


def _damaged_rows(file: Database) -> Iterator[str]:
    for table in _PLAIN:
        for row in file.rows(f"SELECT * FROM {table}"):  # noqa: S608  names from above
            yield from _damage(file, row, table=table)
    for table, blobs in _BLOBS.items():
        for (rowid,) in file.rows(f"SELECT rowid FROM {table}"):  # noqa: S608  names from above
            # One blob at a time: all states of a large study may not fit into memory.
            for row in file.rows(f"SELECT * FROM {table} WHERE rowid = {rowid}"):  # noqa: S608  as above
                yield from _damage(file, row[:-blobs], table=table, blobs=row[-blobs:])


def _contradictions(file: Database) -> Iterator[str]:
    for sentence, sql in _CONTRADICTIONS.items():
        yield from (f"run {run[:8]}: {sentence}" for (run,) in file.rows(sql))
    with file.explained():
        runs = [run_of(row) for row in file.rows("SELECT * FROM runs")]
    for look in looks.all_looks(file):
        with file.explained():
            looks.covered(file, look, runs=runs)


def _damage(file: Database, row: Row, *, table: str, blobs: tuple[bytes, ...] = ()) -> Iterator[str]:
    try:
        with file.explained():
            values = verified(row, table=table)
            if blobs:
                verify_bytes(*blobs, sha256=values[-1], what=f"a blob of table {table}, run {values[0]},", run="")
    except StoreError as error:
        yield error.wrong
