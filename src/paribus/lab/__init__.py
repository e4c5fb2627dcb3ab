"""In: a study. Out: runs trained, verdicts, a report; the verbs of the commands and of the Python interface.

Never: computes what a room computes. The only room that knows every other.
"""

from paribus.lab.about_images import DataTable, Fetched, Shown, Start, fetch, show, start
from paribus.lab.check import Check, check
from paribus.lab.comparison import Comparison
from paribus.lab.places import STUDIES, Place, find, load
from paribus.lab.progress import Ended, Snapshot, Standing, Watch, Working
from paribus.lab.results import Results
from paribus.lab.standing import standing_split, standings_of
from paribus.lab.table import Table
from paribus.lab.verbs import compare, picture, reveal, run, status, statuses
from paribus.lab.verified import Verified

__all__ = [
    "STUDIES",
    "Check",
    "Comparison",
    "DataTable",
    "Ended",
    "Fetched",
    "Place",
    "Results",
    "Shown",
    "Snapshot",
    "Standing",
    "Start",
    "Table",
    "Verified",
    "Watch",
    "Working",
    "check",
    "compare",
    "fetch",
    "find",
    "load",
    "picture",
    "reveal",
    "run",
    "show",
    "standing_split",
    "standings_of",
    "start",
    "status",
    "statuses",
]
