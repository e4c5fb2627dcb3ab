"""A warm worker process: takes jobs from the driver, trains them one after another, sends records back.

Started by a nursery, not through multiprocessing's own start methods: those import the user's main script again, which
breaks scripts without a main guard. A worker writes no file. It ends when the driver says so or is gone.
"""

import dataclasses
import importlib
import math
import os
import sys
import threading
import time
import traceback
from multiprocessing.connection import Connection
from queue import SimpleQueue

import torch

from paribus.core import EpochRecord, ModelError, Outcome, ParibusError
from paribus.data import Images, SharedImages, open_images
from paribus.models import source_digest
from paribus.train.bench import lay_out
from paribus.train.environment import environment, environment_digest, settle
from paribus.train.job import Job
from paribus.train.loop import train_run
from paribus.train.memory import peak, reset_peak
from paribus.train.messages import Answer, Call, Environment, Leave, Progress, Started

_PROGRESS_SECONDS = 0.2


def main(descriptor: int) -> None:
    """Serve jobs until the driver closes its end of the connection."""
    connection: Connection = Connection(descriptor)
    told = _Told()
    threading.Thread(target=_listen, args=(connection, told), daemon=True).start()
    opened: dict[SharedImages, Images] = {}
    while True:
        job = told.jobs.get()
        connection.send(_answer(job) if isinstance(job, Call) else _serve(job, connection, opened, told))


class _Told:
    """What the driver has said: jobs, in order, and how many cores are this worker's at the moment."""

    def __init__(self) -> None:
        self.jobs: SimpleQueue[Job | Call] = SimpleQueue()
        self.leave = Leave(threads=1)

    def threads(self) -> int:
        return self.leave.threads


def prepare() -> None:
    """Import what torch imports when the first optimizer is made: it takes a second."""
    importlib.import_module("torch._dynamo")


def _answer(call: Call) -> Answer:
    """Make a call."""
    try:
        return Answer(call.key, call.function(call.argument))
    except ParibusError as error:
        return Answer(call.key, error=error)
    except Exception as error:  # noqa: BLE001  user code may raise anything
        return Answer(call.key, error=ModelError("model", wrong=_message(error)))


def _listen(connection: Connection, told: _Told) -> None:
    """Pass on what the driver says; end the process at once when it is gone, even in the middle of an epoch."""
    while True:
        try:
            said = connection.recv()
        except (EOFError, OSError):
            os._exit(0)
        if isinstance(said, Leave):
            told.leave = said
        else:
            told.jobs.put(said)


def _serve(job: Job, connection: Connection, opened: dict[SharedImages, Images], told: _Told) -> Outcome:
    """Train one job; whatever goes wrong is this run's failure and nobody else's."""
    device = torch.device(job.plan.device)
    try:
        settle(job.plan)
        facts = environment(job.plan)
        connection.send(Environment(digest=environment_digest(facts), facts=facts))
        reset_peak(device)
        if job.images not in opened:
            opened[job.images] = open_images(job.images)
        outcome = _train(job, connection, opened[job.images], environment_digest(facts), told)
    except Exception as error:  # noqa: BLE001  user code may raise anything
        outcome = Outcome(run=job.run, state="failed", epoch=0, step=0, message=_message(error))
    return dataclasses.replace(outcome, peak_memory_bytes=peak(device))


def _train(job: Job, connection: Connection, images: Images, facts: str, told: _Told) -> Outcome:
    _check_source(job)
    bench = lay_out(job.recipe, streams=job.streams, images=images, base_dir=job.base_dir, plan=job.plan)
    connection.send(Started(run=job.run, train_images=len(bench.parts["train"])))
    reporter = _Reporter(connection, job.run)
    return train_run(
        bench,
        run=job.run,
        environment=facts,
        on_epoch=reporter.epoch,
        on_progress=reporter.images,
        resume=job.resume,
        threads=told.threads,
    )


def _check_source(job: Job) -> None:
    """Refuse to train another network under the identity of the one that was asked for."""
    if source_digest(job.recipe.model, base_dir=job.base_dir) != job.source:
        raise ModelError(
            "model.module",
            wrong=f"{job.recipe.model.module} has changed since this study was started",
            allowed="run the study again: the changed file is another network, with runs of its own",
        )


class _Reporter:
    """Sends epochs at once and counts of images now and then."""

    def __init__(self, connection: Connection, run: str) -> None:
        self._connection, self._run = connection, run
        self._pending, self._told = 0, -math.inf  # the first images are told at once

    def images(self, count: int) -> None:
        self._pending += count
        if time.monotonic() - self._told > _PROGRESS_SECONDS:
            self._tell()

    def epoch(self, record: EpochRecord) -> None:
        self._tell()
        self._connection.send(record)

    def _tell(self) -> None:
        if self._pending:
            self._connection.send(Progress(run=self._run, images=self._pending))
        self._pending, self._told = 0, time.monotonic()


def _message(error: Exception) -> str:
    """Say what failed and where: our own errors speak for themselves, others name the user's frame."""
    if isinstance(error, ParibusError):
        return str(error)
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error):
        return f"out of memory: {error}; a smaller train.batch_size needs less"
    frames = traceback.extract_tb(error.__traceback__)
    foreign = [frame for frame in frames if f"{os.sep}site-packages{os.sep}" not in frame.filename]
    last = (foreign or frames)[-1]
    return f"{type(error).__name__}: {error} ({last.filename}:{last.lineno}, in {last.name})"


if __name__ == "__main__":
    main(int(sys.argv[1]))
