"""What the commands print: tables and sentences for people."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from paribus.cli import printing
from paribus.cli.board import STYLES, board, look_of
from paribus.cli.live import duration
from paribus.cli.networks import show_networks
from paribus.cli.printing import counted, line, listed, make_table, row, say, styled

if TYPE_CHECKING:
    from paribus.lab import Check, Results
    from paribus.study import Study

_VERDICT_WIDTH = 12
_MOST_LOST = 10  # runs that failed or diverged, with their messages

_VERDICT_STYLES = {"different": "bold yellow", "equivalent": "green", "negligible": "green", "diverged": "red"}


def show_gallery(studies: Iterable["Study"]) -> None:
    """Print the built-in studies."""
    machines: dict[str, None] = {}
    for study in studies:
        takes, _, machine = study.takes.removesuffix(")").partition(" (")
        machines[machine] = None
        say(styled(study.name, "bold") + styled(f"  {takes}", "dim"))
        row("", study.question, width=0)
    measured = "; ".join(filter(None, machines))
    say(styled(f"Times were measured on {measured}.", "dim") if measured else "")
    say(styled("Run one with  paribus run NAME ; print it with  paribus gallery NAME"))


def show_check(check: "Check") -> None:
    """Print a study before it is trained."""
    _heading(check.study.name, check.study.question)
    show_networks(check)
    for data, users in check.data:
        used = "" if len(check.data) == 1 else f" ({listed(users)})"
        line("data", f"{data.source}{used}: {data.split}")
        line("pixels", data.normalization)
    _show_design(check)
    for sentence in check.largest:
        line("batch", sentence)
    workers = f"{check.workers} worker process{'es' if check.workers != 1 else ''}"
    line("time", f"about {duration(check.seconds)} with {workers} (measured on a few updates)")
    line("memory", f"about {check.memory_bytes / 2**20:,.0f} MiB")
    for sentence in check.power:
        line("power", sentence)
    for note in dict.fromkeys(_pitfalls(check)):
        line("note", note)


def show_results(results: "Results") -> None:
    """Print what a study found."""
    _heading(results.study.name, results.study.question)
    if results.judged:
        _show_conditions(results)
        _show_verdicts(results)
    say()
    say(styled(results.answer(), "bold"))
    _show_choice(results)
    for run in results.failed:
        say(styled(f"failed: {run.condition}, seed {run.seed}: {run.message}", "red"))
    report = results.directory / "report.html"
    if report.exists():
        line("report", str(report))


def show_status(results: "Results") -> None:
    """Print where a study stands: its conditions, its runs, whether the test set is open, and verdicts if there are."""
    from paribus.lab import standing_split, standings_of  # noqa: PLC0415  rooms are imported when a verb needs them

    _heading(results.study.name, results.study.question)
    look, standings, split = look_of(printing.stdout), standings_of(results), standing_split(results)
    compared, tuning = [each for each in standings if not each.tuning], [each for each in standings if each.tuning]
    for some, measured in ((tuning, "validation"), (compared, split)):  # tuning never sees the test set
        for each in board(some, split=measured, look=look, rows=len(some)) if some else ():
            say(each)
    lost = [run for run in (*results.tuning, *results.runs) if run.state in ("failed", "diverged")]
    for run in lost[:_MOST_LOST]:
        row(run.state, f"{run.condition}, seed {run.seed}: {run.message}", style=STYLES[run.state])
    if len(lost) > _MOST_LOST:
        line("", f"and {len(lost) - _MOST_LOST:,} more: --json lists them all")
    line("state", _counts(results))
    if results.complete and results.judged:
        say()
        _show_verdicts(results)
    _show_choice(results)
    line("directory", str(results.directory))


def show_studies(studies: Sequence["Results"], *, folder: Path) -> None:
    """Print all studies of a folder, a line each."""
    if not studies:
        say(styled(f"No studies in {folder}. Start with  paribus run quickstart"))
        return
    table = make_table("study", "state", "test set", "directory")
    for results in studies:
        seal = "opened" if results.look else "sealed"
        cells = (results.study.name, _counts(results), seal, str(results.directory))
        table.add_row(*(styled(cell) for cell in cells))
    say(table)


def show_stopped(command: str) -> None:
    """Say how to go on after Ctrl-C."""
    printing.stderr.print(styled(f"stopped; finished epochs are kept. Go on with:  {command}"), soft_wrap=True)


def _show_design(check: "Check") -> None:
    design, names = check.study.design, list(check.levels)
    most = "" if isinstance(design.seeds, int) else "up to "
    count = f"{counted(len(names), 'condition')} x {most}{counted(design.most_seeds, 'seed')}"
    to_tune = check.runs - len(names) * design.most_seeds
    count += f", and {to_tune:,} to tune" if to_tune else ""
    line("runs", f"{check.runs}: {count}; design: {design.kind.replace('-', ' ')}")
    baseline = [f"{names[0]} (baseline)", *names[1:]] if len(names) > 1 else names
    line("conditions", listed(baseline))
    if not all(any(data.validation) for data, _ in check.data):
        line("choice", "there is no validation split: nothing can be chosen (data.validation makes one)")
    if len(names) > 1 and design.smallest_effect is None:
        line("effect", "the smallest effect that matters is not declared: a fallback is used, from the number of test "
              "images (design.smallest_effect declares it)")  # fmt: skip


def _pitfalls(check: "Check") -> Iterator[str]:
    """Yield what torch's users get wrong here, as far as the layers tell."""
    from paribus.study import expand  # noqa: PLC0415  rooms are imported when a verb needs them

    channels_in = check.data[0][0].image_shape[0]
    for condition in expand(check.study):
        layers = check.models[condition.name].layers
        if condition.recipe.train.loss == "cross_entropy" and re.match(r"Softmax\b", layers[-1].name):
            yield "cross_entropy already applies log-softmax: remove Softmax"
        reaching = [channels_in, *(layer.output_shape[0] if layer.output_shape else 0 for layer in layers)]
        for channels, layer in zip(reaching, layers, strict=False):
            numbers = re.match(r"Conv2d\((\d+), *(\d+), *(\d+)\b", layer.name)
            if numbers and int(numbers[1]) == channels < int(numbers[2]):
                filters, size, stride = numbers.groups()
                several = counted(int(filters), "filter")
                yield f"{layer.name} reads as {several} of {size} x {size}, stride {stride}: input sizes are inferred"


def _show_conditions(results: "Results") -> None:
    estimates = results.estimates
    reasons = {each.reason for each in estimates}
    shared = reasons.pop() if len(reasons) == 1 and all(each.interval is None for each in estimates) else ""
    say(_conditions_table(results, shown_below=shared))
    if shared:
        say(styled(shared))
    if any(each.interval and not 0 <= each.interval[0] <= each.interval[1] <= 1 for each in estimates):
        say(styled("A t interval knows no bounds: few seeds make it wide, even beyond 0 or 100 %."))


def _conditions_table(results: "Results", *, shown_below: str) -> Table:
    split = results.response
    table = make_table(
        "condition", "n", f"{split} accuracy", "sd", "interval", numbers=("n", f"{split} accuracy", "sd")
    )
    for each in results.estimates:
        mean = f"{each.mean:.2%}" if each.mean is not None else "diverged" if each.diverged else ""
        sd = f"{100 * each.sd:.2f} pp" if each.sd is not None else ""
        interval = f"{each.interval[0]:.2%} to {each.interval[1]:.2%}" if each.interval else each.reason
        interval = "" if interval == shown_below else interval
        table.add_row(*(styled(cell) for cell in (each.name, str(each.n), mean, sd, interval)))
    return table


def _show_verdicts(results: "Results") -> None:
    sentences = results.sentences()
    for contrast in results.contrasts:
        verdict = contrast.verdict or "no verdict"
        style = _VERDICT_STYLES.get(verdict, "")
        row(f"{verdict:>{_VERDICT_WIDTH}}", sentences[contrast.condition], style=style, width=_VERDICT_WIDTH)


def _show_choice(results: "Results") -> None:
    _show_tuned(results)
    for sentence in results.largest:
        line("batch", sentence)
    choice = results.choice
    if choice is not None and choice.value["condition"] is not None:
        line("chosen", f"{choice.value['condition']} ({choice.value['rule']}; {choice.sha256[:12]})")
    elif choice is not None:
        line("chosen", choice.value["rule"])
    if results.mixed:
        line("numerics", results.mixed)
    if results.look is not None:
        warning = ": the more looks, the less it proves" if results.looks > 1 else ""
        line("test set", f"opened for all conditions together; look {results.looks} at it in this folder{warning}")
    else:
        basis = "; accuracies are on the validation split" if results.judged else ""
        line("test set", f"sealed{basis}")


def _counts(results: "Results") -> str:
    counts = Counter(run.state for run in (*results.tuning, *results.runs))
    said = ", ".join(f"{count} {state}" for state, count in counts.items())
    return f"{said} ({len(results.tuning)} of them to tune)" if results.tuning else said


def _show_tuned(results: "Results") -> None:
    for name, labels in results.study.picks.items():
        values = ", ".join(f"{path.rpartition('.')[2]} = {label}" for path, label in labels.items())
        line("tuned", f"{name}: {values}")


def _heading(name: str, question: str) -> None:
    say()
    say(styled(name, "bold") + styled("  ") + styled(question))
