"""From lines to a chart: panels of bands, thin seeds, thick means, and a cross where a run diverged."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from paribus.figures.lines import LinesData, MeanPoint, SeedLine
from paribus.figures.theme import PALETTE, SPLIT_COLOURS, percent_format, themed

# Panels in one chart -> columns, and width and height of a panel in pixels: together about 700 wide.
_SIZES = ((1, 1, 620, 260), (2, 2, 300, 240), (3, 3, 195, 210), (12, 3, 195, 130), (24, 4, 140, 100))
# Points are marked where they are few enough to be told apart.
_MOST_MARKED = 60
# Name of a dataset -> its rows.
_Rows = dict[str, list[dict[str, object]]]
# Parts of a decade that are marked on a logarithmic axis, for ever narrower ranges; report.js has the same.
_LOG_STEPS = ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 8))
_LEAST_TICKS, _MOST_TICKS = 3, 7
_CROSS = "M-1,-1L1,1M-1,1L1,-1"


def draw_lines(data: LinesData) -> alt.ConcatChart:
    """Return the chart: one panel per split or per condition, on the same axes."""
    panels = data.splits if data.layout == "by split" else data.labels
    _, columns, width, height = next(size for size in _SIZES if len(panels) <= size[0])
    # altair copies what it holds at every step, so the rows join the finished chart, under their names.
    rows: _Rows = {}
    charts = []
    for index, panel in enumerate(panels):
        layers = _layers(data, panel, axes=_axes(data, titled=index % columns == 0), rows=rows)
        if layers:
            chart = alt.layer(*layers, width=width, height=height)
            charts.append(chart.properties(title=panel) if len(panels) > 1 else chart)
    shared = alt.Resolve(scale=alt.ScaleResolveMap(color="shared"))
    whole = alt.concat(*charts, columns=columns, spacing=18, resolve=shared)
    finished: alt.ConcatChart = themed(whole)
    finished.datasets = rows
    # For the page's script, which draws the chart again with what a reader chooses.
    finished.usermeta = {
        "kind": "lines",
        "metric": data.metric,
        "byCondition": data.layout == "by condition",
        "labels": list(data.labels),
        "splits": list(data.splits),
    }
    return finished


def _layers(data: LinesData, panel: str, *, axes: Mapping[str, Any], rows: _Rows) -> list[Any]:
    by_split = data.layout == "by split"
    means = [point for point in data.means if panel == (point.split if by_split else point.label)]
    seeds = [line for line in data.seeds if panel == (line.split if by_split else line.label)]
    layers = [
        _thin([line for line in seeds if not line.diverged], data, axes, rows),
        _lost([line for line in seeds if line.diverged], data, axes, rows),
        *_thick(means, data, axes, rows),
        _ends(seeds, data, axes, rows),
    ]
    return [layer for layer in layers if layer is not None]


def _named(values: list[dict[str, object]], rows: _Rows) -> alt.Chart:
    name = f"rows-{len(rows)}"
    rows[name] = values
    return alt.Chart(alt.NamedData(name=name))


def _axes(data: LinesData, *, titled: bool) -> dict[str, Any]:
    last = max([point.x for point in data.means] + [line.points[-1][0] for line in data.seeds], default=1)
    first = min([point.x for point in data.means] + [line.points[0][0] for line in data.seeds], default=0)
    x_axis = alt.Axis(title=data.x_title, tickMinStep=1, tickCount=6, format="~s" if last > 9999 else "d", grid=False)
    scale = alt.Scale(domain=[first, max(last, first + 1)], nice=False)
    by_split = data.layout == "by split"
    key = data.labels if by_split else data.splits
    return {
        "x": alt.X("x:Q", scale=scale, axis=x_axis),
        "y_scale": _y_scale(data),
        "y_axis": _y_axis(data, title=data.metric if titled else None),
        "color": alt.Color(
            "k:N",
            scale=alt.Scale(domain=list(key), range=_colours(key, of_splits=not by_split)),
            legend=_legend(key),
            title=None,
        ),
    }


def _y_scale(data: LinesData) -> alt.Scale:
    domain = [data.frame.low, data.frame.high]
    if data.frame.logarithmic:
        return alt.Scale(type="log", domain=domain)
    return alt.Scale(domain=domain, nice=data.metric == "loss", zero=False)


def _colours(key: Sequence[str], *, of_splits: bool) -> list[str]:
    return [SPLIT_COLOURS[split] for split in key] if of_splits else list(PALETTE[: len(key)])


def _legend(key: Sequence[str]) -> alt.Legend | None:
    if len(key) < 2:
        return None
    # About 6.5 pixels a letter: as many columns as fit the width of the page.
    columns = max(1, min(len(key), int(660 / (6.5 * max(map(len, key)) + 40))))
    return alt.Legend(symbolType="stroke", columns=columns, title=None, offset=10)


def _y_axis(data: LinesData, *, title: str | None) -> alt.Axis:
    if data.metric == "accuracy":
        return alt.Axis(title=title, format=percent_format((data.frame.low, data.frame.high)), tickCount=5)
    if data.frame.logarithmic:
        values = log_ticks(data.frame.low, data.frame.high)
        return alt.Axis(title=title and f"{title}, logarithmic", values=values, format="~g")
    return alt.Axis(title=title, tickCount=5, format="~g")


def log_ticks(low: float, high: float) -> list[float]:
    """Return a few round numbers on a logarithmic axis: powers of ten where there are enough of them.

    On an axis so short that even parts of a decade are too few, the numbers stand at equal steps.
    """
    powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    for steps in _LOG_STEPS:
        found = [float(f"{step}e{power}") for power in powers for step in steps]
        found = [value for value in found if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]
        if len(found) >= _LEAST_TICKS:
            return found[:: math.ceil(len(found) / _MOST_TICKS)]
    power = math.floor(math.log10((high - low) / _LEAST_TICKS))
    largest = max(part for part in (1, 2, 5) if part * _LEAST_TICKS <= (high - low) / 10.0**power * (1 + 1e-9))
    step = largest * 10.0**power
    return [float(f"{count * step:.12g}") for count in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _y(field: str, axes: Mapping[str, Any]) -> alt.Y:
    return alt.Y(f"{field}:Q", scale=axes["y_scale"], axis=axes["y_axis"])


def _thick(means: Sequence[MeanPoint], data: LinesData, axes: Mapping[str, Any], rows: _Rows) -> list[Any]:
    if not means:
        return []
    values = [_mean_row(point, data) for point in means]
    chart = _placed(_named(values, rows).encode(x=axes["x"], color=axes["color"]), "m", values, data)
    line = chart.mark_line(clip=True, strokeWidth=2, strokeJoin="round")
    layers = [line.encode(y=_y("m", axes), tooltip=_tooltip(data))]
    if _banded(data):
        band = chart.mark_area(clip=True, opacity=0.16, line=False)
        if data.frame.logarithmic:
            # A band that reaches 0 ends at the frame of a logarithmic axis.
            band = band.transform_calculate(b=f"max(datum.l, {float(data.frame.low)!r})")
        layers.insert(0, band.encode(y=_y("b" if data.frame.logarithmic else "l", axes), y2="h:Q"))
    if len({point.x for point in means}) <= _MOST_MARKED:
        dots = chart.mark_circle(clip=True, size=16, opacity=1)
        layers.append(dots.encode(y=_y("m", axes)))
    return layers


def _placed(chart: Any, field: str, values: Sequence[Mapping[str, object]], data: LinesData) -> Any:
    """Leave out what has no place on a logarithmic axis; the rows stay, for the linear one."""
    if data.frame.logarithmic and any(float(str(row[field])) <= 0 for row in values):
        return chart.transform_filter(f"datum.{field} > 0")
    return chart


def _mean_row(point: MeanPoint, data: LinesData) -> dict[str, object]:
    row = {"k": _key(point, data), "x": point.x, "m": _short(point.mean), "n": point.n}
    return row if not _banded(data) else {**row, "l": _short(point.low), "h": _short(point.high)}


def _banded(data: LinesData) -> bool:
    return any(point.n > 1 for point in data.means)


def _key(point: MeanPoint | SeedLine, data: LinesData) -> str:
    # One-letter fields, and the panel's own name left out: every byte is there once per point.
    return point.label if data.layout == "by split" else point.split


def _tooltip(data: LinesData) -> list[alt.Tooltip]:
    shown = ".2%" if data.metric == "accuracy" else ".4~g"
    fields = [
        alt.Tooltip("k:N", title="condition" if data.layout == "by split" else "split"),
        alt.Tooltip("x:Q", title=data.x_title, format=",d"),
        alt.Tooltip("m:Q", title="mean", format=shown),
    ]
    if _banded(data):
        ends = [
            alt.Tooltip("l:Q", title="smallest", format=shown),
            alt.Tooltip("h:Q", title="largest", format=shown),
        ]
        fields += [*ends, alt.Tooltip("n:Q", title="seeds")]
    return fields


def _thin(seeds: Sequence[SeedLine], data: LinesData, axes: Mapping[str, Any], rows: _Rows) -> Any | None:
    values = [row for line in seeds for row in _seed_rows(line, line.points, data)]
    if not values:
        return None
    mark = _placed(_named(values, rows), "v", values, data).mark_line(clip=True, strokeWidth=0.8, opacity=0.45)
    return _single(mark, data, axes)


def _lost(seeds: Sequence[SeedLine], data: LinesData, axes: Mapping[str, Any], rows: _Rows) -> Any | None:
    """Return the runs that diverged, dashed: their mark says that they are no part of mean and band."""
    values = [row for line in seeds for row in _seed_rows(line, line.points, data)]
    if not values:
        return None
    chart = _placed(_named(values, rows), "v", values, data)
    return _single(chart.mark_line(clip=True, strokeWidth=1.4, strokeDash=[5, 3], opacity=0.9), data, axes)


def _single(mark: Any, data: LinesData, axes: Mapping[str, Any]) -> Any:
    shown = ".2%" if data.metric == "accuracy" else ".4~g"
    tooltip = [
        alt.Tooltip("k:N", title="condition" if data.layout == "by split" else "split"),
        alt.Tooltip("s:N", title="seed"),
        alt.Tooltip("x:Q", title=data.x_title, format=",d"),
        alt.Tooltip("v:Q", title=data.metric, format=shown),
    ]
    return mark.encode(x=axes["x"], y=_y("v", axes), color=axes["color"], detail="s:N", tooltip=tooltip)


def _ends(seeds: Sequence[SeedLine], data: LinesData, axes: Mapping[str, Any], rows: _Rows) -> Any | None:
    values = [row for line in seeds if line.diverged for row in _seed_rows(line, line.points[-1:], data)]
    if not values:
        return None
    # Not clipped: a run that diverged before its first epoch ends on the frame.
    chart = _placed(_named(values, rows), "v", values, data)
    mark = chart.mark_point(shape=_CROSS, size=70, strokeWidth=2.4, filled=False, opacity=1)
    tooltip = [
        alt.Tooltip("k:N", title="condition" if data.layout == "by split" else "split"),
        alt.Tooltip("s:N", title="diverged, seed"),
        alt.Tooltip("x:Q", title="last epoch"),
        alt.Tooltip("v:Q", title=f"last {data.metric}", format=".4~g"),
    ]
    return mark.encode(x=axes["x"], y=_y("v", axes), color=axes["color"], tooltip=tooltip)


def _seed_rows(line: SeedLine, points: Sequence[tuple[int, float]], data: LinesData) -> list[dict[str, object]]:
    return [{"k": _key(line, data), "s": line.seed, "x": x, "v": _short(value)} for x, value in points]


def _short(value: float) -> float:
    """Keep five digits: finer than a pixel, and a third of the bytes."""
    return float(f"{value:.5g}")
