"""One connection to a study.db: how it is opened, its transactions, its errors in the form that people read.

A rollback journal, not WAL: it works on network file systems, where students' homes are; a study at rest is
one file; a read-only or copied directory needs no shared memory. synchronous = EXTRA: what was committed
survives a loss of power. Pages of 16 KiB, because states are large (8 MB: 25 ms a commit, against 35 ms with
pages of 4 KiB).
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from paribus.core import StoreError
from paribus.store import schema
from paribus.store.codec import DamageError, Row, Value

FILE = "study.db"
BUSY_SECONDS = 30.0

_WRITER = """
PRAGMA page_size = 16384;
PRAGMA journal_mode = DELETE;
PRAGMA synchronous = EXTRA;
PRAGMA fullfsync = ON;
PRAGMA foreign_keys = ON;
PRAGMA cache_size = -65536;
PRAGMA cache_spill = OFF;
"""
# A study may come from somebody else: nothing in its schema is trusted, damaged pages are found before use.
_EVERYBODY = """
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;
"""

_BUSY = (f"another process has kept it busy for {BUSY_SECONDS:.0f} seconds", "end that process")
_PLACE = ("cannot be opened or written here", "a directory that can be read and written")
_DAMAGE = ("is damaged, or not a study", "restore it from a copy, or move it away and run again")
_STORIES = {
    sqlite3.SQLITE_FULL: ("cannot grow: the disk or the quota is full", "free some space"),
    sqlite3.SQLITE_IOERR: ("the disk reports an error", "check the disk, its space and the quota"),
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_PERM: _PLACE,
    sqlite3.SQLITE_READONLY: _PLACE,
    sqlite3.SQLITE_CANTOPEN: _PLACE,
    sqlite3.SQLITE_CORRUPT: _DAMAGE,
    sqlite3.SQLITE_NOTADB: _DAMAGE,
    sqlite3.SQLITE_TOOBIG: ("a state or weights are larger than SQLite holds, 1 GB", "a smaller network"),
}
_NOT_WRITABLE = {sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR}


class Database:
    """A connection; whatever it raises is a StoreError."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        directory: Path,
        *,
        copy: "tempfile.TemporaryDirectory[str] | None" = None,
    ) -> None:
        self._connection = connection
        self._copy = copy
        self.directory = directory

    def rows(self, sql: str, values: Sequence[Value] = ()) -> list[Row]:
        """Return all rows at once, so that no read stays open in front of the writer."""
        with self.explained():
            return self._connection.execute(sql, values).fetchall()

    def sound(self, table: str) -> None:
        """Raise a DamageError unless SQLite finds all rows of a table, in the table and in its indexes.

        A checksum tells of a spoilt row, but not of one that a spoilt page or index no longer leads to.
        """
        ((said, *_), *_) = self.rows(f"PRAGMA integrity_check({table})")
        if said != "ok":
            raise DamageError(f"table {table} ({said})")

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read all that is read inside from one moment, whatever a driver commits meanwhile."""
        with self.explained():
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write all that happens inside, or nothing; the lock is taken first, so that waiting can help."""
        with self.explained():
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn what SQLite and the codec raise into a StoreError."""
        with explained(self.directory):
            yield

    def close(self) -> None:
        """Close the connection; a copy made to read from is dropped."""
        self._connection.close()
        if self._copy is not None:
            self._copy.cleanup()


def open_to_write(directory: Path) -> Database:
    """Open, or make, the study.db of a directory; the caller holds the lock."""
    with explained(directory):
        connection = _connect(directory / FILE, "mode=rwc")
        try:
            connection.executescript(_WRITER)
            schema.create_if_empty(connection)
            schema.verify(connection, where=str(directory / FILE))
        except BaseException:
            connection.close()
            raise
    return Database(connection, directory)


def open_to_read(directory: Path) -> Database:
    """Open the study.db of a directory that may be anybody's, read-only, or a copy.

    The file is opened for writing where that is possible, but only so that SQLite can take back what a killed
    driver left half-written; the connection itself writes nothing.
    """
    with explained(directory):
        path = directory / FILE
        try:
            return Database(_reading(path, "mode=rw", where=path), directory)
        except sqlite3.OperationalError as error:
            if not path.exists():
                raise StoreError(str(directory), wrong="holds no study", allowed=f"a directory with a {FILE}") from None
            if _kind(error) not in _NOT_WRITABLE:
                raise
            return _in_place(directory)


def _in_place(directory: Path) -> Database:
    """Read where neither lock nor journal can be made: as it is, or recovered in a copy nobody else sees."""
    path = directory / FILE
    journal = path.with_name(f"{FILE}-journal")
    if not journal.exists() or journal.stat().st_size == 0:
        return Database(_reading(path, "mode=ro&immutable=1", where=path), directory)
    folder = tempfile.TemporaryDirectory(prefix="paribus-")
    try:
        copy = Path(folder.name) / FILE
        shutil.copyfile(path, copy)
        shutil.copyfile(journal, copy.with_name(journal.name))
        return Database(_reading(copy, "mode=rw", where=path), directory, copy=folder)
    except BaseException:
        folder.cleanup()
        raise


def _reading(path: Path, mode: str, *, where: Path) -> sqlite3.Connection:
    connection = _connect(path, mode)
    try:
        connection.execute("PRAGMA query_only = ON")
        schema.verify(connection, where=str(where))
    except BaseException:
        connection.close()
        raise
    return connection


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.as_uri()}?{mode}", uri=True, isolation_level=None, timeout=BUSY_SECONDS)
    connection.executescript(_EVERYBODY)
    return connection


@contextmanager
def explained(directory: Path) -> Iterator[None]:
    """Turn what goes wrong inside into a StoreError that says what to do."""
    try:
        yield
    except DamageError as damage:
        raise _damaged(directory, damage) from damage
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise _refused(directory, error) from error
    except OSError as error:
        raise StoreError(
            str(directory),
            wrong=f"cannot be used: {error}",
            allowed="a directory that can be read and written",
        ) from error


def _damaged(directory: Path, damage: DamageError) -> StoreError:
    mend = "from pathlib import Path; from paribus.store import open_writer; "
    mend += f"open_writer(Path({str(directory)!r}))"
    return StoreError(
        str(directory / FILE),
        wrong=f"{damage.what} is damaged: it is not what was written",
        allowed="restore study.db from a copy" + (", or forget the run and train it again" if damage.run else ""),
        next_command=f'python -c "{mend}.forget({damage.run!r})"' if damage.run else "",
    )


def _refused(directory: Path, error: Exception) -> StoreError:
    wrong, allowed = _story(_kind(error), str(error))
    resume = f"paribus run {directory}   (nothing is lost: it goes on from the last whole epoch)"
    return StoreError(
        str(directory / FILE), wrong=wrong, allowed=allowed, next_command=resume if "disk" in wrong else ""
    )


def _kind(error: Exception) -> int:
    """Return SQLite's primary result code, 0 where Python itself raised."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _story(kind: int, said: str) -> tuple[str, str]:
    """Return what was wrong and what is allowed."""
    if "decode" in said:  # raised by Python, with no code of SQLite's: a text that is no longer one
        kind = sqlite3.SQLITE_CORRUPT
    wrong, allowed = _STORIES.get(kind, ("refused", ""))
    return f"{wrong} ({said})", allowed
