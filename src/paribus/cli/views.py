"""What the commands print: tables and sentences for people."""

import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from paribus.cli.live import duration
from paribus.cli.safe import plain

if TYPE_CHECKING:
    from paribus.core import ModelFacts
    from paribus.data import SourceStatus
    from paribus.lab import Check, Results
    from paribus.study import Study

_PIPED_WIDTH = 10_000  # where there is no terminal, lines are broken by whoever reads them
_LABEL_WIDTH, _VERDICT_WIDTH = 10, 12
_MOST_NAMES = 20
stdout = Console(highlight=False, width=None if sys.stdout.isatty() else _PIPED_WIDTH)
stderr = Console(highlight=False, stderr=True, width=None if sys.stderr.isatty() else _PIPED_WIDTH)

_VERDICT_STYLES = {"different": "bold yellow", "equivalent": "green", "negligible": "green", "diverged": "red"}


def show_gallery(studies: Iterable["Study"]) -> None:
    """Print the built-in studies."""
    machines: dict[str, None] = {}
    for study in studies:
        takes, _, machine = study.takes.removesuffix(")").partition(" (")
        machines[machine] = None
        _print(_text(study.name, "bold") + _text(f"  {takes}", "dim"))
        _row("", study.question, width=0)
    measured = "; ".join(filter(None, machines))
    _print(_text(f"Times were measured on {measured}.", "dim") if measured else "")
    _print(_text("Run one with  paribus run NAME ; print it with  paribus gallery NAME"))


def show_sources(sources: Sequence["SourceStatus"]) -> None:
    """Print the data sources, where they were looked for, and where to put what is missing."""
    from paribus.data import cache_folder  # noqa: PLC0415  rooms are imported when a verb needs them

    table = _table("source", "what it is", "found")
    for source in sources:
        where = str(source.folder or "built in") if source.available else "missing"
        table.add_row(_text(source.name, "bold"), _text(source.title), _text(where))
    _print(table)
    cache = cache_folder() / "data"
    named = os.environ.get("PARIBUS_DATA")
    _row("looked in", f"--data-dir if given, PARIBUS_DATA ({named or 'not set'}), {cache}")
    if missing := [source for source in sources if not source.available]:
        name = missing[0].name
        _row("to add", f"put the files of {name} into {cache / name}; an error of  paribus run  names them")


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
        _show_model(facts, "all conditions" if len(shown) == 1 else _listed(names))
    for data, users in check.data:
        used = "" if len(check.data) == 1 else f" ({_listed(users)})"
        _line("data", f"{data.source}{used}: {data.split}")
        _line("pixels", data.normalization)
    _show_design(check)
    workers = f"{check.workers} worker process{'es' if check.workers != 1 else ''}"
    _line("time", f"about {duration(check.seconds)} with {workers} (measured on a few updates)")
    _line("memory", f"about {check.memory_bytes / 2**20:,.0f} MiB")
    for sentence in check.power:
        _line("power", sentence)
    for note in dict.fromkeys(_pitfalls(check)):
        _line("note", note)


def show_results(results: "Results") -> None:
    """Print what a study found."""
    _heading(results.study.name, results.study.question)
    sentences = results.sentences()
    if results.judged:
        _show_conditions(results)
    for contrast in results.contrasts if results.judged else ():
        verdict = contrast.verdict or "no verdict"
        style = _VERDICT_STYLES.get(verdict, "")
        _row(f"{verdict:>{_VERDICT_WIDTH}}", sentences[contrast.condition], style=style, width=_VERDICT_WIDTH)
    _print()
    _print(_text(results.answer(), "bold"))
    _show_choice(results)
    for run in results.failed:
        _print(_text(f"failed: {run.condition}, seed {run.seed}: {run.message}", "red"))
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
    _print(table)
    _line("state", _counts(results))
    _line("directory", str(results.directory))


def show_studies(studies: Sequence["Results"], *, folder: Path) -> None:
    """Print all studies of a folder, a line each."""
    if not studies:
        _print(_text(f"No studies in {folder}. Start with  paribus run quickstart"))
        return
    table = _table("study", "state", "test set", "directory")
    for results in studies:
        seal = "opened" if results.look else "sealed"
        cells = (results.study.name, _counts(results), seal, str(results.directory))
        table.add_row(*(_text(cell) for cell in cells))
    _print(table)


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
    _print(_text(f"network of {users}"))
    _print(table)


def _show_design(check: "Check") -> None:
    design, names = check.study.design, list(check.levels)
    count = f"{_counted(len(names), 'condition')} x {_counted(design.seeds, 'seed')}"
    _line("runs", f"{check.runs}: {count}; design: {design.kind.replace('-', ' ')}")
    baseline = [f"{names[0]} (baseline)", *names[1:]] if len(names) > 1 else names
    _line("conditions", _listed(baseline))
    if not all(any(data.validation) for data, _ in check.data):
        _line("choice", "there is no validation split: nothing can be chosen (data.validation makes one)")
    if len(names) > 1 and design.smallest_effect is None:
        _line("effect", "the smallest effect that matters is not declared: a fallback is used, from the number of test "
              "images (design.smallest_effect declares it)")  # fmt: skip


def _pitfalls(check: "Check") -> Iterator[str]:
    """Yield what torch's users get wrong here, as far as the layers tell."""
    from paribus.study import expand  # noqa: PLC0415  rooms are imported when a verb needs them

    channels_in = check.data[0][0].image_shape[0]
    for condition in expand(check.study):
        layers = check.models[condition.name].layers
        if condition.recipe.train.loss == "cross_entropy" and re.match(r"Softmax\b", layers[-1].name):
            yield "cross_entropy already applies log-softmax: remove Softmax"
        reaching = [channels_in, *(layer.output_shape[0] for layer in layers)]
        for channels, layer in zip(reaching, layers, strict=False):
            numbers = re.match(r"Conv2d\((\d+), *(\d+), *(\d+)\b", layer.name)
            if numbers and int(numbers[1]) == channels < int(numbers[2]):
                filters, size, stride = numbers.groups()
                counted = _counted(int(filters), "filter")
                yield f"{layer.name} reads as {counted} of {size} x {size}, stride {stride}: input sizes are inferred"


def _show_conditions(results: "Results") -> None:
    estimates = results.estimates
    reasons = {each.reason for each in estimates}
    shared = reasons.pop() if len(reasons) == 1 and all(each.interval is None for each in estimates) else ""
    _print(_conditions_table(results, shown_below=shared))
    if shared:
        _print(_text(shared))
    if any(each.interval and not 0 <= each.interval[0] <= each.interval[1] <= 1 for each in estimates):
        _print(_text("A t interval knows no bounds: few seeds make it wide, even beyond 0 or 100 %."))


def _conditions_table(results: "Results", *, shown_below: str) -> Table:
    split = results.response
    table = _table("condition", "n", f"{split} accuracy", "sd", "interval", numbers=("n", f"{split} accuracy", "sd"))
    for each in results.estimates:
        mean = f"{each.mean:.2%}" if each.mean is not None else "diverged" if each.diverged else ""
        sd = f"{100 * each.sd:.2f} pp" if each.sd is not None else ""
        interval = f"{each.interval[0]:.2%} to {each.interval[1]:.2%}" if each.interval else each.reason
        interval = "" if interval == shown_below else interval
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
        warning = ": the more looks, the less it proves" if results.looks > 1 else ""
        _line("test set", f"opened for all conditions together; look {results.looks} at it in this folder{warning}")
    else:
        basis = "; accuracies are on the validation split" if results.judged else ""
        _line("test set", f"sealed{basis}")


def _counts(results: "Results") -> str:
    counts = Counter(run.state for run in results.runs)
    return ", ".join(f"{count} {state}" for state, count in counts.items())


def _heading(name: str, question: str) -> None:
    _print()
    _print(_text(name, "bold") + _text("  ") + _text(question))


def _line(label: str, text: str) -> None:
    _row(label, text, style="dim")


def _row(label: str, text: str, *, style: str = "", width: int = _LABEL_WIDTH) -> None:
    """Print a label and a text that stays right of it, however many lines it takes."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(width=width, style=style)
    grid.add_column(overflow="fold")
    grid.add_row(_text(label), _text(text))
    _print(grid)


def _print(what: RenderableType = "") -> None:
    """Print on standard output; where it is no terminal, without the blanks that fill a table's lines."""
    if stdout.is_terminal:
        stdout.print(what)
        return
    with stdout.capture() as captured:
        stdout.print(what)
    for line in captured.get().removesuffix("\n").split("\n"):
        stdout.out(line.rstrip(), highlight=False)


def _listed(names: Sequence[str]) -> str:
    """Return names in a row; names have commas of their own."""
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return "; ".join(names[:_MOST_NAMES]) + more


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _table(*names: str, numbers: Sequence[str] = ()) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in names:
        table.add_column(name, justify="right" if name in numbers else "left", overflow="fold")
    return table


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


def _text(text: str, style: str = "") -> Text:
    return Text(plain(text), style=style)
