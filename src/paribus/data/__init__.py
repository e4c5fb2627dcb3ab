"""In: a data specification and files on disk. Out: images as uint8 arrays, splits, normalisation, facts.

Never: imports torch, runs a user's code in the driver, or trusts a file that differs from its published checksum.
"""

from paribus.data.facts import describe_data
from paribus.data.folders import cache_folder
from paribus.data.images import Arrays, Collected, Images, make_images
from paribus.data.isolate import Isolate
from paribus.data.load import load_images
from paribus.data.locate import SourceStatus, source_status
from paribus.data.normalize import Normalization, normalization
from paribus.data.share import SharedImages, open_images, share_images
from paribus.data.split import Split, permutation, split_images
from paribus.data.telling import Reading, Tell, tell_nobody

__all__ = [
    "Arrays",
    "Collected",
    "Images",
    "Isolate",
    "Normalization",
    "Reading",
    "SharedImages",
    "SourceStatus",
    "Split",
    "Tell",
    "cache_folder",
    "describe_data",
    "load_images",
    "make_images",
    "normalization",
    "open_images",
    "permutation",
    "share_images",
    "source_status",
    "split_images",
    "tell_nobody",
]
