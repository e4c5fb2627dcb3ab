"""In: a ReportContent of plain values. Out: report.html with its figures and tables, in one directory.

Never: computes an estimate or a verdict, trains, imports torch, asks a network, shows a sealed number.
"""

from paribus.report.content import (
    Choice,
    DataEntry,
    Example,
    Inspection,
    ModelEntry,
    Part,
    PublishedRow,
    ReportContent,
    RunRow,
    RunTime,
    Sample,
    Times,
)
from paribus.report.page import MOST_BYTES, render
from paribus.report.write import write

__all__ = [
    "MOST_BYTES",
    "Choice",
    "DataEntry",
    "Example",
    "Inspection",
    "ModelEntry",
    "Part",
    "PublishedRow",
    "ReportContent",
    "RunRow",
    "RunTime",
    "Sample",
    "Times",
    "render",
    "write",
]
