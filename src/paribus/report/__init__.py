"""In: a ReportContent of plain values. Out: report.html with its figures and tables, in one directory.

Never: computes an estimate or a verdict, trains, imports torch, asks a network, shows a sealed number.
"""

from paribus.report.content import (
    Choice,
    DataEntry,
    ModelEntry,
    PublishedRow,
    ReportContent,
    RunRow,
    RunTime,
    Times,
)

__all__ = [
    "Choice",
    "DataEntry",
    "ModelEntry",
    "PublishedRow",
    "ReportContent",
    "RunRow",
    "RunTime",
    "Times",
]
