"""Threads that help with one thing at a time, at the same time as whoever asks them."""

import functools
import threading
import weakref
from collections.abc import Callable, Sequence
from queue import SimpleQueue


class Helper:
    """A thread that waits for something to do, and ends when nobody knows it any more.

    Raises:
        RuntimeError: the system starts no thread more.
    """

    def __init__(self) -> None:
        self._tasks: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._done: SimpleQueue[BaseException | None] = SimpleQueue()
        weakref.finalize(self, self._tasks.put, None)
        threading.Thread(target=_help, args=(self._tasks, self._done), daemon=True).start()

    def begin(self, task: Callable[[], None]) -> None:
        """Have something done."""
        self._tasks.put(task)

    def end(self) -> BaseException | None:
        """Wait until it is done; return what it raised."""
        return self._done.get()


def _help(tasks: "SimpleQueue[Callable[[], None] | None]", done: "SimpleQueue[BaseException | None]") -> None:
    while (task := tasks.get()) is not None:
        error = None
        try:
            task()
        except BaseException as raised:  # noqa: BLE001  it is raised again where it is heard of
            error = raised
        del task
        done.put(error)


def together(task: Callable[[int], None], *, helpers: Sequence[Helper], leave: Callable[[], None]) -> None:
    """Call task(0), and task(1) and so on by helpers at the same time.

    They may wait for each other. Where one raises, `leave` is called, so that the others wait no longer; what they have
    made then is worth nothing.
    """

    def share_of(thread: int) -> None:
        try:
            task(thread)
        except BaseException:
            leave()
            raise

    for thread, helper in enumerate(helpers, start=1):
        helper.begin(functools.partial(share_of, thread))
    try:
        share_of(0)
    finally:
        errors = [error for helper in helpers if (error := helper.end()) is not None]
    if errors:
        raise errors[0]
