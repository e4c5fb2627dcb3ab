"""A confusion matrix as a table to read: percentages, what stands behind each of them, pairs in words."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from paribus.figures import ConfusionData, confusion_data, least_accurate, most_confused

# More classes than this make a table that nobody reads: then it is a picture.
MOST_IN_TABLE = 12
_PAIRS, _WEAKEST = 8, 5
_STEPS = 8  # of colour for right answers, by their share


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: percentage, look ("right r0" to "right r8", "none", "h1" to "h8"), and the counts in words."""

    text: str
    look: str
    title: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """What is printed of a confusion matrix.

    Attributes:
        names: of the classes.
        rows: a row for each true class; empty where there are too many classes for a table.
        data: for the picture in its place.
        pairs: (true class, predicted class, "31 of 4,910 (0.63 %)"), the most confused first.
        weakest: (class, accuracy in per cent) of the least accurate classes.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    data: ConfusionData
    pairs: tuple[tuple[str, str, str], ...]
    weakest: tuple[tuple[str, str], ...]


def matrix(counts: Sequence[Sequence[int]], *, names: Sequence[str]) -> Matrix:
    """Return the table for counts [true][predicted]."""
    data = confusion_data(counts)
    rows = tuple(_row(data, true, names) for true in range(len(names))) if len(names) <= MOST_IN_TABLE else ()
    pairs = tuple(
        (names[each.true], names[each.predicted], _count(each.count, each.total))
        for each in most_confused(data, most=_PAIRS)
    )
    weakest = least_accurate(data, most=min(_WEAKEST, len(names) // 2))
    return Matrix(
        names=tuple(names),
        rows=rows,
        data=data,
        pairs=pairs,
        weakest=tuple((names[each], _percent(data.accuracy(each), decimals=1)) for each in weakest),
    )


def _row(data: ConfusionData, true: int, names: Sequence[str]) -> tuple[Cell, ...]:
    cells = []
    for predicted, share in enumerate(data.shares[true]):
        count, level = data.counts[true][predicted], data.heat[true][predicted]
        right = true == predicted
        verb = "recognised" if right else f"taken for {names[predicted]}"
        title = f"{names[true]} {verb}: {_count(count, data.totals[true])}"
        look = f"right r{math.ceil(_STEPS * (share or 0.0))}" if right else f"h{level}" if level else "none"
        text = _percent(share, decimals=1) if right or count else ""
        cells.append(Cell(text, look, title))
    return tuple(cells)


def _count(count: int, total: int) -> str:
    return f"{count:,} of {total:,} ({_percent(count / total if total else None, decimals=2)}\xa0%)"


def _percent(share: float | None, *, decimals: int) -> str:
    return "\N{EN DASH}" if share is None else f"{100 * share:.{decimals}f}"
