"""The other side of a nursery: a process that imports a module once, and forks.

Started as `python -m paribus.train.forking MODULE DESCRIPTOR`. It draws no random numbers and starts no thread: what it
has done before a fork, all forks have done.
"""

import importlib
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from paribus.train.nursery import ALIVE, READY, WORD
from paribus.train.process import keeping_all


def main(module: str, descriptor: int) -> None:
    """Import a module, and start processes of it until the driver closes its end."""
    with keeping_all():
        target = importlib.import_module(module)
    control, started = socket.socket(fileno=descriptor), list[int]()
    codes: dict[int, int] = {}
    with suppress(OSError):
        control.send(READY)
        while True:
            request, descriptors, _, _ = socket.recv_fds(control, WORD, 2)
            if not request:
                break
            verb, *number = request.decode().split()
            if verb == "prepare":
                target.prepare()
            if descriptors:
                if not (child := os.fork()):
                    control.close()
                    _live(target.main, *descriptors)
                for each in descriptors:
                    os.close(each)
                started.append(child)
            else:
                control.send(str(_answer(verb, started[int(number[0])], codes)).encode())
    for child in started:
        _answer("kill", child, codes)


def _answer(verb: str, child: int, codes: dict[int, int]) -> int:
    """Return a child's exit code, or that it is alive."""
    if child not in codes:
        if verb == "kill":
            os.kill(child, signal.SIGKILL)
        found, status = os.waitpid(child, os.WNOHANG if verb == "poll" else 0)
        if not found:
            return ALIVE
        codes[child] = os.waitstatus_to_exitcode(status)
    return codes[child]


def _live(function: Callable[[int], None], connection: int, sink: int) -> NoReturn:
    """Be a process of its own, to the end."""
    code = 1
    try:
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        os.close(sink)
        if "numpy" in sys.modules:  # its global generator began with the machine's randomness in a fresh process, too
            sys.modules["numpy"].random.seed()
        function(connection)
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:  # noqa: BLE001  as an interpreter does: it is told, and ends the process
        traceback.print_exc()
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
    os._exit(0)  # at once: there is nothing to tidy up
