"""The other side of a nursery: a process that imports a module once, and forks.

Started as `python -m paribus.train.forking MODULE DESCRIPTOR`. It draws no random numbers and starts no thread: what it
has done before a fork, all forks have done.
"""

import ctypes
import importlib
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import NoReturn

from paribus.train.nursery import ALIVE, READY, WORD
from paribus.train.process import keeping_all

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_NEVER_STARTED = 71  # EX_OSERR of sysexits.h


def main(module: str, descriptor: int) -> None:
    """Import a module, and start processes of it until the driver closes its end."""
    with keeping_all():
        target = importlib.import_module(module)
    control, forks = socket.socket(fileno=descriptor), list[_Fork]()
    control.send(READY)
    while True:
        request, descriptors = _heard(control)
        if not request:
            break
        verb, *number = request.decode().split()
        if verb == "prepare":
            with _told():  # what is not ready then is imported, or fails, where it is needed
                target.prepare()
        if descriptors:
            forks.append(_Fork(code=_NEVER_STARTED))
            with _told():
                forks[-1] = _Fork(_fork(target.main, *descriptors, control=control))
            for each in descriptors:
                os.close(each)
        else:
            control.send(str(forks[int(number[0])].answer(verb)).encode())
    for fork in forks:  # all at once, then their processor time is counted as that of children
        if fork.code is None:
            os.kill(fork.pid, signal.SIGKILL)
    for fork in forks:
        fork.answer("wait")


def _heard(control: socket.socket) -> tuple[bytes, list[int]]:
    try:
        request, descriptors, _, _ = socket.recv_fds(control, WORD, 2)
    except ConnectionResetError:  # a driver that hangs up without having listened
        return b"", []
    return request, descriptors


@dataclass(slots=True)
class _Fork:
    """A child, and its exit code when that is known."""

    pid: int = 0
    code: int | None = None

    def answer(self, verb: str) -> int:
        """Return the exit code, or that it is alive."""
        if self.code is None:
            if verb == "kill":
                os.kill(self.pid, signal.SIGKILL)
            found, status = os.waitpid(self.pid, os.WNOHANG if verb == "poll" else 0)
            if not found:
                return ALIVE
            self.code = os.waitstatus_to_exitcode(status)
        return self.code


@contextmanager
def _told() -> Iterator[None]:
    """Print what goes wrong, and go on: others live here."""
    try:
        yield
    except Exception:  # noqa: BLE001  whatever it is
        traceback.print_exc()


def _fork(function: Callable[[int], None], connection: int, sink: int, *, control: socket.socket) -> int:
    parent = os.getpid()
    sys.stdout.flush()  # or a fork would say it again
    sys.stderr.flush()
    child = os.fork()
    if not child:
        control.close()
        _live(function, connection, sink, parent=parent)
    return child


def _live(function: Callable[[int], None], connection: int, sink: int, *, parent: int) -> NoReturn:
    """Be a process of its own, to the end; the kernel ends it with its parent."""
    code = 1
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(0)
        os.setsid()  # who ends a group, as users' code may, ends nobody else
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        os.close(sink)
        _draw_anew()
        function(connection)
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
        if error.code is not None and not isinstance(error.code, int):
            sys.stderr.write(f"{error.code}\n")
    except BaseException:  # noqa: BLE001  as an interpreter does: it is told, and ends the process
        traceback.print_exc()
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _draw_anew() -> None:
    """Let global generators begin with the machine's randomness, as in a fresh process; Python's own does so itself."""
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "torch" in sys.modules:
        sys.modules["torch"].default_generator.seed()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
    os._exit(0)  # at once: there is nothing to tidy up
