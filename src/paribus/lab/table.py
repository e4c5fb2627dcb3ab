"""A small table that shows itself: in a terminal as text, in a notebook as HTML."""

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_DIGITS = 6


@dataclass(frozen=True)
class Table:
    """Columns and rows of plain values; iterating gives one dict per row, in full precision."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[object, ...]]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, object]]:
        for row in self.rows:
            yield dict(zip(self.columns, row, strict=True))

    def __str__(self) -> str:
        cells = [self.columns, *(tuple(_shown(value) for value in row) for row in self.rows)]
        widths = [max(len(line[place]) for line in cells) for place in range(len(self.columns))]
        lines = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in cells]
        return "\n".join("  ".join(line).rstrip() for line in lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(_shown(value))}</td>" for value in row) + "</tr>" for row in self.rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _shown(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.{_DIGITS}g}" if isinstance(value, float) else str(value)
