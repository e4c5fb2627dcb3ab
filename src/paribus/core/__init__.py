"""In: nothing but the standard library. Out: errors, seed streams, digests, the records that rooms exchange.

Never: imports a third-party package, reads a file, draws a random number; runs a user's file only when told to.
"""

from paribus.core.digests import digest, digest_bytes
from paribus.core.errors import DataError, ModelError, ParibusError, RunError, StoreError, StudyError, nearest
from paribus.core.exhibits import Histogram, Inside, Picture, Planes
from paribus.core.facts import DataFacts, FileFact, LayerFact, ModelFacts
from paribus.core.own_code import frame, import_own, importable
from paribus.core.records import EpochRecord, Outcome, Predictions
from paribus.core.seeds import STREAMS, Stream, Streams

__all__ = [
    "STREAMS",
    "DataError",
    "DataFacts",
    "EpochRecord",
    "FileFact",
    "Histogram",
    "Inside",
    "LayerFact",
    "ModelError",
    "ModelFacts",
    "Outcome",
    "ParibusError",
    "Picture",
    "Planes",
    "Predictions",
    "RunError",
    "StoreError",
    "Stream",
    "Streams",
    "StudyError",
    "digest",
    "digest_bytes",
    "frame",
    "import_own",
    "importable",
    "nearest",
]
