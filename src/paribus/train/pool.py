"""The driver's side of the workers: starts them, feeds them, passes on what they say. Imports no torch."""

import os
import signal
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import Self

from paribus.core import Outcome
from paribus.train.job import Job
from paribus.train.messages import Event

# One thread each: set before a worker imports torch, because its libraries read them once.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
# What makes a GPU's matrix products the same from run to run (cuBLAS reads it once, too).
_REPEATABLE = {"CUBLAS_WORKSPACE_CONFIG": ":4096:8"}
# Tells glibc to keep freed memory: giving large blocks back and getting them again, page by page, took half the time
# of convolutions with large batches (docs/log.md). Other C libraries do not read it.
_KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "4000000000", "MALLOC_TRIM_THRESHOLD_": "8000000000"}
_SAID_BYTES = 2000  # of a dead worker's last words


@dataclass(slots=True)
class _Worker:
    process: subprocess.Popen[bytes]
    connection: Connection
    said: Path
    run: str | None = None


class Pool:
    """Worker processes that stay warm from run to run; a context manager, and nothing survives its end.

    Args:
        workers: number of processes; each trains one run at a time, with one thread on the CPU.
    """

    def __init__(self, *, workers: int) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="paribus-")
        self._workers = [self._start(number) for number in range(workers)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all workers at once; an epoch that is not committed is not worth waiting for."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.wait()
            worker.connection.close()
        self._folder.cleanup()

    def train(self, runs: Sequence[str], *, job: Callable[[str], Job]) -> Iterator[list[Event]]:
        """Train runs, in order, as workers become free.

        Args:
            runs: identities.
            job: makes the job of a run when its turn has come (a state to resume from may be large).

        Yields:
            all that the workers have said since the last time, so that what came while the disk was busy can be
            written in one transaction; each run's `Outcome` comes last. A worker that dies is that run's failure;
            another takes its place.
        """
        waiting = deque(runs)
        unfinished = set(runs)
        while unfinished:
            for worker in self._workers:
                if worker.run is None and waiting:
                    worker.run = waiting.popleft()
                    with suppress(OSError):  # a worker that died while it waited is noticed when it is heard
                        worker.connection.send(job(worker.run))
            events = self._hear()
            unfinished.difference_update(event.run for event in events if isinstance(event, Outcome))
            yield events

    def _hear(self) -> list[Event]:
        """Return what the working processes have said since; wait until one says something."""
        heard: list[Event] = []
        working = {worker.connection: number for number, worker in enumerate(self._workers) if worker.run}
        for connection in wait(list(working)):
            assert isinstance(connection, Connection)
            heard += self._drain(connection, number=working[connection])
        return heard

    def _drain(self, connection: Connection, *, number: int) -> Iterator[Event]:
        said = True
        while said:
            try:
                event: Event = connection.recv()
            except (EOFError, OSError):
                event = self._replace(number)
            yield event
            if isinstance(event, Outcome):
                self._workers[number].run = None
                return
            said = connection.poll()

    def _replace(self, number: int) -> Outcome:
        """Bury a worker that died in the middle of a run and start another; return the run's outcome."""
        dead = self._workers[number]
        code = dead.process.wait()
        words = dead.said.read_bytes()[-_SAID_BYTES:].decode(errors="replace").strip()
        message = f"the worker process {_cause(code)}" + (f"; its last words: {words}" if words else "")
        assert dead.run is not None
        dead.connection.close()
        self._workers[number] = self._start(number)
        return Outcome(run=dead.run, state="failed", epoch=0, step=0, message=message)

    def _start(self, number: int) -> _Worker:
        ours, theirs = Pipe()
        said = Path(self._folder.name) / f"worker-{number}.txt"
        descriptor = theirs.fileno()
        with said.open("wb") as sink:  # what user code prints must not tear the progress display
            process = subprocess.Popen(  # noqa: S603  our own interpreter and module
                [sys.executable, "-m", "paribus.train.worker", str(descriptor)],
                env={**os.environ, **_ONE_THREAD, **_REPEATABLE, **_KEEP_MEMORY},
                pass_fds=[descriptor],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,  # Ctrl-C goes to the driver, which ends its workers itself
            )
        theirs.close()
        return _Worker(process, ours, said)


def _cause(code: int) -> str:
    if code < 0:
        name = signal.Signals(-code).name
        hint = " (out of memory, most likely)" if name == "SIGKILL" else ""
        return f"was ended by {name}{hint}"
    return f"ended by itself with exit code {code}"
