"""What the commands print: tables and sentences for people."""

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from paribus.cli.live import duration
from paribus.cli.safe import plain

if TYPE_CHECKING:
    from paribus.core import ModelFacts
    from paribus.data import SourceStatus
    from paribus.lab import Check, Results
    from paribus.study import Study

_PIPED_WIDTH = 200  # where there is no terminal, lines are broken by whoever reads them
stdout = Console(highlight=False, width=None if sys.stdout.isatty() else _PIPED_WIDTH)
stderr = Console(highlight=False, stderr=True, width=None if sys.stderr.isatty() else _PIPED_WIDTH)

_VERDICT_STYLES = {"different": "bold yellow", "equivalent": "green", "negligible": "green", "diverged": "red"}


def show_gallery(studies: Iterable["Study"]) -> None:
    """Print the built-in studies."""
    table = _table("study", "question", "takes")
    for study in studies:
        table.add_row(_text(study.name, "bold"), _text(study.question), _text(study.takes))
    stdout.print(table)
    stdout.print("Run one with  paribus run NAME ; print it with  paribus gallery NAME")


def show_sources(sources: Sequence["SourceStatus"]) -> None:
    """Print the data sources."""
    table = _table("source", "what it is", "found")
    for source in sources:
        where = str(source.folder or "built in") if source.available else "missing"
        table.add_row(_text(source.name, "bold"), _text(source.title), _text(where))
    stdout.print(table)


def sources_json(sources: Sequence["SourceStatus"]) -> list[dict[str, Any]]:
    """Return the data sources as plain values."""
    return [
        {
            "source": each.name,
            "title": each.title,
            "available": each.available,
            "folder": str(each.folder) if each.folder else None,
            "files": [{"name": file.name, "sha256": file.sha256} for file in each.files],
        }
        for each in sources
    ]


def show_check(check: "Check") -> None:
    """Print a study before it is trained."""
    _heading(check.study.name, check.study.question)
    shown: dict[ModelFacts, list[str]] = {}
    for name, facts in check.models.items():
        shown.setdefault(facts, []).append(name)
    for facts, names in shown.items():
        _show_model(facts, "all conditions" if len(shown) == 1 else ", ".join(names))
    for data, users in check.data:
        used = "" if len(check.data) == 1 else f" ({', '.join(users)})"
        _line("data", f"{data.source}{used}: {data.split}")
        _line("pixels", data.normalization)
    seeds = check.study.design.seeds
    _line("runs", f"{check.runs}: {len(check.levels)} conditions x {seeds} seed{'s' if seeds != 1 else ''}")
    workers = f"{check.workers} worker process{'es' if check.workers != 1 else ''}"
    _line("time", f"about {duration(check.seconds)} with {workers} (measured on a few updates)")
    _line("memory", f"about {check.memory_bytes / 2**20:,.0f} MiB")
    for sentence in check.power:
        _line("power", sentence)


def show_results(results: "Results") -> None:
    """Print what a study found."""
    _heading(results.study.name, results.study.question)
    sentences = results.sentences()
    if results.judged:
        stdout.print(_conditions_table(results))
    for contrast in results.contrasts if results.judged else ():
        verdict = contrast.verdict or "no verdict"
        stdout.print(_text(f"{verdict:>12}  ", _VERDICT_STYLES.get(verdict, "")) + _text(sentences[contrast.condition]))
    stdout.print()
    stdout.print(_text(results.answer(), "bold"))
    _show_choice(results)
    for run in results.failed:
        stdout.print(_text(f"failed: {run.condition}, seed {run.seed}: {run.message}", "red"))
    report = results.directory / "report.html"
    if report.exists():
        _line("report", str(report))


def show_status(results: "Results") -> None:
    """Print the state of a study's runs."""
    _heading(results.study.name, results.study.question)
    table = _table("condition", "seed", "state", "epochs", "validation", "note")
    for run in results.runs:
        accuracy = results.validation_accuracy(run)
        shown = f"{accuracy:.2%}" if accuracy is not None else ""
        cells = (run.condition, str(run.seed), run.state, str(run.epochs), shown, run.message)
        table.add_row(*(_text(cell) for cell in cells))
    stdout.print(table)
    _line("state", _counts(results))
    _line("directory", str(results.directory))


def show_studies(studies: Sequence["Results"], *, folder: Path) -> None:
    """Print all studies of a folder, a line each."""
    if not studies:
        stdout.print(f"No studies in {folder}. Start with  paribus run quickstart")
        return
    table = _table("study", "state", "test set", "directory")
    for results in studies:
        seal = "opened" if results.look else "sealed"
        cells = (results.study.name, _counts(results), seal, str(results.directory))
        table.add_row(*(_text(cell) for cell in cells))
    stdout.print(table)


def show_stopped(command: str) -> None:
    """Say how to go on after Ctrl-C."""
    stderr.print(_text(f"stopped; finished epochs are kept. Go on with:  {command}"), soft_wrap=True)


def _show_model(facts: "ModelFacts", users: str) -> None:
    table = _table("layer", "output", "parameters", "sum", "multiply-adds", numbers=("parameters", "multiply-adds"))
    for layer in facts.layers:
        shape = " x ".join(str(size) for size in layer.output_shape)
        cells = (layer.name, shape, _count(layer.parameters), layer.sum, _count(layer.multiply_adds))
        table.add_row(*(_text(cell) for cell in cells))
    table.add_section()
    total = ("total", "", f"{facts.parameters:,}", "", f"{facts.multiply_adds:,}")
    table.add_row(*(_text(cell, "bold") for cell in total))
    stdout.print(_text(f"network of {users}"))
    stdout.print(table)


def _conditions_table(results: "Results") -> Table:
    split = results.response
    table = _table("condition", "n", f"{split} accuracy", "sd", "interval", numbers=("n", f"{split} accuracy", "sd"))
    for each in results.estimates:
        mean = f"{each.mean:.2%}" if each.mean is not None else "diverged" if each.diverged else ""
        sd = f"{100 * each.sd:.2f} pp" if each.sd is not None else ""
        interval = f"{each.interval[0]:.2%} to {each.interval[1]:.2%}" if each.interval else each.reason
        table.add_row(*(_text(cell) for cell in (each.name, str(each.n), mean, sd, interval)))
    return table


def _show_choice(results: "Results") -> None:
    choice = results.choice
    if choice is not None and choice.value["condition"] is not None:
        _line("chosen", f"{choice.value['condition']} ({choice.value['rule']}; {choice.sha256[:12]})")
    elif choice is not None:
        _line("chosen", choice.value["rule"])
    if len(results.environments) > 1:
        _line("numerics", "mixed: runs were trained in more than one environment; the report names them")
    if results.look is not None:
        _line("test set", f"opened for all conditions together; look {results.looks} at it in this folder")
    else:
        basis = "; accuracies are on the validation split" if results.judged else ""
        _line("test set", f"sealed{basis}")


def _counts(results: "Results") -> str:
    counts = Counter(run.state for run in results.runs)
    return ", ".join(f"{count} {state}" for state, count in counts.items())


def _heading(name: str, question: str) -> None:
    stdout.print()
    stdout.print(_text(name, "bold") + _text("  ") + _text(question))


def _line(label: str, text: str) -> None:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(width=10, style="dim")
    grid.add_column(overflow="fold")
    grid.add_row(_text(label), _text(text))
    stdout.print(grid)


def _table(*names: str, numbers: Sequence[str] = ()) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in names:
        table.add_column(name, justify="right" if name in numbers else "left", overflow="fold")
    return table


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


def _text(text: str, style: str = "") -> Text:
    return Text(plain(text), style=style)
