"""In: a data specification and files on disk. Out: images as uint8 arrays, splits, normalisation, facts.

Never: imports torch, reaches the network, or trusts a file whose published checksum it does not have.
"""

from paribus.data.facts import describe_data
from paribus.data.folders import cache_folder
from paribus.data.images import Images, make_images
from paribus.data.load import load_images
from paribus.data.locate import SourceStatus, source_status
from paribus.data.normalize import Normalization, normalization
from paribus.data.share import SharedImages, open_images, share_images
from paribus.data.split import Split, permutation, split_images

__all__ = [
    "Images",
    "Normalization",
    "SharedImages",
    "SourceStatus",
    "Split",
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
]
