"""Fill in the tables of docs/lab-reports.md from the directories of studies that were run.

python docs/lab_reports.py paribus-studies

Published numbers are those of the [[published]] rows in the gallery, and those of lab_reports.toml, which say what
[[published]] cannot. Ours are read from the store through `lab.status`: what is sealed stays sealed, and no number is
copied by hand. Only the block between the two marks of the page is rewritten, and in it only the sections of studies
that the folder has. A study that was run with another recipe (train.epochs=5) says so, and gets no verdict.
"""

import math
import re
import shlex
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paribus import lab
from paribus.lab import Results
from paribus.lab.settling import accuracies, settle
from paribus.stats import RunTable, describe
from paribus.store import Run, open_reader
from paribus.study import Study, directory_name, expand, load_gallery

PAGE = Path(__file__).with_name("lab-reports.md")
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
ALPHA = 0.05
METRICS = {
    "test_accuracy": "test accuracy",
    "train_accuracy": "training accuracy",
    "running_accuracy": "running training accuracy",
    "test_loss": "test loss",
    "train_loss": "training loss",
}
MEANT = {
    "train_loss": "Training loss, the mean of the batch losses during an epoch:",
    "test_accuracy": "Test accuracy after each epoch:",
    "test_loss": "Test loss after single epochs:",
}

EVERY = "*"
FEWEST = 3  # seeds from which added ones would have started
OTHER_RECIPE = "Not the published settings (see the command): no verdicts."


@dataclass(frozen=True)
class Told:
    """What lab_reports.toml says of one study; its head explains the keys."""

    holds: list[str]
    digits: int = 4
    said: Mapping[str, str] = field(default_factory=dict)
    running: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    epochs: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)
    floor: list[str] = field(default_factory=list)


STUDIES: Mapping[str, Told] = {
    name: Told(**told) for name, told in tomllib.loads(PAGE.with_name("lab_reports.toml").read_text("utf-8")).items()
}


@dataclass(frozen=True)
class Row:
    """One published number beside ours.

    Attributes:
        condition: its name in the study.
        metric: a key of METRICS.
        published: a fraction or a loss.
        values: seed -> ours; None for a diverged run.
        source: where it is published.
        digits: after the point, to which it is published.
        comparable: whether ours were trained by the recipe that was published.
    """

    condition: str
    metric: str
    published: float
    values: Mapping[int, float | None]
    source: str = ""
    digits: int = 4
    comparable: bool = True

    @property
    def percent(self) -> bool:
        """Whether the metric is printed in per cent."""
        return self.metric.endswith("accuracy")


def compare(row: Row) -> tuple[float | None, float | None, bool | None]:
    """Return our mean, half the width of the 95 % interval, and whether the published number could be one more seed.

    One more seed lies within mean ± t * sd * sqrt(1 + 1/n) with 95 % probability (a prediction interval; the mean's own
    interval is t * sd / sqrt(n)). Half a unit of the published number's last digit is added. Width and verdict are None
    below two seeds, and where a run diverged; the verdict is None where the recipe is another one.
    """
    (ours,) = describe(RunTable(values={"ours": row.values}, baseline="ours", images=1), alpha=ALPHA)
    if ours.mean is None or ours.sd is None or ours.diverged:
        return ours.mean, None, None
    half = (ours.interval[1] - ours.interval[0]) / 2 if ours.interval else 0.0
    near = abs(row.published - ours.mean) <= half * math.sqrt(ours.n + 1) + 0.5 * 10**-row.digits + 1e-12
    return ours.mean, half, bool(near) if row.comparable else None


def find(folder: Path, study: Study) -> Results | None:
    """Return the results of a gallery study, or None: as it stands if it was run so, else with other settings.

    Of several with other settings it is the one that was trained longest.
    """
    named = re.compile(re.escape(study.name) + "-[0-9a-f]{8}")
    there = [path.parent for path in sorted(folder.glob("*/study.db")) if named.fullmatch(path.parent.name)]
    found = [lab.status(directory) for directory in there]
    as_it_stands = directory_name(study)
    return max(found, key=lambda each: (each.directory.name == as_it_stands, trained_for(each)), default=None)


def trained_for(results: Results) -> int:
    """Return the epochs of the longest finished run."""
    return max((run.epochs for run in results.runs if run.state == "done"), default=0)


def of_the_same_recipe(study: Study, results: Results | None) -> frozenset[str]:
    """Return the names of the conditions that were trained exactly as the gallery says."""
    if results is None:
        return frozenset()
    ours = {each.name: each.recipe for each in results.conditions}
    return frozenset(each.name for each in expand(study) if ours.get(each.name) == each.recipe)


def rows(study: Study, results: Results | None) -> Iterator[Row]:
    """Yield every published number of a study with our values."""
    same = of_the_same_recipe(study, results)
    told = STUDIES[study.name]
    numbers = [
        *(
            (each.condition, metric, getattr(each, metric, None), each.source)
            for each in study.published
            for metric in METRICS
        ),
        *((name, "running_accuracy", each["value"], each["source"]) for name, each in told.running.items()),
    ]
    for condition, metric, value, source in numbers:
        if value is not None:
            ours = final_values(results, condition, metric) if results else {}
            yield Row(condition, metric, value, ours, source, told.digits, condition in same)


def final_values(results: Results, condition: str, metric: str) -> dict[int, float | None]:
    """Return seed -> the metric after the last epoch; None for a diverged run, absent while sealed or unfinished."""
    found: dict[int, float | None] = {}
    for run in results.runs:
        if run.condition == condition and run.state in ("done", "diverged"):
            value = final_value(results, run, metric)
            if value is not None or run.state == "diverged":
                found[run.seed] = value
    return found


def final_value(results: Results, run: Run, metric: str) -> float | None:
    """Return one run's metric after its last epoch; test values only after the test set was opened."""
    if run.state == "diverged":
        return None
    if metric == "test_accuracy":
        return results.test_accuracy(run)
    if metric == "test_loss":
        return results.test[run.id][-1].test_loss if results.test.get(run.id) else None
    last = results.last[run.id]
    ours = {
        "train_accuracy": last.clean_accuracy,
        "running_accuracy": last.running_accuracy,
        "train_loss": last.train_loss,
    }
    return ours[metric]


def curve_rows(study: Study, results: Results | None) -> Iterator[tuple[int, Row]]:
    """Yield epoch and published number with ours, for each epoch that the report prints."""
    same = of_the_same_recipe(study, results)
    for metric, conditions in STUDIES[study.name].epochs.items():
        ours = values_by_epoch(results, metric) if results else {}
        for condition, numbers in conditions.items():
            for epoch, value in numbers.items():
                values = ours.get((condition, int(epoch)), {})
                yield int(epoch), Row(condition, metric, value, values, comparable=condition in same)


def values_by_epoch(results: Results, metric: str) -> dict[tuple[str, int], dict[int, float | None]]:
    """Return (condition, epoch) -> seed -> the metric after that epoch; test values only after a look."""
    names = {run.id: run for run in results.runs}
    with open_reader(results.directory) as store:
        epochs = store.epochs()
    sealed = metric.startswith("test")
    found: dict[tuple[str, int], dict[int, float | None]] = {}
    for epoch in (each for opened in results.test.values() for each in opened) if sealed else epochs:
        if (run := names.get(epoch.run)) is not None:
            found.setdefault((run.condition, epoch.epoch), {})[run.seed] = getattr(epoch, metric)
    return found


def heading(name: str) -> str:
    """Return the heading of a study's section: the page's sections are found by its beginning."""
    held = STUDIES[name].holds
    numbered = [each for each in held if re.fullmatch(r"[A-E]\d", each)]
    kind = "experiment " if len(numbered) == 1 else "experiments " if numbered else ""
    return f"### {name}: {kind}{', '.join(held)}"


def section(name: str, folder: Path) -> str:
    """Return one study's part of the page."""
    study = load_gallery(name)
    results = find(folder, study)
    parts = [heading(name), evidence(study, results)]
    if lines := [published_line(row) for row in rows(study, results)]:
        parts.append(
            table(("condition", "metric", "published", "ours", "95 % interval", "n", "agrees", "source"), lines)
        )
    if said := [said_line(condition, words, results) for condition, words in said_by(study)]:
        parts.append(table(("condition", "the report says", "our test accuracy", "95 % interval", "n"), said))
    curves = list(curve_rows(study, results))
    for metric in dict.fromkeys(row.metric for _, row in curves):
        lines = [curve_line(epoch, row) for epoch, row in curves if row.metric == metric]
        parts.append(MEANT[metric])
        parts.append(table(("condition", "epoch", "published", "ours", "95 % interval", "n", "agrees"), lines))
    if results is not None and name in MORE:
        parts.append(MORE[name](results))
    if results is not None and (spared := seeds_spared(study, results)):
        parts.append(spared)
    return "\n\n".join(parts)


def said_by(study: Study) -> list[tuple[str, str]]:
    """Return condition and what the report says of it in words."""
    said = STUDIES[study.name].said
    every = said.get(EVERY)
    return list(said.items()) if every is None else [(each.name, every) for each in expand(study)]


def evidence(study: Study, results: Results | None) -> str:
    """Return what made the numbers: command, versions, hardware, seeds, time."""
    if results is None:
        return f"Not run yet. Command: `paribus run {study.name}`"
    with open_reader(results.directory) as store:
        machines = store.environments().values()
    done = [run for run in results.runs if run.state in ("done", "diverged")]
    about = [
        f"`{' '.join(['paribus run', study.name, *changes(results.study.text)])}`",
        f"{len(done)} of {len(results.runs)} runs",
        *dict.fromkeys(machine(each) for each in machines),
        f"{sum(run.seconds for run in done) / 60:.1f} minutes of training and measuring, all runs together",
    ]
    remarks = [
        "" if results.response == "test" else " The test set is still sealed.",
        "" if of_the_same_recipe(study, results) else f" **{OTHER_RECIPE}**",
    ]
    return "; ".join(about) + "." + "".join(remarks)


def changes(text: str) -> list[str]:
    """Return the changes that a study's text lists at its top, as they were typed."""
    mark = "# changed: "
    listed = [line.removeprefix(mark) for line in text.splitlines() if line.startswith(mark)]
    return [shlex.quote(tomllib.loads(f'change = "{each}"')["change"]) for each in listed]


def machine(environment: Mapping[str, str]) -> str:
    """Return hardware and version in a few words."""
    device = environment["device"]
    return f"{environment['processor'] if device == 'cpu' else device}, torch {environment['torch']}"


def published_line(row: Row) -> tuple[str, ...]:
    """Return the cells of one published number."""
    mean, half, agrees = compare(row)
    told = number(row.published, row, digits=row.digits)
    cells = (told, number(mean, row), interval(mean, half, row), seeds(row))
    return (row.condition, METRICS[row.metric], *cells, verdict(agrees=agrees), row.source)


def curve_line(epoch: int, row: Row) -> tuple[str, ...]:
    """Return the cells of one epoch's published loss."""
    condition, _, *cells, _ = published_line(row)
    return (condition, str(epoch), *cells)


def said_line(condition: str, words: str, results: Results | None) -> tuple[str, ...]:
    """Return the cells of something that the report says in words."""
    values = final_values(results, condition, "test_accuracy") if results else {}
    row = Row(condition, "test_accuracy", 0.0, values)
    mean, half, _ = compare(row)
    return (condition, words, number(mean, row), interval(mean, half, row), seeds(row))


def floors(results: Results) -> str:
    """Return the lowest loss of any epoch, split and seed beside the floor that the network's end puts under it."""
    lowest: dict[str, float] = {}
    for metric in ("train_loss", "clean_loss", "validation_loss", "test_loss"):
        for (condition, _), values in values_by_epoch(results, metric).items():
            found = [value for value in values.values() if value is not None]
            lowest[condition] = min([lowest.get(condition, math.inf), *found])
    floor = {name: math.log(1 + 9 / math.e) for name in STUDIES[results.study.name].floor}
    lines = [
        (each.name, f"{floor.get(each.name, 0.0):.4f}", f"{lowest[each.name]:.4f}" if each.name in lowest else "")
        for each in results.conditions
    ]
    header = ("condition", "floor of the loss", "our lowest loss of any epoch, split and seed")
    return "ln(1 + 9/e), the least that cross-entropy can be behind a softmax:\n\n" + table(header, lines)


def gaps(results: Results) -> str:
    """Return what a network knows better of its training images than of others: both accuracies, and the difference."""
    lines = []
    for each in results.conditions:
        accuracies = [
            [value for value in final_values(results, each.name, metric).values() if value is not None]
            for metric in ("train_accuracy", "test_accuracy")
        ]
        if all(accuracies):
            train, test = (math.fsum(values) / len(values) for values in accuracies)
            lines.append((each.name, f"{100 * train:.2f} %", f"{100 * test:.2f} %", f"{100 * (train - test):.2f} pp"))
    header = ("condition", "training accuracy, images unchanged", "test accuracy", "gap")
    return "Over-fitting, the gap after the last epoch, means over seeds:\n\n" + table(header, lines)


def costs(results: Results) -> str:
    """Return updates, time and memory of a run of each condition, and how many diverged."""
    lines = []
    for each in results.conditions:
        runs = [run for run in results.runs if run.condition == each.name and run.state in ("done", "diverged")]
        if runs:
            peak = max((run.peak_memory_bytes or 0 for run in runs), default=0)
            lost = sum(run.state == "diverged" for run in runs)
            minutes = sum(run.seconds for run in runs) / len(runs) / 60
            memory = f"{peak / 2**20:,.0f} MiB" if peak else ""
            lines.append((each.name, f"{max(run.steps for run in runs):,}", f"{minutes:.1f}", memory, str(lost)))
    header = ("condition", "updates of a run", "minutes of a run", "peak memory of its process", "diverged")
    return "What a run costs:\n\n" + table(header, lines)


MORE: Mapping[str, Callable[[Results], str]] = {
    "mnist-double-softmax": floors,
    "cifar10-augmentation": gaps,
    "cifar10-weight-decay": gaps,
    "cifar10-batch-size": costs,
}


def seeds_spared(study: Study, results: Results) -> str:
    """Return what adding seeds until decided would have trained of these runs, where there are enough to tell.

    Decided is what validation decides, so a study without a validation split has nothing to tell.
    """
    most = study.design.seeds
    done = [run for run in results.runs if run.state in ("done", "diverged")]
    if (
        not isinstance(most, int)
        or most <= FEWEST
        or len(results.conditions) == 1  # nothing to be decided
        or len(done) < len(results.runs)
        or not of_the_same_recipe(study, results)
    ):
        return ""
    with open_reader(results.directory) as store:
        last = {epoch.run: epoch for epoch in store.epochs()}
        known = accuracies({run.key: run for run in store.runs()}, last)
    if all(value is None for value in known.values()):
        return ""
    rule = f'design.seeds={{start={FEWEST}, most={most}, until="decided"}}'
    wanted = len(settle(load_gallery(study.name, overrides=[rule]), known).wanted)
    share = 100 * (1 - wanted / len(done))
    return (
        f"With `{rule}` it would have trained {wanted} of these {len(done)} runs, {share:.0f} % less than the fixed "
        f"{most} seeds, replayed from the stored validation accuracies."
    )


def number(value: float | None, row: Row, *, digits: int = 4) -> str:
    """Return a number as the page prints it, empty where there is none."""
    if value is None:
        return ""
    return f"{value:.{digits - 2}%}".replace("%", " %") if row.percent else f"{value:.{digits}f}"


def seeds(row: Row) -> str:
    """Return how many seeds ours are, and how many of them diverged; empty where there are none."""
    lost = sum(value is None for value in row.values.values())
    return f"{len(row.values)}, {lost} diverged" if lost else str(len(row.values) or "")


def interval(mean: float | None, half: float | None, row: Row) -> str:
    """Return an interval as the page prints it."""
    if mean is None or half is None:
        return ""
    return f"{number(mean - half, row)} to {number(mean + half, row)}"


def verdict(*, agrees: bool | None) -> str:
    """Return the word of the table."""
    return "" if agrees is None else "yes" if agrees else "**no**"


def table(header: tuple[str, ...], lines: Sequence[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    marks = tuple("---" for _ in header)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (header, marks, *lines))


def rewritten(page: str, folder: Path) -> str:
    """Return the page with the sections of the folder's studies made anew; the other sections stay as they are."""
    before, found, rest = page.partition(BEGIN)
    block, closed, after = rest.partition(END)
    if not (found and closed):
        raise SystemExit(f"{PAGE.name} has no block between {BEGIN} and {END}")
    there = sections(block)
    made = [
        there[name] if name in there and find(folder, load_gallery(name)) is None else section(name, folder)
        for name in STUDIES
    ]
    return "\n\n".join([f"{before}{BEGIN}", *made, f"{END}{after}"])


def sections(block: str) -> dict[str, str]:
    """Return study -> its section, as it stands in the measured block."""
    parts = re.split(r"^(?=### )", block, flags=re.MULTILINE)[1:]
    return {part.removeprefix("### ").partition(":")[0]: part.strip() for part in parts}


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        raise SystemExit(f"usage: python {sys.argv[0]} FOLDER-OF-STUDIES")
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8"), Path(sys.argv[1])), encoding="utf-8")
    print(f"{PAGE.name} is up to date")
