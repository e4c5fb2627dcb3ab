"""Fill in the tables of docs/lab-reports.md from the directories of studies that were run.

python docs/lab_reports.py paribus-studies

Published numbers are those of the [[published]] rows in the gallery, and CURVES below for what has no place there. Ours
are read from the store through `lab.status`: what is sealed stays sealed, and no number is copied by hand. A study that
was not run keeps its rows, without our numbers. Only the block between the two marks of the page is rewritten.
"""

import math
import shlex
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from paribus import lab
from paribus.lab import Results
from paribus.stats import RunTable, describe
from paribus.store import Run, open_reader
from paribus.study import Study, directory_name, load_gallery

PAGE = Path(__file__).with_name("lab-reports.md")
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
ALPHA = 0.05
ROUNDING = 0.5e-4  # the reports print accuracies as 97.05 % and losses as 0.0886
METRICS = {
    "test_accuracy": "test accuracy",
    "train_accuracy": "training accuracy",
    "test_loss": "test loss",
    "train_loss": "training loss",
}

# The lab reports' experiments, in their order; each study's remark stands under its table.
STUDIES = {
    "mnist-cnn": "A1, A3, A4",
    "mnist-cnn-topology": "A0, A1, A2",
    "mnist-mlp-vs-cnn": "C1",
    "mnist-cnn-lr": "C2",
    "mnist-init-spread": "C3",
    "mnist-cnn-final": "C4",
    "mnist-mlp-numpy": "C5",
    "mnist-mlp-sgd": "E1 to E5",
}

# Study -> condition -> epoch -> published training loss (mean of the batch losses during that epoch).
CURVES: Mapping[str, Mapping[str, Mapping[int, float]]] = {
    "mnist-mlp-sgd": {
        "lr=0.1, batch_size=32": {1: 0.3431, 2: 0.1171, 3: 0.0762, 5: 0.0413, 10: 0.0090, 20: 0.0005},
        "lr=1.0": {1: 0.5971, 2: 0.2554, 3: 0.2014, 5: 0.1628, 10: 0.1334, 20: 0.1089},
        "lr=0.01": {1: 1.0539, 2: 0.3583, 3: 0.2941, 5: 0.2237, 10: 0.1304, 20: 0.0612},
        "batch_size=8": {1: 0.2296, 2: 0.0920, 3: 0.0626, 5: 0.0360, 10: 0.0137, 20: 0.0051},
        "batch_size=128": {1: 0.6442, 2: 0.2531, 3: 0.1842, 5: 0.1156, 10: 0.0521, 20: 0.0144},
    }
}

# Study -> condition -> what the report says without a number that could be compared.
SAID: Mapping[str, Mapping[str, str]] = {
    "mnist-cnn-topology": {"no convolution": "asked for, never reported"},
    "mnist-mlp-vs-cnn": {
        "MLP, sigmoid": "90.2 %, trained otherwise (C5)",
        "MLP, ReLU": "not tried",
        "CNN": "97.5 %, trained otherwise (C4)",
    },
    "mnist-cnn-lr": {
        "lr=0.01": "drawn as a curve",
        "lr=0.001": "drawn as a curve",
        "lr=0.0001": "drawn as a curve",
        "lr=1e-5": "stays at chance",
        "lr=1e-6": "stays at chance",
    },
    "mnist-init-spread": {"base": "drawn as a band of three runs"},
}


@dataclass(frozen=True)
class Row:
    """One published number beside ours; `agrees` is None where ours cannot say."""

    condition: str
    metric: str
    published: float
    values: Mapping[int, float | None]
    source: str

    @property
    def percent(self) -> bool:
        """Whether the metric is printed in per cent."""
        return self.metric.endswith("accuracy")


def compare(values: Mapping[int, float | None], published: float) -> tuple[float | None, float | None, bool | None]:
    """Return our mean, half the width of the 95 % interval, and whether the published number could be one more seed.

    One more seed lies within mean ± t * sd * sqrt(1 + 1/n) with 95 % probability (a prediction interval; the mean's own
    interval is t * sd / sqrt(n)). The published number's rounding is added. Width and verdict are None
    below two seeds, and where a run diverged.
    """
    table = RunTable(values={"ours": values}, baseline="ours", images=1)
    (ours,) = describe(table, alpha=ALPHA)
    if ours.mean is None or ours.sd is None or ours.diverged:
        return ours.mean, None, None
    half = (ours.interval[1] - ours.interval[0]) / 2 if ours.interval else 0.0
    return ours.mean, half, bool(abs(published - ours.mean) <= half * math.sqrt(ours.n + 1) + ROUNDING)


def find(folder: Path, study: Study) -> Results | None:
    """Return the results of a gallery study that was run as it stands (levels and seeds may differ), or None."""
    directory = folder / directory_name(study)
    return lab.status(directory) if (directory / "study.db").is_file() else None


def rows(study: Study, results: Results | None) -> Iterator[Row]:
    """Yield every published number of a study with our values."""
    for published in study.published:
        for metric in METRICS:
            value = getattr(published, metric)
            if value is not None:
                ours = final_values(results, published.condition, metric) if results else {}
                yield Row(published.condition, metric, value, ours, published.source)


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
    return last.clean_accuracy if metric == "train_accuracy" else last.train_loss


def curve_rows(study: Study, results: Results | None) -> Iterator[tuple[int, Row]]:
    """Yield epoch and published training loss with ours, for each epoch that the report prints."""
    ours: dict[tuple[str, int], dict[int, float | None]] = {}
    if results is not None:
        names = {run.id: run for run in results.runs}
        with open_reader(results.directory) as store:
            for epoch in store.epochs():
                if (run := names.get(epoch.run)) is not None:
                    ours.setdefault((run.condition, epoch.epoch), {})[run.seed] = epoch.train_loss
    for condition, losses in CURVES.get(study.name, {}).items():
        for number, loss in losses.items():
            yield number, Row(condition, "train_loss", loss, ours.get((condition, number), {}), "")


def section(name: str, experiments: str, folder: Path) -> str:
    """Return one study's part of the page."""
    study = load_gallery(name)
    results = find(folder, study)
    parts = [
        f"### {name}: experiments {experiments}" if " " in experiments else f"### {name}: experiment {experiments}"
    ]
    parts.append(evidence(study, results))
    if lines := [published_line(row) for row in rows(study, results)]:
        parts.append(
            table(("condition", "metric", "published", "ours", "95 % interval", "n", "agrees", "source"), lines)
        )
    if said := [said_line(condition, words, results) for condition, words in SAID.get(name, {}).items()]:
        parts.append(table(("condition", "the report says", "our test accuracy", "95 % interval", "n"), said))
    if curve := [curve_line(epoch, row) for epoch, row in curve_rows(study, results)]:
        parts.append("Training loss, the mean of the batch losses during an epoch:")
        parts.append(table(("condition", "epoch", "published", "ours", "95 % interval", "n", "agrees"), curve))
    return "\n\n".join(parts)


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
        *(machine(each) for each in machines),
        f"{sum(run.seconds for run in done) / 60:.1f} minutes of training and measuring, all runs together",
    ]
    sealed = "" if results.response == "test" else " The test set is still sealed."
    return "; ".join(about) + "." + sealed


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
    mean, half, agrees = compare(row.values, row.published)
    cells = (number(row.published, row), number(mean, row), interval(mean, half, row), str(len(row.values) or ""))
    return (row.condition, METRICS[row.metric], *cells, verdict(agrees=agrees), row.source)


def curve_line(epoch: int, row: Row) -> tuple[str, ...]:
    """Return the cells of one epoch's published loss."""
    condition, _, *cells, _ = published_line(row)
    return (condition, str(epoch), *cells)


def said_line(condition: str, words: str, results: Results | None) -> tuple[str, ...]:
    """Return the cells of something that the report says in words."""
    values = final_values(results, condition, "test_accuracy") if results else {}
    row = Row(condition, "test_accuracy", 0.0, values, "")
    mean, half, _ = compare(values, 0.0)
    return (condition, words, number(mean, row), interval(mean, half, row), str(len(values) or ""))


def number(value: float | None, row: Row) -> str:
    """Return a number as the page prints it, empty where there is none."""
    if value is None:
        return ""
    return f"{value:.2%}".replace("%", " %") if row.percent else f"{value:.4f}"


def interval(mean: float | None, half: float | None, row: Row) -> str:
    """Return an interval as the page prints it."""
    if mean is None or half is None:
        return ""
    return f"{number(mean - half, row)} to {number(mean + half, row)}"


def verdict(*, agrees: bool | None) -> str:
    """Return the word of the table."""
    return "" if agrees is None else "yes" if agrees else "**no**"


def table(header: tuple[str, ...], lines: list[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    marks = tuple("---" for _ in header)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (header, marks, *lines))


def rewritten(page: str, folder: Path) -> str:
    """Return the page with its measured block made anew."""
    before, found, rest = page.partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not (found and closed):
        raise SystemExit(f"{PAGE.name} has no block between {BEGIN} and {END}")
    block = "\n\n".join(section(name, experiments, folder) for name, experiments in STUDIES.items())
    return f"{before}{BEGIN}\n\n{block}\n\n{END}{after}"


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        raise SystemExit(f"usage: python {sys.argv[0]} FOLDER-OF-STUDIES")
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8"), Path(sys.argv[1])), encoding="utf-8")
    print(f"{PAGE.name} is up to date")
