"""The conditions of a study as a table that fits its terminal: at work in `run`, at rest in `status`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from paribus.cli.safe import plain
from paribus.lab import Standing, Working

STATES = ("done", "running", "waiting", "diverged", "failed")
STYLES = {"done": "green", "running": "cyan", "waiting": "dim", "diverged": "magenta", "failed": "bold red"}
_MOST_MARKS = 10  # more seeds than this are drawn as a bar of shares
_ENOUGH_NAME, _LEAST_NAME = 32, 6
_RUN_BAR = 8  # cells of the bar of one run, where there is room for it
_GAP = "  "
_SHORT = {"validation": "val.", "training": "train"}  # as wide as an accuracy with its interval
_DRAWN = ("done", "diverged", "failed", "running", "waiting")  # along a bar of shares


@dataclass(frozen=True, slots=True)
class _Layout:
    kind: Literal["bar", "epoch", "short"]  # how runs at work are told
    marks: bool = True
    wide: bool = True  # the words "accuracy" and "pp"


# The widest first; a name that says which condition it is is worth more than a bar.
_LAYOUTS = (
    _Layout("bar"),
    _Layout("epoch"),
    _Layout("short"),
    _Layout("short", wide=False),
    _Layout("short", marks=False, wide=False),
)


@dataclass(frozen=True, slots=True)
class Look:
    """How a table is drawn: in how many columns, and whether with ASCII only."""

    width: int
    ascii: bool = False

    def mark(self, state: str) -> Text:
        """Return the mark of a state; marks differ in shape, for who sees or gets no colours."""
        shapes = "#>.!x" if self.ascii else "●◐○≠✗"
        return Text(shapes[STATES.index(state)], style=STYLES[state])

    def bar(self, share: float, width: int) -> Text:
        """Return a bar of so many cells."""
        full, empty = ("=", "-") if self.ascii else ("━", "─")
        filled = min(width, max(0, round(share * width)))
        return Text().append(full * filled, style="green").append(empty * (width - filled), style="dim")

    def fit(self, text: str, cells: int) -> str:
        """Return text in exactly so many cells: what is longer ends with an ellipsis."""
        if cell_len(text) <= cells:
            return set_cell_size(text, cells)
        return set_cell_size(text, max(0, cells - 1)) + ("." if self.ascii else "…")


def look_of(console: Console) -> Look:
    """Return how to draw on a console."""
    return Look(console.width, ascii=not console.encoding.startswith("utf"))


def board(standings: Sequence[Standing], *, split: str, look: Look, rows: int) -> list[Text]:
    """Return the table, line by line: a heading, at most so many conditions, and what the others are.

    Args:
        standings: the conditions.
        split: what their accuracies are measured on.
        look: how to draw.
        rows: the most lines; those at work and those with news are shown first.
    """
    shown = _chosen(standings, rows)
    names = [plain(each.name) + (" (baseline)" if each.baseline and len(standings) > 1 else "") for each in shown]
    longest = max(map(cell_len, ["condition", *names]))
    for layout in _LAYOUTS:
        cells = [_cells(each, look, layout) for each in shown]
        _align([said for _, said, _ in cells])
        heading = _heading(layout, split, shown)
        widths = [max(each.cell_len for each in column) for column in zip(heading, *cells, strict=True)]
        name = look.width - 1 - sum(widths) - len(_GAP) * sum(width > 0 for width in widths)
        if name >= min(longest, _ENOUGH_NAME):
            break
    name = max(_LEAST_NAME, min(longest, name))
    lines = [_line([Text(look.fit("condition", name)), *heading], widths, look)]
    lines[0].stylize("dim")
    lines += [
        _line([Text(look.fit(label, name)), *each], widths, look) for label, each in zip(names, cells, strict=True)
    ]
    return [*lines, *_hidden(standings, shown)]


def accuracy(standing: Standing) -> str:
    """Return "97.40% ± 0.54 pp", or how many runs the mean is of where there is no interval."""
    if standing.mean is None:
        return ""
    mean = f"{standing.mean:.2%}"
    if standing.half_width is None:
        return f"{mean}, n = {standing.n}"
    return f"{mean} ± {100 * standing.half_width:.2f} pp"


def counted_states(standings: Sequence[Standing]) -> str:
    """Return "3 done, 2 running, 10 waiting", of runs."""
    counts = Counter(state for each in standings for state in each.states)
    return ", ".join(f"{counts[state]:,} {state}" for state in STATES if counts[state])


def _chosen(standings: Sequence[Standing], rows: int) -> list[Standing]:
    """Return what there is room for, in the order of the study: at work, the baseline, then what is newest."""
    if len(standings) <= rows:
        return list(standings)
    order = sorted(
        range(len(standings)),
        key=lambda place: (not standings[place].working, not standings[place].baseline, -standings[place].news, place),
    )
    return [standings[place] for place in sorted(order[: max(1, rows - 1)])]


def _hidden(standings: Sequence[Standing], shown: Sequence[Standing]) -> list[Text]:
    names = {each.name for each in shown}
    hidden = [each for each in standings if each.name not in names]
    if not hidden:
        return []
    noun = "condition" if len(hidden) == 1 else "conditions"
    return [Text(f"and {len(hidden):,} more {noun}: {counted_states(hidden)}", style="dim")]


def _seeds(standing: Standing, look: Look, *, marks: bool) -> Text:
    """Return a mark for every seed, or a bar where they are many, and "3/5"."""
    states = standing.states if marks else ()
    if len(states) > _MOST_MARKS:  # shares, as counts of done, running, ... that end at the right places
        order = sorted(states, key=_DRAWN.index)
        states = tuple(order[place * len(order) // _MOST_MARKS] for place in range(_MOST_MARKS))
    ended = sum(state in ("done", "diverged") for state in standing.states)
    drawn = Text().join(look.mark(state) for state in states)
    return drawn.append(f"{' ' if states else ''}{ended}/{len(standing.states)}")


def _heading(layout: "_Layout", split: str, shown: Sequence[Standing]) -> list[Text]:
    """Return the heads of the columns; where an accuracy has a plus or minus, how sure that is."""
    working = any(each.working for each in shown)
    told = ("seed: epoch" if layout.kind == "short" else "training now") if working else ""
    measured = f"{split} accuracy" if layout.wide else _SHORT.get(split, split)
    level = next((f" ± {100 * (1 - each.alpha):g} %" for each in shown if each.half_width is not None), "")
    return [Text("seeds"), Text(f"{measured}{level}"), Text(told)]


def _cells(standing: Standing, look: Look, layout: "_Layout") -> list[Text]:
    said = accuracy(standing)
    said = said if layout.wide else said.removesuffix(" pp")
    return [_seeds(standing, look, marks=layout.marks), Text(said), _news(standing, look, layout.kind)]


def _align(accuracies: Sequence[Text]) -> None:
    """Put the points below each other: 9.80 % is shorter than 97.40 %."""
    places = [each.plain.find("%") for each in accuracies]
    for each, place in zip(accuracies, places, strict=True):
        if place >= 0:
            each.pad_left(max(places) - place)


def _line(cells: Sequence[Text], widths: Sequence[int], look: Look) -> Text:
    """Return cells in a row; what is beyond the terminal is cut."""
    padded = [cells[0]]
    for cell, width in zip(cells[1:], widths, strict=True):
        cell.pad_right(width - cell.cell_len)
        padded += [cell] if width else []
    line = Text(_GAP).join(padded)
    line.rstrip()
    line.truncate(look.width - 1, overflow="crop" if look.ascii else "ellipsis")
    return line


def _news(standing: Standing, look: Look, kind: str) -> Text:
    parts = [
        Text(f"{standing.states.count(state)} {state}", style=STYLES[state])
        for state in ("failed", "diverged")
        if state in standing.states
    ]
    parts += [_work(each, look, kind) for each in standing.working]
    return Text(", ").join(parts)


def _work(working: Working, look: Look, kind: str) -> Text:
    """Return "seed 2 ━━━━──── 12/20", or less of it."""
    epochs = f"{working.epoch}/{working.epochs}" if working.epochs is not None else str(working.epoch)
    if kind == "short":
        return Text(f"{working.seed}: {epochs}", style="cyan")
    if kind == "epoch" or working.share is None:
        return Text(f"seed {working.seed}: epoch {epochs}", style="cyan")
    told = Text(f"seed {working.seed} ", style="cyan").append_text(look.bar(working.share, _RUN_BAR))
    return told.append(f" epoch {epochs}", style="cyan")
