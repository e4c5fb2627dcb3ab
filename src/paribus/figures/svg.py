"""From a specification to a picture, without a browser, a network or a font that is fetched."""

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

import vl_convert

from paribus.figures.theme import vegalite_version

# Only inside tags: a label may say "clip1" too.
_TAG = re.compile(r"<[^>]*>")
# Marks that draw nothing, and hints for pointers and readers that a still picture has no use for.
_EMPTY = re.compile(r'<path class="foreground"[^>]*display="none"/>')
_HINTS = re.compile(r' (?:role|aria-roledescription|aria-hidden|pointer-events|opacity)="(?:[a-z -]*|1)"')
_CLIP = re.compile(r'(id="|url\(#)(clip\d+)')


def to_svg(spec: Mapping[str, object], *, prefix: str = "") -> str:
    """Return the chart as SVG: well-formed, self-contained, and the same bytes for the same specification.

    Args:
        spec: a Vega-Lite specification, data included.
        prefix: of all ids, so that several pictures can stand in one page.

    Text takes the colour of the page it stands on (`currentColor`), so it is black in a viewer of its own.

    Raises:
        ValueError: the specification is none that Vega-Lite can draw.
    """
    svg = vl_convert.vegalite_to_svg(dict(spec), vl_version=vegalite_version(), allowed_base_urls=[])
    svg = _tidied(_EMPTY.sub("", svg), prefix)
    ET.fromstring(svg)  # noqa: S314 - our own drawing; this is the proof that it is well-formed
    return svg


def _tidied(svg: str, prefix: str) -> str:
    """Count clip paths from 0 (the renderer counts on from picture to picture); drop what shows nothing."""
    names: dict[str, str] = {}

    def renamed(tag: re.Match[str]) -> str:
        plain = _HINTS.sub("", tag[0])
        return _CLIP.sub(lambda found: found[1] + names.setdefault(found[2], f"{prefix}clip{len(names)}"), plain)

    return _TAG.sub(renamed, svg)
