"""What a terminal shows while a study trains, character by character; and what a pipe gets instead."""

import fcntl
import io
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from dataclasses import replace

import pyte
import pytest
from rich.console import Console

from paribus.cli import live
from paribus.lab import Ended, Snapshot, Standing, Working

HEADING = "condition"
# Makes its standard input the terminal that Ctrl-C comes from, then becomes the command.
CONTROLLED = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"


def standings(conditions=3, seeds=5, *, name="lr={}"):
    """Return conditions whose first has three finished runs, whose second has one and another at work."""
    done = ("done",) * 3 + ("waiting",) * (seeds - 3)
    first = Standing(name.format(0), True, False, done, (), 3, 0.974, 0.0054, news=1)
    begun = ("done", "running", *("waiting",) * (seeds - 2))
    second = Standing(name.format(1), False, False, begun, (Working(1, 12, 20, 0.6),), 1, 0.098, None, news=2)
    rest = [Standing(name.format(place), False, False, ("waiting",) * seeds) for place in range(2, conditions)]
    return (first, second, *rest)


def snapshot(shown, **changed):
    runs = sum(len(each.states) for each in shown)
    return Snapshot("training", 4, runs, 85, 250, 1000, 45_210.0, 12.0, standings=shown, **changed)


class Terminal:
    """A recording console and, of what was written to it, the screen of an independent emulator."""

    def __init__(self, width, height, *, encoding="utf-8", **options):
        self.file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="replace", write_through=True)
        self.console = Console(
            file=self.file, force_terminal=True, width=width, height=height, _environ={"TERM": "xterm"}, **options
        )
        self.size = width, height

    @property
    def written(self):
        return self.file.buffer.getvalue().decode(self.file.encoding)

    @property
    def screen(self):
        screen = pyte.Screen(*self.size)
        pyte.Stream(screen).feed(self.written.replace("\n", "\r\n"))  # as a terminal's driver passes it on
        return screen

    @property
    def lines(self):
        return [line.rstrip() for line in self.screen.display if line.strip()]


def shown(terminal, snapshots):
    """Return the lines of a terminal after snapshots were drawn, while the study still trains."""
    with live.Live(terminal.console) as watch:
        for each in snapshots:
            watch(each)
            watch._watcher._live.refresh()
        return terminal.lines


def test_a_table_stands_in_its_place_however_often_it_is_drawn():
    lines = shown(Terminal(100, 30), [snapshot(standings())] * 5)
    assert lines[:4] == [
        "condition        seeds      validation accuracy ± 95 %  training now",
        "lr=0 (baseline)  ●●●○○ 3/5  97.40% ± 0.54 pp",
        "lr=1             ●◐○○○ 1/5   9.80%, n = 1               seed 1 ━━━━━─── epoch 12/20",
        "lr=2             ○○○○○ 0/5",
    ]
    assert re.fullmatch(r". ━{10}─{30} 4 of 15 runs · 45,210 images/s · 12 s left", lines[4])
    assert len(lines) == 5


@pytest.mark.parametrize("width", [40, 60, 80, 160])
def test_no_line_is_broken_and_a_long_name_keeps_its_place_before_bars(width):
    table = standings(name="lr=0.{}, batch_size=64, momentum")
    lines = shown(Terminal(width, 30), [snapshot(table)])
    assert len(lines) == 5
    assert max(map(len, lines)) < width
    assert "97.40% ± 0.54" in lines[1]
    assert lines[4].endswith("12 s left")
    if width >= 60:
        assert lines[1].startswith("lr=0.0, batch_size=64")
        assert "12/20" in lines[2]


@pytest.mark.parametrize("width", [30, 34, 40, 60, 80, 160])
def test_the_heading_says_what_plus_and_minus_are_however_narrow_it_is(width):
    table = tuple(replace(each, alpha=0.01) for each in standings(name="lr=0.{}, batch_size=64, momentum"))
    heading = shown(Terminal(width, 30), [snapshot(table)])[0]
    assert "± 99 %" in heading
    assert len(heading) < width
    without = tuple(replace(each, half_width=None) for each in table)
    assert "±" not in shown(Terminal(width, 30), [snapshot(without)])[0]


def test_what_is_said_stays_in_a_terminal_and_in_a_pipe():
    said = snapshot(standings(), said="the images are others\x1b[2J")
    terminal = Terminal(100, 30)
    lines = shown(terminal, [said, snapshot(standings()), snapshot(standings())])
    assert lines[0] == "the images are others�[2J"
    assert sum("the images are others" in line for line in lines) == 1
    assert terminal.lines == ["the images are others�[2J"]
    file = io.StringIO()
    with live.Live(Console(file=file, width=10_000)) as watch:
        watch(said)
        watch(snapshot(standings()))
    assert file.getvalue().splitlines() == ["  the images are others�[2J"]


def test_more_conditions_than_lines_show_those_at_work_and_say_how_many_more():
    first, second, *rest = standings(40, 3)
    newer = [replace(each, news=10 + place) for place, each in enumerate(rest)]
    lines = shown(Terminal(100, 12), [snapshot((first, second, *newer))])
    assert len(lines) < 12
    assert [line.split()[0] for line in lines[1:-2]] == ["lr=0", "lr=1", "lr=36", "lr=37", "lr=38", "lr=39"]
    assert lines[-2] == "and 34 more conditions: 102 waiting"


def test_seeds_beyond_ten_are_a_bar_and_lost_runs_are_counted():
    states = ("done",) * 12 + ("diverged",) * 4 + ("failed",) * 4
    table = (Standing("a", True, False, states, (), 12, 0.9, None),)
    (_, line, *_) = shown(Terminal(100, 30), [snapshot(table)])
    assert "●●●●●●≠≠✗✗ 16/20" in line
    assert "4 failed, 4 diverged" in line


def test_it_leaves_an_empty_line_and_a_cursor_behind_and_who_interrupts_keeps_the_table():
    terminal = Terminal(100, 30)
    with live.Live(terminal.console) as watch:
        watch(snapshot(standings()))
    assert terminal.lines == []
    assert not terminal.screen.cursor.hidden
    stopped = Terminal(100, 30)
    watch = live.Live(stopped.console).__enter__()
    watch(snapshot(standings()))
    watch.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert [line.split()[0] for line in stopped.lines] == ["condition", "lr=0", "lr=1", "lr=2"]
    assert not stopped.screen.cursor.hidden


def test_colours_go_and_marks_stay_where_colours_are_not_wanted():
    terminal = Terminal(100, 30, no_color=True, color_system="standard")
    shown(terminal, [snapshot(standings())])
    assert "●●●○○ 3/5" in "\n".join(shown(terminal, [snapshot(standings())]))
    assert not re.search(r"\x1b\[(?:\d+;)*[34]\d(?:;\d+)*m", terminal.written)
    coloured = Terminal(100, 30, color_system="standard")
    shown(coloured, [snapshot(standings())])
    assert re.search(r"\x1b\[(?:\d+;)*3\d(?:;\d+)*m", coloured.written)


def test_a_terminal_without_unicode_gets_ascii():
    lines = shown(Terminal(100, 30, encoding="ascii"), [snapshot(standings())])
    assert "##>.. 2/5" not in lines[1]
    assert "###.. 3/5" in lines[1]
    assert "seed 1 =====--- epoch 12/20" in lines[2]


def test_a_name_cannot_move_the_cursor():
    lines = shown(Terminal(100, 30), [snapshot(standings(name="a\x1b[2J\r{}"))])
    assert lines[1].startswith("a�[2J�0 (baseline)")


@pytest.mark.parametrize("dumb", [False, True])
def test_a_pipe_and_a_dumb_terminal_get_plain_lines_and_few_of_them(dumb):
    file = io.StringIO()
    console = Console(file=file, width=10_000, force_terminal=dumb or None, _environ={"TERM": "dumb"})
    with live.Live(console) as watch:
        for number in range(1, 1001):
            state, message = ("diverged", "the loss was not finite") if number % 10 == 0 else ("done", "")
            ended = Ended(number, 1000, "lr=\x1b[2J", number, state, message, 0.9, "validation", 1.0)
            watch(Snapshot("training", number, 1000, ended=ended, standings=standings()))
    lines = file.getvalue().splitlines()
    assert "\x1b" not in file.getvalue()
    assert 20 <= len(lines) <= 60
    assert lines[-1] == "  1,000 of 1,000 runs done"
    assert sum("the loss was not finite" in line for line in lines) == 10


def test_in_a_pipe_each_of_few_runs_has_its_line():
    file = io.StringIO()
    with live.Live(Console(file=file, width=10_000)) as watch:
        for number in (1, 2):
            ended = Ended(number, 2, "ReLU", number, "done", "", 0.975, "validation", 3.2)
            watch(Snapshot("training", number, 2, ended=ended))
    assert file.getvalue().splitlines() == [
        "  [1/2] ReLU, seed 1: validation accuracy 97.50%, 3 s",
        "  [2/2] ReLU, seed 2: validation accuracy 97.50%, 3 s",
    ]


class Session:
    """The real command in a pseudo-terminal, watched by the emulator."""

    def __init__(self, *words, cwd, environment, size=(100, 30)):
        self.screen, self.seen, self.size = pyte.Screen(*size), [], size
        self._stream = pyte.ByteStream(self.screen)
        self._master, slave = pty.openpty()
        self.before = termios.tcgetattr(slave)
        self.resize(*size)
        # What runs tests side by side tells them a width of its own.
        free = {key: value for key, value in environment.items() if key not in {"COLUMNS", "LINES"}}
        self._process = subprocess.Popen(
            [sys.executable, "-c", CONTROLLED, sys.executable, "-m", "paribus", *words], cwd=cwd,
            stdin=slave, stdout=slave, stderr=slave, env={**free, "TERM": "xterm-256color"},
            start_new_session=True,
        )  # fmt: skip
        self._slave = slave

    def resize(self, width, height):
        self.screen.resize(height, width)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def type(self, text):
        os.write(self._master, text.encode())

    def until(self, wanted, *, seconds=90):
        """Read until the screen is as wanted, or the command has ended; return whether it is."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            os.set_blocking(self._master, False)
            try:
                self._stream.feed(os.read(self._master, 65_536))
            except BlockingIOError:
                if self._process.poll() is not None:
                    return wanted(self)
                time.sleep(0.01)
                continue
            self.seen.append(self.lines)
            if wanted(self):
                return True
        return False

    @property
    def lines(self):
        return [line.rstrip() for line in self.screen.display if line.strip()]

    def row(self, name):
        return next((line for line in self.lines if line.startswith(name)), "")

    def close(self):
        """Wait for the end; return exit code and the terminal's settings, before and after."""
        self.until(lambda _: False)
        after = termios.tcgetattr(self._slave)
        code = self._process.wait(timeout=10)
        os.close(self._slave)
        os.close(self._master)
        return code, self.before, after


def test_in_a_real_terminal_rows_change_and_nothing_of_the_table_is_left(place, environment):
    session = Session("run", "tiny.toml", "--no-report", "train.epochs=300", cwd=place, environment=environment)
    assert session.until(lambda now: "epoch " in now.row("lr=0.1 (baseline)")), session.lines
    assert session.screen.cursor.hidden
    session.resize(60, 20)

    def settled(now):  # a frame may still be drawn for the old width
        return re.search("[23]/3", now.row("lr=0.1")) and sum(HEADING in line for line in now.lines) == 1

    assert session.until(settled), session.lines
    code, before, after = session.close()
    rows = {line for lines in session.seen for line in lines if line.startswith("lr=0.1")}
    assert len(rows) >= 3
    assert any("± " in row for row in rows)
    assert code == 0
    assert not session.screen.cursor.hidden
    assert before == after
    said = " ".join(session.lines)
    assert "training now" not in said
    assert "left" not in said
    assert "chosen" in said


def test_ctrl_c_leaves_the_table_once_and_the_terminal_as_it_was(place, environment):
    words = ("run", "tiny.toml", "--no-report", "train.epochs=5000")
    session = Session(*words, cwd=place, environment=environment)
    assert session.until(lambda now: "epoch " in now.row("lr=0.1 (baseline)")), session.lines
    session.type("\x03")
    code, before, after = session.close()
    assert code == 128 + signal.SIGINT
    assert before == after
    assert not session.screen.cursor.hidden
    assert sum(HEADING in line for line in session.lines) == 1
    assert session.row("stopped").endswith("--no-report train.epochs=5000")
