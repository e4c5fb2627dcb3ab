"""In: rows of epochs and batches, estimates of statistics. Out: figure data, charts, specifications, SVG.

Never: computes a statistic that stats owns, reads a file, asks a network, shows a sealed number.
"""

from paribus.figures.batches import batches_data
from paribus.figures.curves import curves_data
from paribus.figures.draw_estimates import draw_differences, draw_dots
from paribus.figures.draw_inside import (
    PANEL_HEIGHT,
    PANEL_WIDTH,
    Bitmap,
    Zone,
    draw_confusion,
    draw_picture,
    draw_planes,
    draw_row,
    draw_spread,
    draw_strip,
    draw_zones,
)
from paribus.figures.draw_lines import draw_lines
from paribus.figures.estimates import DifferencesData, DotsData, differences_data, dots_data
from paribus.figures.inside_confusion import Confused, ConfusionData, confusion_data, least_accurate, most_confused
from paribus.figures.inside_histograms import Spread, drawable, spreads
from paribus.figures.labels import short_labels, visible
from paribus.figures.lines import LinesData, MeanPoint
from paribus.figures.rows import BatchRow, CurveRow
from paribus.figures.svg import to_svg
from paribus.figures.theme import VERDICTS, vegalite_version

__all__ = [
    "PANEL_HEIGHT",
    "PANEL_WIDTH",
    "VERDICTS",
    "BatchRow",
    "Bitmap",
    "Confused",
    "ConfusionData",
    "CurveRow",
    "DifferencesData",
    "DotsData",
    "LinesData",
    "MeanPoint",
    "Spread",
    "Zone",
    "batches_data",
    "confusion_data",
    "curves_data",
    "differences_data",
    "dots_data",
    "draw_confusion",
    "draw_differences",
    "draw_dots",
    "draw_lines",
    "draw_picture",
    "draw_planes",
    "draw_row",
    "draw_spread",
    "draw_strip",
    "draw_zones",
    "drawable",
    "least_accurate",
    "most_confused",
    "short_labels",
    "spreads",
    "to_svg",
    "vegalite_version",
    "visible",
]
