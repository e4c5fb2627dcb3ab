"""In: rows of epochs and batches, estimates of statistics. Out: figure data, charts, specifications, SVG.

Never: computes a statistic that stats owns, reads a file, asks a network, shows a sealed number.
"""

from paribus.figures.batches import batches_data
from paribus.figures.curves import curves_data
from paribus.figures.draw_estimates import draw_differences, draw_dots
from paribus.figures.draw_lines import draw_lines
from paribus.figures.estimates import DifferencesData, DotsData, differences_data, dots_data
from paribus.figures.labels import short_labels, visible
from paribus.figures.lines import LinesData
from paribus.figures.rows import BatchRow, CurveRow
from paribus.figures.svg import to_svg
from paribus.figures.theme import VERDICTS, vegalite_version

__all__ = [
    "VERDICTS",
    "BatchRow",
    "CurveRow",
    "DifferencesData",
    "DotsData",
    "LinesData",
    "batches_data",
    "curves_data",
    "differences_data",
    "dots_data",
    "draw_differences",
    "draw_dots",
    "draw_lines",
    "short_labels",
    "to_svg",
    "vegalite_version",
    "visible",
]
