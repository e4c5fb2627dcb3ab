"""Work on many files: in threads, in order, in bounded memory, with progress."""

import os
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

from paribus.data.telling import Reading, Tell

T = TypeVar("T")
R = TypeVar("R")

_SECONDS_BETWEEN = 0.2  # what is told more often cannot be read


def in_order(
    function: Callable[[Sequence[T]], R], batches: Iterable[Sequence[T]], *, progress: Reading, tell: Tell
) -> Generator[R, None, None]:
    """Yield function(batch) for every batch, in order, while threads work on the next ones.

    At most two batches for each core wait at a time, so that memory stays bounded however many there are. When the
    caller stops listening, or Ctrl-C is pressed, nothing new is begun.

    Args:
        function: gives up Python's lock where its work is, or threads do not help.
        batches: read as they are needed.
        progress: what is told: its total, and how much is done at the start; a batch adds its length.
        tell: hears of the start, of the end, and at most five times a second.
    """
    threads = _cores()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="paribus-data")
    waiting: deque[tuple[int, Future[R]]] = deque()
    heard = _paced(tell)
    heard(progress)
    try:
        for batch in batches:
            waiting.append((len(batch), pool.submit(function, batch)))
            if len(waiting) > 2 * threads:
                progress = replace(progress, done=progress.done + waiting[0][0])
                yield waiting.popleft()[1].result()
                heard(progress)
        while waiting:
            progress = replace(progress, done=progress.done + waiting[0][0])
            yield waiting.popleft()[1].result()
            heard(progress)
    finally:
        # Not waited for: a thread ends after its batch, and Ctrl-C should not take that long.
        pool.shutdown(wait=False, cancel_futures=True)


def batched(files: Iterable[T], *, size: Callable[[T], int], most_bytes: int, most: int = 64) -> Iterator[list[T]]:
    """Yield consecutive files in lists of at most `most` and, but for single large ones, at most so many bytes."""
    batch: list[T] = []
    bytes_so_far = 0
    for file in files:
        more = size(file)
        if batch and (len(batch) == most or bytes_so_far + more > most_bytes):
            yield batch
            batch, bytes_so_far = [], 0
        batch.append(file)
        bytes_so_far += more
    if batch:
        yield batch


def _paced(tell: Tell) -> Tell:
    last = float("-inf")

    def paced(reading: Reading) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _SECONDS_BETWEEN or reading.done == reading.total:
            last = now
            tell(reading)

    return paced


def _cores() -> int:
    """Return how many cores this process may use, which containers and batch systems restrict."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
