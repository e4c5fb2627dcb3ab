"""In: a table of responses, one per run. Out: estimates, verdicts, power, and the sentences they license.

Never: sees an image, counts one as a replicate, reads a file, or calls "undecided" equal.
"""

from paribus.stats.compare import contrasts
from paribus.stats.conditions import describe
from paribus.stats.margin import smallest_effect
from paribus.stats.permutation import sign_flip, sign_flip_floor
from paribus.stats.plan import can_show
from paribus.stats.power import MOST_SEEDS, detectable
from paribus.stats.tables import ConditionEstimate, ContrastEstimate, RunTable, Verdict
from paribus.stats.words import answer, sentence, spread

__all__ = [
    "MOST_SEEDS",
    "ConditionEstimate",
    "ContrastEstimate",
    "RunTable",
    "Verdict",
    "answer",
    "can_show",
    "contrasts",
    "describe",
    "detectable",
    "sentence",
    "sign_flip",
    "sign_flip_floor",
    "smallest_effect",
    "spread",
]
