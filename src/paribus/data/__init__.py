"""In: a data specification and files on disk. Out: images as uint8 arrays, splits, normalisation, facts.

Never: imports torch, runs a user's code in the driver, or trusts a file that differs from its published checksum.
"""

from paribus.data.bad_files import bad_file_lines, counted_endings
from paribus.data.catalog import SOURCES
from paribus.data.download import download_source
from paribus.data.duplicates import Duplicates, Place, find_duplicates
from paribus.data.encode import jpeg, png
from paribus.data.facts import dark_share, describe_data
from paribus.data.findings import (
    Balance,
    Finding,
    balance,
    find_copies,
    find_imbalance,
    find_in_folder,
    find_refusals,
    several_sizes,
)
from paribus.data.folders import cache_folder
from paribus.data.images import Arrays, Collected, Images, make_images
from paribus.data.isolate import Isolate
from paribus.data.kept import keep, kept
from paribus.data.load import load_images
from paribus.data.locate import SourceStatus, source_status
from paribus.data.look import Look, look_at_folder
from paribus.data.normalize import Normalization, normalization
from paribus.data.own_source import read_object
from paribus.data.share import SharedImages, open_images, share_images
from paribus.data.sheet import Block, Row, sample_rows, write_sheet
from paribus.data.split import Split, permutation, split_images
from paribus.data.survey import FolderSurvey, folder_path, image_names, sensible_size, survey_folder
from paribus.data.telling import Reading, Tell, tell_nobody

__all__ = [
    "SOURCES",
    "Arrays",
    "Balance",
    "Block",
    "Collected",
    "Duplicates",
    "Finding",
    "FolderSurvey",
    "Images",
    "Isolate",
    "Look",
    "Normalization",
    "Place",
    "Reading",
    "Row",
    "SharedImages",
    "SourceStatus",
    "Split",
    "Tell",
    "bad_file_lines",
    "balance",
    "cache_folder",
    "counted_endings",
    "dark_share",
    "describe_data",
    "download_source",
    "find_copies",
    "find_duplicates",
    "find_imbalance",
    "find_in_folder",
    "find_refusals",
    "folder_path",
    "image_names",
    "jpeg",
    "keep",
    "kept",
    "load_images",
    "look_at_folder",
    "make_images",
    "normalization",
    "open_images",
    "permutation",
    "png",
    "read_object",
    "sample_rows",
    "sensible_size",
    "several_sizes",
    "share_images",
    "source_status",
    "split_images",
    "survey_folder",
    "tell_nobody",
    "write_sheet",
]
