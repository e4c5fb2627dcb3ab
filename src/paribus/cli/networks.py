"""Networks as tables that one can paste: for the terminal, as Markdown, as LaTeX."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich import box

from paribus.cli.forms import Form
from paribus.cli.printing import counted, listed, make_table, row, say, styled
from paribus.cli.safe import plain

if TYPE_CHECKING:
    from paribus.core import ModelFacts
    from paribus.lab import Check

_COLUMNS = ("layer", "output", "parameters", "sum", "multiply-adds")
_NUMBERS = ("parameters", "multiply-adds")
_NARROW, _WIDE = 10, 32  # cells of the label of a path
_PRODUCT = re.compile(r"(?<=\d) ?[*x] ?(?=\d)")  # "64*32" in a sum, "6 x 24 x 24" in a shape
_TEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': "''",
}  # fmt: skip


def show_networks(check: "Check") -> None:
    """Print each network once, with the conditions that have it and how it is trained."""
    for facts, names in networks(check):
        table = make_table(*_COLUMNS, numbers=_NUMBERS)
        table.box, table.show_edge, table.show_footer = box.SIMPLE, False, True
        *layers, total = _rows(facts)
        for cells in layers:
            table.add_row(*(styled(cell) for cell in cells))
        for column, cell in zip(table.columns, total, strict=True):
            column.footer = styled(cell, "bold")
        say(styled(f"network of {_users(check, names)}", "bold"))
        say(table)
        _show_paths(check, names)
        say()


def _show_paths(check: "Check", names: Sequence[str]) -> None:
    """Print how a network is trained; where that differs between its conditions, which one is meant."""
    users: dict[str, list[str]] = {}
    for name in names:
        if name in check.paths:
            users.setdefault(check.paths[name].sentence(), []).append(name)
    labels = [f"path ({listed(some)})" if len(users) > 1 else "path" for some in users.values()]
    width = max(_NARROW, min(_WIDE, max(map(len, labels), default=0)))
    for label, said in zip(labels, users, strict=True):
        row(label, said, style="dim", width=width)


def written(check: "Check", form: Form) -> str:
    """Return all networks as Markdown or LaTeX, each with the conditions that have it."""
    write = _markdown if form is Form.markdown else _latex
    return "\n\n".join(write(_rows(facts), _users(check, names)) for facts, names in networks(check))


def networks(check: "Check") -> list[tuple["ModelFacts", list[str]]]:
    """Return each different network with the conditions that have it."""
    users: dict[ModelFacts, list[str]] = {}
    for name, facts in check.models.items():
        users.setdefault(facts, []).append(name)
    return list(users.items())


def _users(check: "Check", names: Sequence[str]) -> str:
    if len(names) < len(check.models) or len(names) == 1:
        return listed(names)
    return f"all {counted(len(names), 'condition')}"


def _rows(facts: "ModelFacts") -> list[tuple[str, ...]]:
    """Return the cells of a network's table; the last row is the total."""
    rows = [
        (
            each.name,
            " x ".join(str(size) for size in each.output_shape),
            _count(each.parameters),
            each.sum,
            _count(each.multiply_adds),
        )
        for each in facts.layers
    ]
    return [*rows, ("total", "", f"{facts.parameters:,}", "", f"{facts.multiply_adds:,}")]


def _markdown(rows: Sequence[Sequence[str]], users: str) -> str:
    cells = [
        [_in_markdown(_PRODUCT.sub(" \N{MULTIPLICATION SIGN} ", cell)) for cell in each] for each in (_COLUMNS, *rows)
    ]
    cells[-1] = [f"**{cell}**" if cell else "" for cell in cells[-1]]
    widths = [max(3, *(len(each[place]) for each in cells)) for place in range(len(_COLUMNS))]

    def joined(each: Sequence[str]) -> str:
        aligned = (
            cell.rjust(width) if name in _NUMBERS else cell.ljust(width)
            for name, cell, width in zip(_COLUMNS, each, widths, strict=True)
        )
        return f"| {' | '.join(aligned)} |"

    rule = (
        "-" * (width - 1) + (":" if name in _NUMBERS else "-") for name, width in zip(_COLUMNS, widths, strict=True)
    )
    lines = [joined(cells[0]), f"| {' | '.join(rule)} |", *(joined(each) for each in cells[1:])]
    return "\n".join([f"Network of {_in_markdown(users)}:", "", *lines])


def _in_markdown(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|~])", r"\\\1", plain(text).replace("\n", " "))


def _latex(rows: Sequence[Sequence[str]], users: str) -> str:
    columns = "".join("r" if name in _NUMBERS else "l" for name in _COLUMNS)
    *layers, total = [" & ".join(_in_latex(cell) for cell in each) + r" \\" for each in rows]
    return "\n".join([
        r"\begin{table}",
        r"  \centering",
        rf"  \caption{{Network of {_in_latex(users)}.}}",
        rf"  \begin{{tabular}}{{{columns}}}",
        r"    \hline",
        f"    {' & '.join(_in_latex(name) for name in _COLUMNS)} \\\\",
        r"    \hline",
        *(f"    {each}" for each in layers),
        r"    \hline",
        f"    {total}",
        r"    \hline",
        r"  \end{tabular}",
        r"\end{table}",
    ])  # fmt: skip


def _in_latex(text: str) -> str:
    """Return text for LaTeX: special characters escaped, products and shapes as mathematics writes them."""
    escaped = "".join(_TEX.get(each, each) for each in plain(text).replace("\n", " "))
    return _PRODUCT.sub(r" $\\times$ ", escaped)


def _count(number: int) -> str:
    return f"{number:,}" if number else ""
