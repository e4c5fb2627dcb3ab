"""Progress of a whole study: a live line in a terminal, plain lines elsewhere. Always on standard error."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from paribus.lab import Ended, Snapshot

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
        text = describe(snapshot) if snapshot.runs else ""
        total = snapshot.images or None
        self._progress.update(
            self._task, description=snapshot.stage, total=total, completed=snapshot.images_done, text=text
        )
        if snapshot.ended is not None:
            self._console.print(f"  {_ending(snapshot.ended)}", highlight=False, markup=False)
        plain_and_due = (
            snapshot.runs and not self._console.is_terminal and time.monotonic() - self._told > _PLAIN_SECONDS
        )
        if plain_and_due:
            self._console.print(f"  {text}", highlight=False, markup=False)
            self._told = time.monotonic()


def describe(snapshot: Snapshot) -> str:
    """Return a snapshot as one line: runs, epochs, images per second, time left."""
    parts = [f"{snapshot.runs_done} of {snapshot.runs} runs done", f"{snapshot.epochs_done} epochs"]
    if snapshot.images_per_second:
        parts.append(f"{snapshot.images_per_second:,.0f} images/s")
    if snapshot.seconds_left is not None:
        parts.append(f"{duration(snapshot.seconds_left)} left")
    return " · ".join(parts)


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
