"""From estimates to charts: a row of dots per condition, and a forest of differences."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from paribus.figures.estimates import DifferenceRow, DifferencesData, DotsData
from paribus.figures.theme import GREY, INK, PALETTE, VERDICTS, percent_format, themed

_ROW_HEIGHT = 34
_WIDTH = 440
_Row = Mapping[str, object]
# On a narrow screen labels of an axis are left out before they touch.
_APART: dict[str, Any] = {"labelOverlap": "greedy", "labelSeparation": 6}
# "+0" would be a sign too many.
_PLAIN_ZERO = "datum.value == 0 ? '0' : datum.label"


def draw_dots(data: DotsData) -> alt.LayerChart:
    """Return per-seed dots, the mean as a tick and its interval as a line, one row per condition."""
    labels = [row.label for row in data.rows]
    y = _row_axis(labels)
    axis = alt.Axis(title=data.response, format=percent_format(data.domain), tickCount=6, **_APART)
    scale = alt.Scale(domain=list(data.domain), nice=False, zero=False)
    x = alt.X("value:Q", scale=scale, axis=axis)
    # A lone seed is its own mean: its dot says so.
    rows = [
        {
            "label": row.label,
            "value": row.mean if row.n > 1 else None,
            "low": row.low,
            "high": row.high,
            "remark": row.remark,
        }
        for row in data.rows
    ]
    means = _inline(rows).encode(y=y)
    interval = means.mark_rule(clip=True, strokeWidth=1.5, color=INK, opacity=0.75).encode(
        x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q"
    )
    tick = means.mark_tick(clip=True, thickness=3, size=16, color=INK, opacity=1).encode(x=x, tooltip=_mean_tooltip())
    beyond = _beyond([dot.label for dot in data.dots if dot.value < data.domain[0]], y=y, x=4, shape="triangle-left")
    layers = [_seed_dots(data, y=y, x=x), interval, tick, *beyond, _remarks(rows, y)]
    chart = _finish(layers, rows=len(labels))
    # For the page's script: which chart this is.
    chart.usermeta = {"kind": "dots"}
    return chart


def _beyond(labels: Sequence[str], *, y: alt.Y, x: int, shape: str) -> list[Any]:
    """Return an arrow at an edge in each of these rows."""
    if not labels:
        return []
    mark = _inline([{"label": label} for label in dict.fromkeys(labels)]).mark_point(
        shape=shape, size=60, filled=True, color=INK, opacity=0.8
    )
    return [mark.encode(y=y, x=alt.value(x))]


def _mean_tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("label:N", title="condition"),
        alt.Tooltip("value:Q", title="mean", format=".3%"),
        alt.Tooltip("low:Q", title="from", format=".3%"),
        alt.Tooltip("high:Q", title="to", format=".3%"),
    ]


def _seed_dots(data: DotsData, *, y: alt.Y, x: alt.X) -> Any:
    rows = [{"label": dot.label, "value": dot.value, "seed": dot.seed, "order": dot.order} for dot in data.dots]
    tooltip = [
        alt.Tooltip("label:N", title="condition"),
        alt.Tooltip("seed:Q"),
        alt.Tooltip("value:Q", title=data.response, format=".3%"),
    ]
    # The same seed sits at the same height in every row: pairs can be followed.
    most = max((dot.order for dot in data.dots), default=0)
    offset = alt.YOffset("order:Q", scale=alt.Scale(domain=[-0.5, most + 0.5], range=[5, _ROW_HEIGHT - 5]))
    mark = _inline(rows).mark_circle(clip=True, size=42, color=PALETTE[0], opacity=0.7)
    return mark.encode(x=x, y=y, yOffset=offset, tooltip=tooltip)


def draw_differences(data: DifferencesData) -> alt.LayerChart:
    """Return the forest: zero line, band of the smallest effect; interval, point and verdict per contrast."""
    y = _row_axis([row.label for row in data.rows])
    axis = alt.Axis(
        title="difference in percentage points", format="+.4~g", tickCount=7, labelExpr=_PLAIN_ZERO, **_APART
    )
    scale = alt.Scale(domain=list(data.domain), nice=not data.notes, zero=True)
    rows = [_difference_row(row) for row in data.rows]
    chart = _inline([row for row, each in zip(rows, data.rows, strict=True) if not _side(each, data)]).encode(y=y)
    color, shape = _by_verdict()
    interval = chart.mark_rule(clip=True, strokeWidth=2).encode(
        x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q", color=color
    )
    point = chart.mark_point(filled=True, size=90, opacity=1).encode(
        x=alt.X("value:Q", scale=scale, axis=axis), color=color, shape=shape, tooltip=_difference_tooltip()
    )
    left = [row.label for row in data.rows if _side(row, data) < 0]
    right = [row.label for row in data.rows if _side(row, data) > 0]
    beyond = [
        *_beyond(left, y=y, x=4, shape="triangle-left"),
        *_beyond(right, y=y, x=_WIDTH - 4, shape="triangle-right"),
    ]
    return _finish([*_ground(data, scale, axis), interval, point, *beyond, _remarks(rows, y)], rows=len(rows))


def _side(row: DifferenceRow, data: DifferencesData) -> int:
    """Return -1 or 1 for a difference beyond the left or right edge, 0 for one in the frame."""
    if row.difference_pp is None:
        return 0
    return (row.difference_pp > data.domain[1]) - (row.difference_pp < data.domain[0])


def _difference_row(row: DifferenceRow) -> _Row:
    return {
        "label": row.label,
        "value": row.difference_pp,
        "low": row.low_pp,
        "high": row.high_pp,
        "verdict": row.verdict,
        "remark": row.remark,
    }


def _by_verdict() -> tuple[alt.Color, alt.Shape]:
    known = list(VERDICTS)
    colours, shapes = ([VERDICTS[each][part] for each in known] for part in (0, 1))
    color = alt.Color("verdict:N", scale=alt.Scale(domain=known, range=colours), legend=None)
    return color, alt.Shape("verdict:N", scale=alt.Scale(domain=known, range=shapes), legend=None)


def _ground(data: DifferencesData, scale: alt.Scale, axis: alt.Axis) -> list[Any]:
    effect = data.smallest_effect_pp
    x = alt.X("low:Q", scale=scale, axis=axis)
    zero = _inline([{"low": 0}]).mark_rule(color=INK, opacity=0.6).encode(x=x)
    if effect is None:
        return [zero]
    band = _inline([{"low": -effect, "high": effect}]).mark_rect(color=GREY, opacity=0.16)
    return [band.encode(x=x, x2="high:Q"), zero]


def _difference_tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("label:N", title="condition"),
        alt.Tooltip("value:Q", title="difference, pp", format="+.3f"),
        alt.Tooltip("low:Q", title="from", format="+.3f"),
        alt.Tooltip("high:Q", title="to", format="+.3f"),
        alt.Tooltip("verdict:N"),
    ]


def _inline(rows: Sequence[_Row]) -> alt.Chart:
    return alt.Chart(alt.Data(values=list(rows)))  # type: ignore[no-untyped-call]  # altair's own


def _row_axis(labels: Sequence[str]) -> alt.Y:
    axis = alt.Axis(
        title=None, ticks=False, domain=False, grid=False, labelLimit=230, labelPadding=10, labelFontSize=12
    )
    return alt.Y("label:N", sort=list(labels), axis=axis, scale=alt.Scale(domain=list(labels), padding=0))


def _remarks(rows: Sequence[_Row], y: alt.Y) -> Any:
    mark = _inline(rows).mark_text(align="left", baseline="middle", color=INK, fontSize=11)
    return mark.encode(x=alt.value(alt.expr("width + 12")), y=y, text="remark:N")


def _finish(layers: Sequence[Any], *, rows: int) -> alt.LayerChart:
    chart: alt.LayerChart = themed(alt.layer(*layers, width=_WIDTH, height=_ROW_HEIGHT * rows))
    return chart
