"""In: run declarations, epoch records, outcomes. Out: a whole study as frozen rows, verified on reading.

Never: imports numpy or torch, loses or doubles an epoch, shows test values but through a recorded look.
"""

from paribus.store.integrity import check_integrity
from paribus.store.looks import count as count_looks
from paribus.store.reader import StoreReader, open_reader
from paribus.store.records import (
    Choice,
    Driver,
    Epoch,
    EpochBatches,
    Look,
    LookCount,
    ResumePoint,
    Run,
    RunDeclaration,
    RunState,
    SealedEpoch,
)
from paribus.store.seal import SealedView
from paribus.store.writer import Store, open_writer

__all__ = [
    "Choice",
    "Driver",
    "Epoch",
    "EpochBatches",
    "Look",
    "LookCount",
    "ResumePoint",
    "Run",
    "RunDeclaration",
    "RunState",
    "SealedEpoch",
    "SealedView",
    "Store",
    "StoreReader",
    "check_integrity",
    "count_looks",
    "open_reader",
    "open_writer",
]
