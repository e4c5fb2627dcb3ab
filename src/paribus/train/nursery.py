"""Many processes of one kind, from one that has imported what they need: they start in milliseconds, not in seconds.

On Linux one process imports a module and forks when it is told to (forking.py); elsewhere, where libraries do not bear
that, each process is a fresh one. A fork has the environment and the imports of the process it came from, and nothing
else: that one has never trained.
"""

import socket
import subprocess
import sys
import uuid
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from pathlib import Path

from paribus.train.process import Process, environment, start

READY = b"ready"
ALIVE = 10**6  # instead of an exit code
WORD = 64  # bytes of a request or an answer, at most
_PATIENCE = 0.2  # seconds, for who may be importing
_FORKS = sys.platform == "linux"


@dataclass(frozen=True, slots=True)
class _Forked:
    """A process that is not our child: what subprocess.Popen does for one that is."""

    nursery: "_Forks"
    number: int

    def kill(self) -> None:
        self.nursery.ask("kill", self.number)

    def wait(self) -> int:
        return self.nursery.ask("wait", self.number)

    def poll(self) -> int | None:
        code = self.nursery.ask("poll", self.number)
        return None if code == ALIVE else code


class Nursery:
    """Starts processes of one module; all end with it.

    Args:
        module: has `main(descriptor)`; the descriptor is the process's end of the connection. Its `prepare()` is called
            before a process is started that is not one of the first: for what they have had to import themselves.
        folder: for what they print.
    """

    def __init__(self, module: str, *, folder: Path) -> None:
        self._module, self._folder = module, folder
        self._forks = [self._forking()] if _FORKS else []
        self._started: list[Process] = []

    def start(self, *, first: bool = True) -> Process:
        """Start a process, or have it started as soon as the imports are done; returns at once."""
        said = self._folder / f"{len(self._started)}.txt"
        if not self._forks:
            self._started.append(start(self._module, said=said))
            return self._started[-1]
        try:
            self._started.append(self._forks[-1].start(said, first=first))
        except OSError:  # something has ended what forks: another begins, and the runs that it took are lost
            self._forks.append(self._forking())
            self._started.append(self._forks[-1].start(said, first=first))
        return self._started[-1]

    def close(self) -> None:
        """End all processes at once."""
        for forking in self._forks:
            forking.close()
        for process in self._started:
            if self._forks:
                process.outlast()
            else:
                process.end()

    def _forking(self) -> "_Forks":
        return _Forks(self._module, said=self._folder / f"nursery-{uuid.uuid4().hex}.txt")


class _Forks:
    """The driver's side of a process that forks.

    With the descriptors of a connection and of a file it is told to "start" a process, or to "prepare" and start one.
    It is asked to "kill", "wait" for or "poll" the n-th, and answers with exit codes. When it hears no more, all end.
    """

    def __init__(self, module: str, *, said: Path) -> None:
        self._said, self._count, self._ready = said, 0, False
        self._codes: dict[int, int] = {}
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with said.open("wb") as sink:
            self._process = subprocess.Popen(  # noqa: S603  our own interpreter and module
                [sys.executable, "-m", "paribus.train.forking", module, str(theirs.fileno())],
                env=environment(),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,  # Ctrl-C goes to the driver, which ends its processes itself
            )
        theirs.close()

    def start(self, said: Path, *, first: bool) -> Process:
        """Have a process started.

        Raises:
            OSError: nobody is there to do it.
        """
        ours, theirs = Pipe()
        with theirs, said.open("wb") as sink:
            socket.send_fds(self._socket, [b"start" if first else b"prepare"], [theirs.fileno(), sink.fileno()])
        self._count += 1
        return Process(_Forked(self, self._count - 1), ours, (self._said, said))

    def ask(self, verb: str, number: int) -> int:
        """Return an exit code; that of the process that forks when it has died itself, and others with it."""
        if number not in self._codes:
            try:
                self._ready = self._ready or self._hear() == READY
                self._socket.send(f"{verb} {number}".encode())
                code = int(self._hear())
            except (OSError, EOFError):
                code = self._process.wait()
            if code == ALIVE:
                return code
            self._codes[number] = code
        return self._codes[number]

    def close(self) -> None:
        """End it and all that it has started, which it does when it hears no more, or the kernel when it has ended."""
        self._socket.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_PATIENCE)
        self._process.kill()
        self._process.wait()

    def _hear(self) -> bytes:
        if not (answer := self._socket.recv(WORD)):
            raise EOFError
        return answer
