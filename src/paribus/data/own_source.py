"""Images that a function in a file of the user's own returns."""

from pathlib import Path

from paribus.core import DataError
from paribus.data.images import Collected
from paribus.data.isolate import Isolate
from paribus.study import DataSpec


def read_code(spec: DataSpec, *, base_dir: Path, isolate: Isolate | None) -> Collected:
    """Return the images of "FILE.py:NAME"."""
    raise DataError("data.source", wrong=f"{spec.source} {base_dir} {isolate}")
