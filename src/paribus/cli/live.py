"""Progress of a whole study: a live table in a terminal, a few plain lines elsewhere. Always on standard error."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live as Redrawn
from rich.spinner import Spinner
from rich.text import Text

from paribus.cli.board import board, look_of
from paribus.cli.safe import plain
from paribus.lab import Ended, Snapshot

if TYPE_CHECKING:
    from paribus.data import Reading

_PLAIN_SECONDS = 20.0  # between plain lines at first; later a fifth of the time that has passed
_MOST_LINES = 30  # runs that get a plain line each; more are told in so many lines together
_MOST_MESSAGES = 10  # of runs that failed or diverged: the rest is counted
_REDRAWS = 2.5  # a second: of 30 conditions they take 1 % of a core
_MOST_BAR, _LEAST_BAR = 40, 6
_ECHO = 4  # cells that stay free, so that "^C" does not break the line that is wiped out next
_BESIDE = 5  # lines of a terminal that are not the table's: heading, the others, progress, and a line of rest
_MINUTE, _HOUR = 60, 3600


class Live:
    """A context manager that is called with every snapshot; it draws in a terminal, and prints lines elsewhere."""

    def __init__(self, console: Console) -> None:
        self._watcher: _Screen | _Lines = _Screen(console) if console.is_interactive else _Lines(console)

    def __enter__(self) -> Self:
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watcher.stop(interrupted=kind is KeyboardInterrupt)

    def __call__(self, snapshot: Snapshot) -> None:
        """Show one snapshot."""
        self._watcher.show(snapshot)


class _Screen:
    """A table that is drawn over itself, some times a second and in a thread of its own: an event costs nothing."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._snapshot = Snapshot("starting")
        self._board = self._snapshot  # the last one that has conditions: they stay while the report is written
        self._since, self._resting = time.monotonic(), False
        self._size, self._unsure = console.size, 0
        self._messages = 0
        self._spinner = Spinner("dots" if look_of(console).ascii is False else "line", style="cyan")
        self._live = Redrawn(
            console=console,
            get_renderable=self._frame,
            refresh_per_second=_REDRAWS,
            transient=True,
            redirect_stdout=sys.stdout.isatty(),
        )

    def start(self) -> None:
        self._live.start()

    def stop(self, *, interrupted: bool) -> None:
        """Wipe the table out; who interrupts a training sees how far it came."""
        self._resting = interrupted
        self._live.transient = not (interrupted and self._board.standings)
        try:
            self._live.stop()
        finally:
            self._console.show_cursor()

    def show(self, snapshot: Snapshot) -> None:
        if snapshot.stage != self._snapshot.stage:
            self._since = time.monotonic()
        self._snapshot = snapshot
        if snapshot.standings:
            self._board = snapshot
        if snapshot.said:
            self._console.print(Text(plain(snapshot.said)))
        ended = snapshot.ended
        if ended is not None and ended.state != "done":
            self._messages += 1
            if self._messages <= _MOST_MESSAGES:
                self._console.print(Text(plain(_ending(ended))))

    def _frame(self) -> RenderableType:
        """Return what is to be seen now."""
        if self._console.size != self._size:  # how far the old table reaches now, only the terminal knows
            self._size, self._unsure = self._console.size, 2  # this frame may still be laid out for the old size
        if self._unsure:
            self._unsure -= 1
            self._console.clear()
        look, last = look_of(self._console), self._board
        lines: list[RenderableType] = []
        if last.standings:
            compared = [each for each in last.standings if not each.tuning]
            rows = max(1, self._console.height - _BESIDE)
            lines += board(compared or last.standings, split=last.split, look=look, rows=rows)
        if not self._resting:
            lines += self._progress()
        return Group(*lines)

    def _progress(self) -> list[Text]:
        """Return the stage with a bar, and numbers; in two lines where they do not fit into one."""
        now, look = self._snapshot, look_of(self._console)
        text, reading = describe(now), now.reading
        total, done = (reading.total, reading.done) if reading else (now.images, now.images_done)
        spinner = self._spinner.render(time.monotonic())
        line = Text().append_text(spinner if isinstance(spinner, Text) else Text()).append(" ")
        if now.stage != "training" or not total:
            line.append(plain(now.stage)).append(" " if total else " · ", style="dim")
        text = text.replace(" runs done", " runs") or duration(time.monotonic() - self._since)
        room = look.width - _ECHO - line.cell_len - 1
        if len(text) > room:  # what is left matters more than the speed
            text = " · ".join(part for part in text.split(" · ") if "images/s" not in part)
        room -= len(text)
        if total and room >= _LEAST_BAR:
            line.append_text(look.bar(done / total, min(room, _MOST_BAR))).append(" ")
        return [line.append(text, style="dim" if not total else "")]


class _Lines:
    """Plain lines, few of them however long the study is."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = self._told = time.monotonic()
        self._told_runs = self._messages = 0

    def start(self) -> None:
        """Nothing is to be prepared."""

    def stop(self, *, interrupted: bool) -> None:
        """Nothing is to be cleaned up."""

    def show(self, snapshot: Snapshot) -> None:
        text, now = describe(snapshot), time.monotonic()
        if snapshot.said:
            self._say(snapshot.said)
        if snapshot.ended is not None:
            self._tell_ended(snapshot, snapshot.ended)
        pause = max(_PLAIN_SECONDS, (now - self._began) / 5)
        if text and now - self._told > pause:
            self._say(f"{snapshot.stage}: {text}" if snapshot.reading else text)

    def _tell_ended(self, snapshot: Snapshot, ended: Ended) -> None:
        if ended.state != "done":
            self._messages += 1
        if ended.runs <= _MOST_LINES or (ended.state != "done" and self._messages <= _MOST_MESSAGES):
            self._console.print(f"  {plain(_ending(ended))}", highlight=False, markup=False, soft_wrap=True)
        elif ended.number - self._told_runs >= ended.runs / _MOST_LINES or ended.number == ended.runs:
            self._told_runs = ended.number
            self._say(describe(snapshot))

    def _say(self, text: str) -> None:
        self._console.print(f"  {plain(text)}", highlight=False, markup=False, soft_wrap=True)
        self._told = time.monotonic()


def describe(snapshot: Snapshot) -> str:
    """Return a snapshot as one line: runs, epochs, images per second, time left; or how far reading is."""
    if snapshot.reading is not None:
        return _amount(snapshot.reading)
    if not snapshot.runs:
        return ""
    parts = [f"{snapshot.runs_done:,} of {snapshot.runs:,} runs done"]
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
