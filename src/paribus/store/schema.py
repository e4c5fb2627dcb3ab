"""The tables of study.db, and what makes a file a study of this version.

No STRICT tables and no RETURNING: clusters still carry SQLite 3.34. A NaN is the text 'nan': SQLite would
make it NULL, which here says "nothing to measure". `checksum` is a CRC-32 of the values before it (codec.py).
"""

import sqlite3

from paribus.core import StoreError

APPLICATION_ID = 0x50415249  # "PARI"
SCHEMA_VERSION = 2

TABLES = """
CREATE TABLE runs (
    sequence INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    key TEXT NOT NULL,
    condition TEXT NOT NULL,
    seed INTEGER NOT NULL,
    position INTEGER NOT NULL,
    current INTEGER NOT NULL CHECK (current IN (0, 1)),
    recipe TEXT NOT NULL,
    streams TEXT NOT NULL,
    data_fingerprint TEXT NOT NULL,
    plan TEXT,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'diverged', 'failed')),
    message TEXT NOT NULL,
    epochs INTEGER NOT NULL,
    steps INTEGER NOT NULL,
    seconds REAL NOT NULL,
    peak_memory_bytes INTEGER,
    weights_sha256 TEXT,
    checksum INTEGER NOT NULL
);
CREATE TABLE epochs (
    run INTEGER NOT NULL REFERENCES runs (sequence),
    epoch INTEGER NOT NULL CHECK (epoch >= 0),
    step INTEGER NOT NULL,
    lr REAL NOT NULL,
    train_loss REAL,
    running_accuracy REAL,
    clean_loss REAL NOT NULL,
    clean_accuracy REAL NOT NULL,
    validation_loss REAL,
    validation_accuracy REAL,
    train_seconds REAL NOT NULL,
    evaluation_seconds REAL NOT NULL,
    environment TEXT NOT NULL,
    histograms INTEGER NOT NULL CHECK (histograms IN (0, 1)),
    checksum INTEGER NOT NULL,
    PRIMARY KEY (run, epoch)
) WITHOUT ROWID;
CREATE TABLE sealed_epochs (
    run INTEGER NOT NULL REFERENCES runs (sequence),
    epoch INTEGER NOT NULL,
    test_loss REAL,
    test_accuracy REAL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (run, epoch)
) WITHOUT ROWID;
CREATE TABLE batches (
    run INTEGER NOT NULL REFERENCES runs (sequence),
    epoch INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    checksum INTEGER NOT NULL,
    losses BLOB NOT NULL,
    accuracies BLOB NOT NULL,
    UNIQUE (run, epoch)
);
CREATE TABLE histograms (
    run INTEGER NOT NULL REFERENCES runs (sequence),
    epoch INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    checksum INTEGER NOT NULL,
    histograms BLOB NOT NULL,
    UNIQUE (run, epoch)
);
CREATE TABLE states (
    run INTEGER PRIMARY KEY REFERENCES runs (sequence),
    epoch INTEGER NOT NULL,
    step INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    checksum INTEGER NOT NULL,
    state BLOB NOT NULL
);
CREATE TABLE weights (
    run INTEGER PRIMARY KEY REFERENCES runs (sequence),
    sha256 TEXT NOT NULL,
    checksum INTEGER NOT NULL,
    weights BLOB NOT NULL
);
CREATE TABLE insides (
    run INTEGER PRIMARY KEY REFERENCES runs (sequence),
    sha256 TEXT NOT NULL,
    checksum INTEGER NOT NULL,
    inside BLOB NOT NULL
);
CREATE TABLE sealed_predictions (
    run INTEGER PRIMARY KEY REFERENCES runs (sequence),
    images INTEGER NOT NULL,
    class_count INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    checksum INTEGER NOT NULL,
    classes BLOB NOT NULL,
    probabilities BLOB NOT NULL
);
CREATE TABLE environments (digest TEXT PRIMARY KEY, value TEXT NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE facts (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
);
CREATE TABLE choices (
    sequence INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL,
    value TEXT NOT NULL,
    checksum INTEGER NOT NULL
);
CREATE TABLE looks (
    sequence INTEGER PRIMARY KEY,
    test_fingerprint TEXT NOT NULL,
    choice_sha256 TEXT,
    reason TEXT NOT NULL,
    runs TEXT NOT NULL,
    at TEXT NOT NULL,
    checksum INTEGER NOT NULL
);
CREATE TABLE look_runs (
    look INTEGER NOT NULL REFERENCES looks (sequence),
    run INTEGER NOT NULL REFERENCES runs (sequence),
    checksum INTEGER NOT NULL,
    PRIMARY KEY (look, run)
) WITHOUT ROWID;
CREATE TABLE driver (one INTEGER PRIMARY KEY CHECK (one = 1), pid INTEGER NOT NULL, host TEXT NOT NULL);
"""

_STATEMENTS = tuple(statement.strip() for statement in TABLES.split(";\n") if statement.strip())


def create_if_empty(connection: sqlite3.Connection) -> None:
    """Make the tables of a new study, all or none; leave anything else as it is."""
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None:
        for statement in _STATEMENTS:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")


def verify(connection: sqlite3.Connection, *, where: str) -> None:
    """Raise a StoreError unless the file is a study that this version reads and writes."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise StoreError(where, wrong="is not a study of Paribus", allowed="a directory that paribus run has made")
    if version != SCHEMA_VERSION:
        is_newer = version > SCHEMA_VERSION
        raise StoreError(
            where,
            wrong=f"was written by {'a newer' if is_newer else 'an earlier'} version of Paribus (schema {version})",
            allowed=f"schema {SCHEMA_VERSION}" + ("" if is_newer else ": move it away, and train the study again"),
            next_command="python -m pip install --upgrade paribus" if is_newer else "",
        )
    found = {row[0] for row in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
    if found != set(_STATEMENTS):  # a flipped bit, or a view or trigger that somebody has added
        raise StoreError(
            where,
            wrong=f"is damaged: its tables are not those of schema {SCHEMA_VERSION}",
            allowed="a copy of it",
        )
