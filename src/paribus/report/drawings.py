"""The figures of a report: which there are, what stands under them, and what is read aloud in their place."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from altair.utils import schemapi

from paribus.figures import (
    DifferencesData,
    DotsData,
    LinesData,
    MeanPoint,
    batches_data,
    curves_data,
    differences_data,
    dots_data,
    draw_differences,
    draw_dots,
    draw_lines,
    to_svg,
)
from paribus.report.content import ReportContent
from paribus.report.words import level

_LINES_COLUMNS = ("Condition", "Split", "At", "Mean", "Smallest", "Largest", "Seeds")
# What is fetched by name when an older report in the directory had it and this one has not.
NAMES = ("dots", "differences", "loss", "accuracy", "batch-loss", "batch-accuracy")


@dataclass(frozen=True, slots=True)
class Drawing:
    """One figure: a specification for the browser, the same as a still picture, and words for both.

    Attributes:
        name: of the file, and of the ids in the page.
        caption: sentences under the figure.
        spoken: what the figure shows, for those who do not see it.
        specification: JSON that may stand in a script element.
        svg: the picture, ids prefixed with the name.
        columns, rows: the numbers behind the picture, as printed, where no other table has them.
    """

    name: str
    caption: tuple[str, ...]
    spoken: str
    specification: str
    svg: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def drawings(content: ReportContent) -> dict[str, Drawing]:
    """Return the figures that there is something to draw for, by name."""
    # altair would hold every part against its schema, once as it is made and again at the end.
    with schemapi.debug_mode(False):
        return _drawings(content)


def _drawings(content: ReportContent) -> dict[str, Drawing]:
    found: dict[str, Drawing] = {}
    dots = dots_data(content.conditions, f"{content.response} accuracy")
    if dots.dots:
        found["dots"] = _drawing("dots", draw_dots(dots), _dots_caption(dots, content), _dots_spoken(dots))
    differences = differences_data(content.contrasts, smallest_effect=content.smallest_effect, alpha=content.alpha)
    if any(row.difference_pp is not None for row in differences.rows):
        chart, caption = draw_differences(differences), _differences_caption(differences, level(content))
        found["differences"] = _drawing("differences", chart, caption, _differences_spoken(differences))
    for name, lines in _lines(content).items():
        if lines.means or lines.seeds:
            drawn = _drawing(name, draw_lines(lines), _lines_caption(name, lines), _lines_spoken(lines))
            found[name] = replace(drawn, columns=_LINES_COLUMNS, rows=_lines_table(lines))
    return found


def _lines(content: ReportContent) -> dict[str, LinesData]:
    diverged = {(run.condition, run.seed) for run in content.runs if run.state == "diverged"}
    return {
        "loss": curves_data(content.curves, metric="loss", diverged=diverged),
        "accuracy": curves_data(content.curves, metric="accuracy", diverged=diverged),
        "batch-loss": batches_data(content.batches, metric="loss"),
        "batch-accuracy": batches_data(content.batches, metric="accuracy"),
    }


def _drawing(name: str, chart: Any, caption: Sequence[str], spoken: str) -> Drawing:
    specification: Mapping[str, object] = chart.to_dict(validate=False)
    svg = to_svg(specification, prefix=f"{name}-")
    return Drawing(name, tuple(caption), spoken, json_for_script(specification), svg)


def json_for_script(value: object) -> str:
    """Return JSON that no HTML parser can take for markup, and no script parser for a line end."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _dots_caption(data: DotsData, content: ReportContent) -> tuple[str, ...]:
    what = f"{data.response.capitalize()} at the last epoch."
    first = f"{what} A dot is a seed, at the same height in every row"
    if any(row.low is not None for row in data.rows):
        return (f"{first}; the tick is the mean, the line its {level(content)} interval.", *data.notes)
    if any(row.n > 1 for row in data.rows):
        return (f"{first}; the tick is the mean.", *data.notes)
    return (f"{what} Each dot is the one seed of its condition.", *data.notes)


def _dots_spoken(data: DotsData) -> str:
    return f"{data.response} per condition: " + "; ".join(f"{row.label} {row.remark}" for row in data.rows)


def _differences_caption(data: DifferencesData, confidence: str) -> tuple[str, ...]:
    against = f" from {data.baseline}" if data.baseline else ""
    first = f"Differences{against} with their {confidence} intervals; shape and colour give the verdict."
    if data.smallest_effect_pp is None:
        return (first, *data.notes)
    effect = f"{data.smallest_effect_pp:g} pp"
    band = f"The grey band holds differences smaller than {effect}, too small to matter here."
    return (first, band, *data.notes)


def _differences_spoken(data: DifferencesData) -> str:
    against = f" from {data.baseline}" if data.baseline else ""
    return f"Differences{against}: " + "; ".join(f"{row.label} {row.remark}" for row in data.rows)


def _lines_caption(name: str, data: LinesData) -> tuple[str, ...]:
    if name.startswith("batch"):
        return (f"{data.metric.capitalize()} of the training batches over updates.", *data.notes)
    first = f"{data.metric.capitalize()} after each epoch; epoch 0 is before training."
    return (first, "Every split is measured in evaluation mode, without augmentation.", *data.notes)


def _lines_spoken(data: LinesData) -> str:
    last = {(point.label, point.split): point for point in data.means}
    ends = (f"{label}, {split}: {_shown(data, point.mean)}" for (label, split), point in last.items())
    lost = {(line.label, line.seed): line.points[-1][0] for line in data.seeds if line.diverged}
    gone = (f"{label}, seed {seed}: diverged after {data.x_title} {x}" for (label, seed), x in lost.items())
    return f"{data.metric} over {data.x_title}s, last mean values: " + "; ".join((*ends, *gone))


def _lines_table(data: LinesData) -> tuple[tuple[str, ...], ...]:
    """Return some points of every line: the first, the middle, the last."""
    series: dict[tuple[str, str], list[MeanPoint]] = {}
    for point in data.means:
        series.setdefault((point.label, point.split), []).append(point)
    return tuple(
        (
            *(point.label, point.split, f"{data.x_title} {point.x:,}"),
            *(_shown(data, value) for value in (point.mean, point.low, point.high)),
            str(point.n),
        )
        for points in series.values()
        for point in (points[index] for index in sorted({0, len(points) // 2, len(points) - 1}))
    )


def _shown(data: LinesData, value: float) -> str:
    return f"{value:.2%}" if data.metric == "accuracy" else f"{value:.4g}"
