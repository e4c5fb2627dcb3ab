"""How every chart looks: one quiet theme for white and black, in colours that the colour-blind tell apart."""

from collections.abc import Mapping
from typing import Any

import altair as alt

# Okabe and Ito (2008), without black and yellow, which vanish on one of the two grounds.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
SPLIT_COLOURS: Mapping[str, str] = {
    "training": "#D55E00",
    "validation": "#0072B2",
    "test": "#009E73",
    "training batches": "#0072B2",
}
# Colour and shape: neither alone carries the verdict.
VERDICTS: Mapping[str, tuple[str, str]] = {
    "different": ("#D55E00", "diamond"),
    "negligible": ("#E69F00", "triangle-up"),
    "equivalent": ("#009E73", "square"),
    "undecided": ("#0072B2", "circle"),
    "diverged": ("#CC79A7", "cross"),
    "no verdict": ("#888888", "stroke"),
}
# The page's own text colour, so that one drawing serves light and dark.
INK = "currentColor"
GREY = "#888888"
# Three names of one set of letter widths, so that a picture measured here fits where it is shown; then what is about as
# narrow where there are none of them.
_FONT = "Arial, Helvetica, Liberation Sans, DejaVu Sans Condensed, sans-serif"


def themed(chart: Any) -> Any:
    """Give a new top-level chart the house's theme: transparent, in fonts that every system has."""
    axis = alt.AxisConfig(
        domainColor=GREY,
        tickColor=GREY,
        gridColor=INK,
        gridOpacity=0.1,
        labelColor=INK,
        titleColor=INK,
        labelFontSize=11,
        titleFontSize=11,
        titleFontWeight="normal",
        titlePadding=6,
    )
    legend = alt.LegendConfig(
        labelColor=INK, labelFontSize=11, labelLimit=240, symbolStrokeWidth=2.5, symbolOpacity=1, orient="top"
    )
    # In place: configure() would copy the whole chart, and copies are most of what a chart costs.
    chart.config = alt.Config(
        aria=False,
        background="transparent",
        font=_FONT,
        padding=4,
        view=alt.ViewConfig(stroke=None),
        axis=axis,
        title=alt.TitleConfig(color=INK, fontSize=12, fontWeight=600, anchor="start", offset=8),
        legend=legend,
    )
    return chart


def percent_format(domain: tuple[float, float]) -> str:
    """Return the d3 format for ticks of fractions: as many decimals as the axis needs."""
    span = domain[1] - domain[0]
    return ".0%" if span > 0.08 else ".1%" if span > 0.008 else ".2%"


def vegalite_version() -> str:
    """Return the Vega-Lite version that the installed altair writes, as vl-convert names it ("6.4")."""
    return ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
