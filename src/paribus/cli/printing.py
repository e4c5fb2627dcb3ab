"""How the commands print: on standard output, safely, for a terminal of any width or for a pipe."""

import sys
from collections.abc import Sequence

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from paribus.cli.safe import plain

_PIPED_WIDTH = 10_000  # where there is no terminal, lines are broken by whoever reads them
_LABEL_WIDTH = 10
_MOST_NAMES = 20
stdout = Console(highlight=False, width=None if sys.stdout.isatty() else _PIPED_WIDTH)
# Where standard error is no terminal nothing is drawn over, even if somebody forces colours (FORCE_COLOR).
stderr = Console(
    highlight=False,
    stderr=True,
    width=None if sys.stderr.isatty() else _PIPED_WIDTH,
    force_interactive=None if sys.stderr.isatty() else False,
)


def line(label: str, text: str) -> None:
    """Print a dim label and a text that stays right of it."""
    row(label, text, style="dim")


def row(label: str, text: str, *, style: str = "", width: int = _LABEL_WIDTH) -> None:
    """Print a label and a text that stays right of it, however many lines it takes."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(width=width, style=style)
    grid.add_column(overflow="fold")
    grid.add_row(styled(label), styled(text))
    say(grid)


def say(what: RenderableType = "") -> None:
    """Print on standard output; where it is no terminal, without the blanks that fill a table's lines."""
    if stdout.is_terminal:
        stdout.print(what)
        return
    with stdout.capture() as captured:
        stdout.print(what)
    for each in captured.get().removesuffix("\n").split("\n"):
        stdout.out(each.rstrip(), highlight=False)


def make_table(*names: str, numbers: Sequence[str] = ()) -> Table:
    """Return an empty table with columns of these names; those of numbers are aligned on the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in names:
        table.add_column(name, justify="right" if name in numbers else "left", overflow="fold")
    return table


def styled(text: str, style: str = "") -> Text:
    """Return text that no control character of its own can spoil."""
    return Text(plain(text), style=style)


def listed(names: Sequence[str]) -> str:
    """Return names in a row; names have commas of their own."""
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return "; ".join(names[:_MOST_NAMES]) + more


def cut(text: str, most: int) -> str:
    """Return text of at most so many characters: what is longer ends with an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def counted(number: int, noun: str) -> str:
    """Return "1 image", "1,200 images"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
