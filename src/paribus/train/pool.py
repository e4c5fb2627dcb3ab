"""The driver's side of the workers: starts them, feeds them, passes on what they say. Imports no torch."""

import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import Self

from paribus.core import Outcome
from paribus.train.job import Job
from paribus.train.messages import Answer, Call, Event, Leave
from paribus.train.nursery import Nursery
from paribus.train.process import Process


@dataclass(slots=True)
class _Worker:
    """A process; `run` is what it trains, and one that has run a user's code is `spent`: it trains nothing else.

    `threads` cores are its own.
    """

    process: Process
    run: str | None = None
    spent: bool = False
    threads: int = 1


class Pool:
    """Worker processes that stay warm from run to run; a context manager, and nothing survives its end.

    Args:
        workers: number of processes; each trains one run at a time.
        cores: what they may use together; while fewer runs are left than cores, idle ones help. None: one each.
    """

    def __init__(self, *, workers: int, cores: int | None = None) -> None:
        self._cores = cores or workers
        self._folder = tempfile.TemporaryDirectory(prefix="paribus-")
        self._nursery = Nursery("paribus.train.worker", folder=Path(self._folder.name))
        self._workers = [_Worker(self._nursery.start()) for _ in range(workers)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all workers at once; an epoch that is not committed is not worth waiting for."""
        self._nursery.close()
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
                    given = job(waiting.popleft())
                    self._give(worker, given, name=given.run, own=given.recipe.model.module is not None)
            self._share_cores()
            events = [event for event in self._hear() if not isinstance(event, Answer)]
            unfinished.difference_update(event.run for event in events if isinstance(event, Outcome))
            yield events

    def ask(self, calls: Sequence[Call]) -> Iterator[Answer]:
        """Have workers make calls, one each at a time; yield what they give, or raise, as it comes.

        Of a worker that dies there is no answer.
        """
        waiting = deque(calls)
        while waiting or any(worker.run for worker in self._workers):
            for worker in self._workers:
                if worker.run is None and waiting:
                    call = waiting.popleft()
                    self._give(worker, call, name=call.key, own=call.own)
            yield from (event for event in self._hear() if isinstance(event, Answer))

    def _share_cores(self) -> None:
        """Let those that train have the cores of those that have nothing to do."""
        busy = [worker for worker in self._workers if worker.run is not None]
        for number, worker in enumerate(busy):
            threads = max(1, (self._cores + number) // len(busy))
            if threads != worker.threads:
                worker.threads = threads
                with suppress(OSError):
                    worker.process.connection.send(Leave(threads))

    def _give(self, worker: _Worker, job: Job | Call, *, name: str, own: bool) -> None:
        if worker.spent:  # by the run before: nothing else is trained there
            worker.process, worker.threads = self._nursery.start(first=False), 1
        worker.run, worker.spent = name, own
        with suppress(OSError):  # a worker that died while it waited is noticed when it is heard
            worker.process.connection.send(job)

    def _hear(self) -> list[Event | Answer]:
        """Return what the working processes have said since; wait until one says something."""
        heard: list[Event | Answer] = []
        working = {worker.process.connection: number for number, worker in enumerate(self._workers) if worker.run}
        for connection in wait(list(working)):
            assert isinstance(connection, Connection)
            heard += self._drain(connection, number=working[connection])
        return heard

    def _drain(self, connection: Connection, *, number: int) -> Iterator[Event | Answer]:
        worker, said = self._workers[number], True
        while said:
            try:
                event: Event | Answer = connection.recv()
            except (EOFError, OSError):
                assert worker.run is not None
                message = f"a worker died: {worker.process.bury()}"
                event, worker.spent = Outcome(worker.run, "failed", epoch=0, step=0, message=message), True
            yield event
            if isinstance(event, Outcome | Answer):
                self._free(number)
                return
            said = connection.poll()

    def _free(self, number: int) -> None:
        """Make room for the next run; what a user's code has touched, and what has died, is ended."""
        worker = self._workers[number]
        worker.run = None
        if worker.spent:
            worker.process.end()
