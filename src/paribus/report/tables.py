"""The tables beside a report, as CSV in full precision; undefined and sealed cells are empty."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence

from paribus.figures import CurveRow, visible
from paribus.report.content import ReportContent, RunRow

# A spreadsheet takes a cell that begins like this for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def tables(content: ReportContent) -> dict[str, str]:
    """Return name -> CSV text (RFC 4180: comma, CRLF, quotes where needed)."""
    return {
        "conditions": _csv(*_conditions(content)),
        "contrasts": _csv(*_contrasts(content)),
        "runs": _csv(*_fields(RunRow, content.runs)),
        "epochs": _csv(*_fields(CurveRow, content.curves)),
    }


def _conditions(content: ReportContent) -> tuple[list[str], Iterable[Sequence[object]]]:
    paths = list(dict.fromkeys(path for levels in content.levels.values() for path in levels))
    head = [
        "condition",
        *paths,
        "response",
        "n",
        "diverged",
        "mean",
        "sd",
        "interval_low",
        "interval_high",
        "reason",
    ]
    rows = (
        [
            each.name,
            *(content.levels.get(each.name, {}).get(path) for path in paths),
            content.response,
            each.n,
            each.diverged,
            each.mean,
            each.sd,
            *(each.interval or (None, None)),
            each.reason,
        ]
        for each in content.conditions
    )
    return head, rows


def _contrasts(content: ReportContent) -> tuple[list[str], Iterable[Sequence[object]]]:
    names = ["condition", "baseline", "n", "diverged", "difference", "sd"]
    tests = ["p", "p_adjusted", "equivalence_p", "equivalence_p_adjusted", "verdict"]
    head = [
        *names,
        "interval_low",
        "interval_high",
        *tests,
        "seeds_needed_low",
        "seeds_needed_high",
        "reason",
    ]
    rows = (
        [
            *(getattr(each, name) for name in names),
            *(each.interval or (None, None)),
            *(getattr(each, name) for name in tests),
            *(each.seeds_needed or (None, None)),
            each.reason,
        ]
        for each in content.contrasts
    )
    return head, rows


def _fields(
    kind: type[RunRow] | type[CurveRow], rows: Sequence[RunRow] | Sequence[CurveRow]
) -> tuple[list[str], Iterable[Sequence[object]]]:
    names = list(kind.__slots__)
    return names, ([getattr(row, name) for name in names] for row in rows)


def _csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO(newline="")
    write: Callable[[Iterable[object]], object] = csv.writer(text).writerow
    write(_cell(name) for name in head)
    for row in rows:
        write(_cell(value) for value in row)
    return text.getvalue()


def _cell(value: object) -> object:
    """Numbers as Python writes them (shortest text that reads back the same); text never as a formula."""
    if isinstance(value, str):
        text = visible(value)
        return f"'{text}" if text.startswith(_FORMULA) else text
    if isinstance(value, float):
        return repr(float(value))  # float() undresses numpy's own floats
    return "" if value is None else repr(value)
