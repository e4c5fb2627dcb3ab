"""The largest batch that fits: doubling and bisection, every size tried in a process that may die of it.

No torch here: the process that tries is paribus.train.trying.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from paribus.core import ParibusError, Streams, StudyError
from paribus.study import Recipe
from paribus.train.free_memory import free_memory
from paribus.train.process import Process, start

if TYPE_CHECKING:  # NumPy is not needed to start workers
    from paribus.data import SharedImages

SHARE = 0.9  # of the free memory: what is measured now is not all that will ever be needed
_FIRST = 2  # batch normalisation in training wants two images
_CLOSE = 64  # bisection ends within a 64th: memory is not the same twice to that degree

Told = Callable[[int], None]


def _nobody(batch: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What the trying process is told first.

    Attributes:
        recipe: what is to be trained; its batch size is not looked at.
        limit: bytes that one worker may take; None: the process takes its share of the device.
        workers: processes that will train on the device at once.
        cores: what one of them may use on the CPU while others have nothing to do.
    """

    recipe: Recipe
    streams: Streams
    images: "SharedImages"
    base_dir: Path
    device: str
    limit: int | None
    workers: int
    cores: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one size.

    Attributes:
        fits: whether a worker has the memory for it.
        why: why not, in words.
        peak: bytes of the process, or of the GPU's allocator, at most; None where it cannot be measured.
        limit: bytes that it was allowed.
    """

    fits: bool
    why: str = ""
    peak: int | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Largest:
    """What was found.

    Attributes:
        batch: the largest batch that fits.
        certain: whether the search came to its end; else larger ones may fit.
        peak: bytes of one worker with it, None where it cannot be measured.
        limit: bytes that one worker may take.
        tried: how many sizes were tried.
    """

    batch: int
    certain: bool
    peak: int | None
    limit: int | None
    tried: int


def next_batch(*, fits: int, fails: int | None, most: int) -> int | None:
    """Return the size to try next; None when the search is over.

    Args:
        fits: the largest size known to fit, 0 for none.
        fails: the smallest size known not to fit.
        most: the largest size that is wanted.
    """
    if fits >= most:
        return None
    if fails is None:
        return min(most, max(2 * fits, _FIRST))
    return (fits + fails) // 2 if fails - fits > max(1, fits // _CLOSE) else None


def without_single(batch: int, *, images: int) -> int:
    """Return the next smaller batch size that leaves no last batch of one image, which batch normalisation refuses."""
    while batch > 1 and images % batch == 1:
        batch -= 1
    return batch


def largest_batch(trial: Trial, *, most: int, seconds: float | None = None, told: Told = _nobody) -> Largest:
    """Return the largest batch that fits.

    Args:
        trial: what is to be trained, and where. Without a limit, a worker on the CPU has its share of what is
            free now, one on a GPU its share of what is free there.
        most: training images of the split.
        seconds: when to stop looking, counted from the first answer; None for never.
        told: hears of every size that is tried.

    Raises:
        StudyError: not even one image fits, or an update fails for another reason than memory.
        ParibusError: what the images or the network raise.
    """
    until: float | None = None
    fits, fails, last, best, tried = 0, None, Answer(fits=False), Answer(fits=True), 0
    with _Trying(_limited(trial)) as trying:
        while (batch := next_batch(fits=fits, fails=fails, most=most)) is not None:
            told(batch)
            answer = trying.ask(batch, until=until)
            if answer is None:
                break
            tried, last = tried + 1, answer
            if seconds is not None and until is None:  # the first answer waits for the process to start
                until = time.monotonic() + seconds
            fits, fails, best = (batch, fails, answer) if answer.fits else (fits, batch, best)
    if not fits and fails is not None and fails == 1:
        raise _nothing_fits(last, trial)
    size = without_single(max(fits, 1), images=most)
    return Largest(size, certain=batch is None, peak=best.peak, limit=best.limit, tried=tried)


def _limited(trial: Trial) -> Trial:
    """Return a trial with a limit: on the CPU the processes share what is free before the first of them starts."""
    if trial.limit is not None or trial.device != "cpu":
        return trial
    limit = int(SHARE * free_memory() / trial.workers)
    return replace(trial, limit=limit)


def _nothing_fits(last: Answer, trial: Trial) -> StudyError:
    share = "" if trial.workers == 1 else f" with {trial.workers} workers at once"
    return StudyError(
        "train.batch_size",
        wrong=f'"largest": not even one image fits into memory{share} ({last.why})',
        allowed="a smaller network or smaller images (data.resize), or fewer workers (--workers 1)",
    )


class _Trying:
    """The process that tries: it lives while sizes fit; one that did not leaves memory in a state nobody knows."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._folder = tempfile.TemporaryDirectory(prefix="paribus-")
        self._process: Process | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        self._folder.cleanup()

    def ask(self, batch: int, *, until: float | None) -> Answer | None:
        """Return what becomes of a size; None when time is up. A process that dies is an answer, too."""
        if self._process is None:
            self._process = start("paribus.train.trying", said=Path(self._folder.name) / "said.txt")
        process = self._process
        try:
            process.connection.send((self._trial, batch))
            if not process.connection.poll(None if until is None else max(0.0, until - time.monotonic())):
                self._end()
                return None
            answer: Answer | ParibusError = process.connection.recv()
        except (EOFError, OSError):
            self._process = None
            return Answer(fits=False, why=process.bury())
        if isinstance(answer, ParibusError):
            raise answer
        if not answer.fits:
            self._end()
        return answer

    def _end(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process = None
