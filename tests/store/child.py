"""A small study that always has the same content, and the processes that write it and are killed.

Imported by conftest.py for its builders, started as a script for everything that must be able to die.
"""

import hashlib
import itertools
import math
import os
import random
import resource
import select
import shutil
import signal
import sqlite3
import struct
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from paribus.core import (
    STREAMS,
    EpochRecord,
    Histogram,
    Inside,
    Outcome,
    Picture,
    Planes,
    Predictions,
    StoreError,
    digest,
    digest_bytes,
)
from paribus.store import RunDeclaration, check_integrity, open_reader, open_writer

PLAN = {"path": "reference", "threads": 1}
ENVIRONMENT = {"python": "3.11", "processor": "any"}
LAST = 3
TEST_SET = "test-set-fingerprint"
SEALED_ACCURACY, SEALED_LOSS = 0.42424242, 7.5757575


def declaration(name: str, *, seed: int = 0, condition: str = "lr=0.1") -> RunDeclaration:
    return RunDeclaration(
        id=digest([name, seed]),
        key=digest([name]),
        condition=condition,
        seed=seed,
        recipe='{"train":{"lr":0.1}}',
        streams=STREAMS,
        data_fingerprint="data",
    )


RUNS = (declaration("a"), declaration("b", seed=1, condition="lr=0.2 ☃"))


def noise(*key: object, size: int) -> bytes:
    return hashlib.shake_128(repr(key).encode()).digest(size)


INSIDE = Inside(
    pictures=(Picture(7, 1, (1, 2, 3), bytes(range(8, 14))),),
    planes=(
        Planes("1. conv ☃: Conv2d(1, 2, 1)", "filters", 2, (2, 1, 1, 2), -0.1, 2.5e-7, bytes([0, 10, 9, 255])),
        Planes("1. conv ☃: Conv2d(1, 2, 1)", "maps", 64, (1, 1, 2, 2), 0.0, 0.0, bytes(4), image=0),
    ),
)


def histograms(epoch: int) -> tuple[Histogram, ...]:
    """Return those of an epoch; of every third none are kept."""
    if epoch % 3 == 2:
        return ()
    name = "2. Linear(784, 300)"
    return (
        Histogram(name, "weight", -1 / 3, epoch + 1e-30, (epoch, 0, 2**40)),
        Histogram(name, "ünusual", 0.5, 0.5, (1,)),
    )


def record(run: str, epoch: int, *, state_bytes: int = 40_000, batches: int = 5) -> EpochRecord:
    """Return the epoch that this run always has; only the state changes in size."""
    batches = batches if epoch else 0
    return EpochRecord(
        run=run,
        epoch=epoch,
        step=5 * epoch,
        lr=0.1,
        train_loss=None if epoch == 0 else 1 / epoch,
        running_accuracy=None if epoch == 0 else 0.5,
        clean_loss=0.7 / (epoch + 1),
        clean_accuracy=1 - 1 / (epoch + 2),
        validation_loss=0.25,
        validation_accuracy=0.75,
        test_loss=SEALED_LOSS,
        test_accuracy=SEALED_ACCURACY,
        batch_losses=struct.pack(f"<{batches}f", *(epoch + i / 8 for i in range(batches))),
        batch_accuracies=struct.pack(f"<{batches}f", *(i / 8 for i in range(batches))),
        train_seconds=0.5,
        evaluation_seconds=0.25,
        environment=digest(ENVIRONMENT),
        state=noise(run, epoch, size=state_bytes),
        histograms=histograms(epoch),
    )


def done(run: str, epoch: int = LAST) -> Outcome:
    said = Predictions(classes=b"SEALED-CLASSES", probabilities=b"SEALED-PROBABILITIES", images=7, class_count=2)
    weights = noise(run, "weights", size=30_000)
    return Outcome(run=run, state="done", epoch=epoch, step=5 * epoch, weights=weights, predictions=said, inside=INSIDE)


def nothing(_: int) -> None:
    """Tell nobody."""


def drive(directory: Path, *, last: int = LAST, tell: Callable[[int], None] = nothing) -> None:
    """Do what is missing of the study, as a driver does after an interruption."""
    with open_writer(directory) as store:
        store.declare(RUNS)
        store.put_environment(ENVIRONMENT)
        for run in store.reader.runs():
            if run.state == "done":
                continue
            assert store.start(run.id, PLAN) == PLAN
            point = store.state(run.id)
            if point is not None:
                assert point.state == noise(run.id, point.epoch, size=40_000)
            for epoch in range(0 if point is None else point.epoch + 1, last + 1):
                store.commit_epoch(record(run.id, epoch))
                tell(epoch)
            store.finish(done(run.id, last))
        choice = store.record_choice({"condition": "lr=0.1", "rule": "validation"})
        if not store.reader.looks():
            runs = [run.id for run in RUNS]
            store.record_look(test_fingerprint=TEST_SET, choice_sha256=choice, reason="run", runs=runs)


def content(directory: Path) -> list[object]:
    """Return every row of the file but times and processes, by plain SQL."""
    with closing(sqlite3.connect(directory / "study.db")) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {table: sorted(connection.execute(f"SELECT * FROM {table}"), key=repr) for table in tables}  # noqa: S608
    rows["looks"] = [row[:5] for row in rows["looks"]]
    return sorted(rows.items())


def whole(directory: Path) -> None:
    """Check what a crash left, with SQL of our own beside the store's check."""
    if not (directory / "study.db").exists() or (directory / "study.db").stat().st_size == 0:
        return
    try:
        assert check_integrity(directory) == ()
    except StoreError as error:
        if "is not a study" in error.wrong:  # killed before the tables were made
            return
        raise
    with closing(sqlite3.connect(directory / "study.db")) as connection:
        for sequence, name, state in connection.execute("SELECT sequence, id, state FROM runs").fetchall():
            epochs = connection.execute("SELECT epoch FROM epochs WHERE run = ? ORDER BY epoch", (sequence,))
            epochs = [row[0] for row in epochs]
            sealed = connection.execute("SELECT epoch FROM sealed_epochs WHERE run = ? ORDER BY 1", (sequence,))
            kept = connection.execute("SELECT epoch, sha256, state FROM states WHERE run = ?", (sequence,))
            kept = kept.fetchall()
            assert epochs == list(range(len(epochs)))
            assert [row[0] for row in sealed] == epochs
            if state == "done" or not epochs:
                assert kept == []
            else:
                bytes_then = noise(name, epochs[-1], size=40_000)
                assert kept == [(epochs[-1], digest_bytes(bytes_then), bytes_then)]


def die_in(work: Callable[[], None]) -> int:
    """Do some work in a child process and return how it ended."""
    child = os.fork()
    if child == 0:
        code = 77
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1]


class Dying(sqlite3.Connection):
    """A connection that ends its process before its n-th statement, which is after the one before."""

    left = 0

    def execute(self, *arguments):
        Dying.left -= 1
        if Dying.left == 0:
            os._exit(9)
        return super().execute(*arguments)


def drive_to_statement(directory: Path, number: int) -> None:
    Dying.left = number
    plain = sqlite3.connect
    sqlite3.connect = lambda *given, **named: plain(*given, factory=Dying, **named)
    drive(directory)


def drive_to_size(directory: Path, limit: int) -> None:
    """The system ends this process in the middle of the write that makes a file larger than the limit."""
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    drive(directory)


def statements(folder: Path) -> None:
    """Die between any two statements of a whole study; each time, what follows must not differ in a bit."""
    drive(folder / "reference")
    expected = content(folder / "reference")
    for number in itertools.count(1):
        directory = folder / str(number)
        ended = die_in(lambda: drive_to_statement(directory, number))  # noqa: B023  called at once
        if ended == 0:
            print(number - 1)
            return
        assert os.waitstatus_to_exitcode(ended) == 9
        whole(directory)
        drive(directory)
        assert content(directory) == expected, number
        shutil.rmtree(directory)


def sizes(folder: Path) -> None:
    """Die in the middle of writes to the file and its journal."""
    drive(folder / "reference")
    expected, size = content(folder / "reference"), (folder / "reference" / "study.db").stat().st_size
    deaths = 0
    for limit in range(5_000, size, size // 25):
        directory = folder / str(limit)
        ended = die_in(lambda: drive_to_size(directory, limit))  # noqa: B023  called at once
        assert os.waitstatus_to_exitcode(ended) == -signal.SIGXFSZ, limit
        deaths += 1
        whole(directory)
        drive(directory)
        assert content(directory) == expected, limit
    print(deaths)


def kills(folder: Path, count: int) -> None:
    """Kill a driver at random moments; whatever it was told to be committed must still be there."""
    chance = random.Random(count)  # noqa: S311  reproducible, no secret
    directory, deaths, alive = folder / "killed", 0, 0
    while deaths < count:
        heard, say = os.pipe()
        child = os.fork()
        if child == 0:
            drive(directory, last=100_000, tell=lambda epoch: os.write(say, struct.pack("<I", epoch)))  # noqa: B023
        os.close(say)
        select.select([heard], [], [], 5)  # the first epoch of this life
        time.sleep(chance.uniform(0, 0.03))
        os.kill(child, signal.SIGKILL)
        assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
        acknowledged = [epoch for (epoch,) in struct.iter_unpack("<I", os.read(heard, 1 << 16))]
        os.close(heard)
        whole(directory)
        with open_reader(directory) as reader:
            stored = len(reader.epochs(RUNS[0].id)) - 1
            assert reader.runs()[0].state == "waiting"
        assert acknowledged
        assert acknowledged[-1] <= stored <= acknowledged[-1] + 1
        assert acknowledged[0] == alive
        alive, deaths = stored + 1, deaths + 1
    print(deaths)


def crowd(folder: Path, readers: int) -> None:
    """Read from several processes while one writes; no read may fail or see half an epoch."""
    directory = folder / "crowd"
    with open_writer(directory) as store:
        store.declare(RUNS)
    children = [os.fork() or _read_until(directory, 60) for _ in range(readers)]
    with open_writer(directory) as store:
        store.start(RUNS[0].id, PLAN)
        for epoch in range(61):
            store.commit_epoch(record(RUNS[0].id, epoch))
    ends = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert ends == [0] * readers, ends
    print(readers)


def _read_until(directory: Path, last: int) -> int:
    code, seen = 1, -1
    try:
        with open_reader(directory) as reader:
            while seen < last:
                with open_reader(directory) as another:
                    another.runs()
                epochs = reader.epochs()
                assert [each.epoch for each in epochs] == list(range(len(epochs)))
                assert len(epochs) - 1 >= seen
                seen = len(epochs) - 1
                reader.batches(RUNS[0].id)
                reader.histograms(RUNS[0].id)
        code = 0
    finally:
        os._exit(code)


def read_only(_: Path) -> None:
    """Read a study, whole and half-written, as somebody who may not write."""
    folder = Path(tempfile.mkdtemp())  # pytest's own is closed to others
    try:
        for name in ("whole", "half"):
            directory = folder / name
            drive(directory)
            if name == "half":
                leave_half(directory)
            for path in (*directory.iterdir(), directory, folder):
                path.chmod(0o555 if path.is_dir() else 0o444)
            assert die_in(lambda: _as_nobody(directory)) == 0, name  # noqa: B023  called at once
            folder.chmod(0o755)
    finally:
        for path in (folder, *folder.iterdir()):
            path.chmod(0o755)
        shutil.rmtree(folder)
    print("read")


def leave_half(directory: Path) -> None:
    """Die inside a transaction whose first pages are in the file: its journal has to be played back."""

    def work() -> None:
        connection = sqlite3.connect(directory / "study.db", isolation_level=None)
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE weights SET weights = zeroblob(400000)")
        connection.execute("UPDATE epochs SET lr = 9")
        os._exit(9)

    die_in(work)
    assert (directory / "study.db-journal").stat().st_size > 0


def _as_nobody(directory: Path) -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    before = sorted(path.name for path in directory.iterdir())
    with open_reader(directory) as reader:
        runs, looks = reader.runs(), reader.looks()
        assert [run.state for run in runs] == ["done", "done"]
        assert reader.weights(RUNS[0].id) == noise(RUNS[0].id, "weights", size=30_000)
        assert math.isclose(reader.sealed(looks[0]).epochs(runs[0].id)[-1].test_accuracy, SEALED_ACCURACY)
        assert {epoch.lr for epoch in reader.epochs()} == {0.1}
    assert check_integrity(directory) == ()
    try:
        open_writer(directory)
    except StoreError:
        pass
    else:
        os._exit(78)
    assert sorted(path.name for path in directory.iterdir()) == before


def hold(directory: Path) -> None:
    """Keep a study's lock until killed."""
    with open_writer(directory) as store:
        store.declare(RUNS)
        store.start(RUNS[0].id, PLAN)
        print("held", flush=True)
        signal.pause()


def main(mode: str, folder: Path, number: int) -> None:
    modes = {"statements": statements, "sizes": sizes, "read_only": read_only, "hold": hold}
    if mode in modes:
        modes[mode](folder)
    else:
        {"kills": kills, "crowd": crowd}[mode](folder, number)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
