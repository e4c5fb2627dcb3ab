"""Histograms of parameters as panels, layer by layer, with what is said when a pointer rests on them."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from paribus.core import Histogram
from paribus.figures import Spread, Zone, draw_spread, draw_strip, draw_zones, drawable, spreads

_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Panel:
    """One parameter.

    Attributes:
        start, end, zero: paths; `zero` empty where zero is not in the frame.
        zones: (path, words) of each part that a pointer can rest on.
        strip: address of the bitmap of epochs, None where it is left out; its height in pixels of the page.
        low, high: the frame in words.
        spoken: for those who do not see it.
        strays: how many numbers lie beyond the frame, in words; empty for none.
    """

    kind: str
    total: int
    start: Markup
    end: Markup
    zero: Markup
    zones: tuple[tuple[Markup, str], ...]
    strip: Markup | None
    strip_height: int
    low: str
    high: str
    spoken: str
    strays: str


@dataclass(frozen=True, slots=True)
class Layer:
    """The panels of one layer, in order."""

    name: str
    panels: tuple[Panel, ...]


def layers(
    epochs: Sequence[tuple[int, Sequence[Histogram]]], *, most: int, strips: bool
) -> tuple[tuple[Layer, ...], int]:
    """Return the first `most` parameters, layer by layer, and how many there are beyond."""
    named: dict[str, list[Panel]] = {}
    for each in spreads(epochs, most=most):
        named.setdefault(each.layer, []).append(_panel(each, strips=strips and len(each.epochs) > 1))
    return tuple(Layer(name, tuple(panels)) for name, panels in named.items()), max(0, drawable(epochs) - most)


def _panel(spread: Spread, *, strips: bool) -> Panel:
    start, end, zero = map(Markup, draw_spread(spread))
    strip = draw_strip(spread) if strips else None
    data = base64.b64encode(strip.data).decode() if strip else ""
    return Panel(
        kind=spread.kind,
        total=spread.total,
        start=start,
        end=end,
        zero=zero,
        zones=tuple(_zone(each) for each in draw_zones(spread) if each.start or each.end),
        strip=Markup(f"data:image/png;base64,{data}") if data else None,  # noqa: S704 - base64 is plain
        strip_height=strip.height if strip else 0,
        low=number(spread.low),
        high=number(spread.high),
        spoken=f"{spread.kind} of {spread.layer}, {spread.total:,} numbers: at the start {_range(spread.start)}, "
        f"at the end {_range(spread.end)}",
        strays=f"{spread.strays:,}" if spread.strays else "",
    )


def _zone(zone: Zone) -> tuple[Markup, str]:
    said = (
        f"{number(zone.low)} to {number(zone.high)}: {_share(zone.start)} at the start, {_share(zone.end)} at the end"
    )
    return Markup(zone.path), said  # noqa: S704 - numbers and letters of our own


def _range(histogram: Histogram) -> str:
    if histogram.low == histogram.high:
        return f"all {number(histogram.low)}"
    return f"from {number(histogram.low)} to {number(histogram.high)}"


def number(value: float) -> str:
    """Return a number in three digits, with a true minus sign."""
    text = f"{value:.3g}"
    return "0" if float(text) == 0 else text.replace("-", _MINUS)


def _share(share: float) -> str:
    return f"{100 * share:.1f}\xa0%"
