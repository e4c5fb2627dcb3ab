"""Fresh Python processes with one connection to this one: for workers, and for calls that must not happen here."""

import gc
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import ParamSpec, Protocol, TypeVar

from paribus.core import ModelError, ParibusError

P = ParamSpec("P")
R = TypeVar("R")

# One thread each: set before a process imports torch, because its libraries read them once.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
# What makes a GPU's matrix products the same from run to run (cuBLAS reads it once, too).
_REPEATABLE = {"CUBLAS_WORKSPACE_CONFIG": ":4096:8"}
# Tells glibc to keep freed memory: giving large blocks back and getting them again, page by page, took half the time
# of convolutions with large batches (docs/log.md). Other C libraries do not read it.
_KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "4000000000", "MALLOC_TRIM_THRESHOLD_": "8000000000"}
_LAST_WORDS = 2000  # characters
_PATIENCE = 2.0  # seconds


class Handle(Protocol):
    """What is asked of a process, as in subprocess.Popen."""

    def kill(self) -> None:
        """End it at once."""

    def wait(self) -> int:
        """Wait for its end; return its exit code, or less than 0: the signal that ended it."""

    def poll(self) -> int | None:
        """Return its exit code; None while it runs."""


@dataclass(frozen=True, slots=True)
class Process:
    """A running process, the connection to it, and the files that take what it, and what started it, print."""

    process: Handle
    connection: Connection
    said: tuple[Path, ...]

    def bury(self) -> str:
        """Wait for a process that has died, and say how it did."""
        code = self.process.wait()
        self.connection.close()
        words = "".join(each.read_text(encoding="utf-8", errors="replace") for each in self.said)[-_LAST_WORDS:].strip()
        return f"the process {_cause(code)}" + (f"; its last words: {words}" if words else "")

    def end(self) -> None:
        """End the process at once."""
        self.process.kill()
        self.process.wait()
        self.connection.close()

    def outlast(self) -> None:
        """Wait a moment for the end of a process that something else ends: it hangs up."""
        with suppress(EOFError, OSError):
            while self.connection.poll(_PATIENCE):
                self.connection.recv_bytes()
        self.connection.close()


def environment() -> dict[str, str]:
    """Return the environment of processes that train."""
    return {**os.environ, **_ONE_THREAD, **_REPEATABLE, **_KEEP_MEMORY}


@contextmanager
def keeping_all() -> Iterator[None]:
    """Import without looking for garbage, which takes longer the more there is; what is here then is never looked at.

    Imports of a worker take 1.5 to 1.8 s so, 2.1 to 2.4 s otherwise (docs/log.md). Forks share what is never looked at.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def start(module: str, *, said: Path) -> Process:
    """Start `python -m module DESCRIPTOR`; the descriptor is the process's end of the connection."""
    ours, theirs = Pipe()
    descriptor = theirs.fileno()
    with said.open("wb") as sink:  # what user code prints must tear neither progress nor JSON
        process = subprocess.Popen(  # noqa: S603  our own interpreter and module
            [sys.executable, "-m", module, str(descriptor)],
            env=environment(),
            pass_fds=[descriptor],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,  # Ctrl-C goes to the driver, which ends its processes itself
        )
    theirs.close()
    return Process(process, ours, (said,))


def apart(function: Callable[P, R], /, *args: P.args, **named: P.kwargs) -> R:
    """Return what a function gives when it is called in a fresh process; for functions that run a user's code.

    Whatever that code prints, changes or breaks stays there.

    Raises:
        ParibusError: what the function raises.
        ModelError: the process did not live to answer.
    """
    with tempfile.TemporaryDirectory(prefix="paribus-") as folder:
        helper = start("paribus.train.apart", said=Path(folder) / "said.txt")
        try:
            helper.connection.send((function, args, named))
            answer = helper.connection.recv()
        except (EOFError, OSError):
            raise ModelError("model.module", wrong=f"the user's own code did not return: {helper.bury()}") from None
        except BaseException:
            helper.end()
            raise
        helper.end()
    if isinstance(answer, ParibusError):
        raise answer
    result: R = answer
    return result


def _cause(code: int) -> str:
    if code < 0:
        name = signal.Signals(-code).name
        hint = " (out of memory, most likely)" if name == "SIGKILL" else ""
        return f"was ended by {name}{hint}"
    return f"ended by itself with exit code {code}"
