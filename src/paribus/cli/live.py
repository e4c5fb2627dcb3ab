"""Progress of a whole study: a live line in a terminal, plain lines elsewhere. Always on standard error."""

import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from paribus.lab import Ended, Snapshot

if TYPE_CHECKING:
    from paribus.data import Reading

_PLAIN_SECONDS = 20.0
_MINUTE, _HOUR = 60, 3600


class Live:
    """A context manager that is called with every snapshot."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[text]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("training", total=None, text="starting")
        self._told = time.monotonic()

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def __call__(self, snapshot: Snapshot) -> None:
        """Draw one snapshot."""
        text = describe(snapshot)
        reading = snapshot.reading
        total, done = (reading.total, reading.done) if reading else (snapshot.images, snapshot.images_done)
        self._progress.update(self._task, description=snapshot.stage, total=total or None, completed=done, text=text)
        if snapshot.ended is not None:
            self._console.print(f"  {_ending(snapshot.ended)}", highlight=False, markup=False)
        due = text and not self._console.is_terminal and time.monotonic() - self._told > _PLAIN_SECONDS
        if due:
            said = f"{snapshot.stage}: {text}" if reading else text
            self._console.print(f"  {said}", highlight=False, markup=False)
            self._told = time.monotonic()


def describe(snapshot: Snapshot) -> str:
    """Return a snapshot as one line: runs, epochs, images per second, time left; or how far reading is."""
    if snapshot.reading is not None:
        return _amount(snapshot.reading)
    if not snapshot.runs:
        return ""
    parts = [f"{snapshot.runs_done} of {snapshot.runs} runs done", f"{snapshot.epochs_done} epochs"]
    if snapshot.images_per_second:
        parts.append(f"{snapshot.images_per_second:,.0f} images/s")
    if snapshot.seconds_left is not None:
        parts.append(f"{duration(snapshot.seconds_left)} left")
    return " · ".join(parts)


def _amount(reading: "Reading") -> str:
    """Return "12.3 of 170.5 MB", "4,000 of 20,000 images"."""
    if reading.unit == "bytes":
        done, total = f"{reading.done / 1e6:.1f}", f"{reading.total / 1e6:.1f} MB"
    else:
        done, total = f"{reading.done:,}", f"{reading.total:,} {reading.unit}"
    return f"{done} of {total}" if reading.total else f"{done} {total.rpartition(' ')[2]}"


def duration(seconds: float) -> str:
    """Return seconds as people say them: 8 s, 3 min 20 s, 1 h 05 min."""
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min {int(seconds % _MINUTE):02d} s"
    return f"{int(seconds // _HOUR)} h {int(seconds % _HOUR // _MINUTE):02d} min"


def _ending(ended: Ended) -> str:
    name = f"[{ended.number}/{ended.runs}] {ended.condition}, seed {ended.seed}"
    if ended.state != "done":
        return f"{name}: {ended.state}: {ended.message}"
    accuracy, split = ended.accuracy, ended.split
    measured = f"{split} accuracy {accuracy:.2%}" if accuracy is not None else "done"
    return f"{name}: {measured}, {duration(ended.seconds)}"
