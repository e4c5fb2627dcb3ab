"""A folder of images: one directory per class."""

from pathlib import Path

from paribus.core import DataError
from paribus.data.images import Collected
from paribus.data.telling import Tell
from paribus.study import DataSpec


def read_folder(spec: DataSpec, *, base_dir: Path, tell: Tell) -> Collected:
    """Return the images of "folder:PATH"."""
    raise DataError("data.source", wrong=f"{spec.source} {base_dir} {tell}")
