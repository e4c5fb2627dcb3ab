"""The decoded images of a folder in the cache: a directory that appears whole, and is believed by its checksums."""

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from paribus.data.arrange import Arrangement
from paribus.data.images import Arrays, Integers, Paths
from paribus.data.ingest import Decoded
from paribus.data.layout import Bad
from paribus.data.share import open_arrays

_NAMES = ("train-images.npy", "train-labels.npy", "test-images.npy", "test-labels.npy")
_FACTS = "facts.json"
_SUFFIX = ".part"
_BLOCK_BYTES = 2**23
# An unfinished directory as old as that belongs to a process that was killed.
_ABANDONED_SECONDS = 86_400.0


@dataclass(frozen=True, eq=False, slots=True)
class Entry:
    """Decoded images, mapped into memory and read-only; attributes as those of Collected and Arrangement."""

    arrays: Arrays
    paths: Paths
    bad: tuple[Bad, ...]
    given_validation: int
    test_fingerprint: str


def find_entry(place: Path) -> Entry | None:
    """Return the entry in a directory; None when there is none, or when it is not what was written."""
    try:
        facts = json.loads((place / _FACTS).read_text(encoding="ascii"))
        train, train_labels, test, test_labels = (place / name for name in _NAMES)
        paths = (train, train_labels, test, test_labels)
        if [_sha256(path) for path in paths] != facts["sha256"]:
            return None
        bad = tuple((str(name), str(reason)) for name, reason in facts["bad"])
        return Entry(open_arrays(paths), paths, bad, int(facts["given_validation"]), str(facts["test_fingerprint"]))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


@contextmanager
def unfinished(place: Path) -> Iterator[Path]:
    """Make a directory beside `place` for what becomes an entry, and remove what is left of it at the end.

    Raises:
        OSError: when it cannot be made.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    _sweep(place.parent)
    part = Path(tempfile.mkdtemp(prefix=f"{place.name}-", suffix=_SUFFIX, dir=place.parent))
    try:
        yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)


def write_entry(part: Path, place: Path, *, scratch: IO[bytes], decoded: Decoded, arranged: Arrangement) -> None:
    """Write the arrays of an entry into its unfinished directory, and give that its name.

    Where another process was faster, its entry stays.

    Raises:
        OSError: when something cannot be written.
    """
    labels = np.array([each.file.label for each in decoded.kept], dtype=np.int64)
    for name, rows in ((_NAMES[0], arranged.train), (_NAMES[2], arranged.test)):
        with (part / name).open("wb") as file:
            _write_images(file, rows, scratch=scratch, decoded=decoded)
            _settle(file)
    for name, rows in ((_NAMES[1], arranged.train), (_NAMES[3], arranged.test)):
        with (part / name).open("wb") as file:
            np.save(file, labels[rows], allow_pickle=False)
            _settle(file)
    facts = {
        "sha256": [_sha256(part / name) for name in _NAMES],
        "bad": decoded.bad,
        "given_validation": arranged.given_validation,
        "test_fingerprint": arranged.test_fingerprint,
    }
    with (part / _FACTS).open("w", encoding="ascii") as text:
        json.dump(facts, text)
        _settle(text)
    _publish(part, place)


def _write_images(file: IO[bytes], rows: Integers, *, scratch: IO[bytes], decoded: Decoded) -> None:
    """Write images [N, H, W, 3] of the scratch file as an array [N, C, H, W]; grey ones have one channel."""
    image_bytes = 3 * decoded.height * decoded.width
    channels = 1 if decoded.grey else 3
    shape = (len(rows), channels, decoded.height, decoded.width)
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
    for block in _blocks(rows, most=max(1, _BLOCK_BYTES // image_bytes)):
        content = bytearray()
        for row in block:
            scratch.seek(int(row) * image_bytes)
            content += scratch.read(image_bytes)
        pixels = np.frombuffer(content, dtype=np.uint8).reshape(-1, decoded.height, decoded.width, 3)
        file.write(np.ascontiguousarray(pixels[..., :channels].transpose(0, 3, 1, 2)).data)


def _blocks(rows: Integers, *, most: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(rows), most):
        yield rows[start : start + most].tolist()


def _settle(file: IO[bytes] | IO[str]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _publish(part: Path, place: Path) -> None:
    """Give a finished directory its name, in place of one that is damaged; keep one that is whole."""
    try:
        part.rename(place)
    except OSError:
        if find_entry(place) is not None:
            return
        shutil.rmtree(place, ignore_errors=True)
        part.rename(place)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sweep(folder: Path) -> None:
    """Remove what killed processes left behind."""
    newest_abandoned = time.time() - _ABANDONED_SECONDS
    for part in folder.glob(f"*{_SUFFIX}"):
        try:
            times = [each.stat().st_mtime for each in (part, *part.iterdir())]
        except OSError:
            continue
        if max(times) < newest_abandoned:
            shutil.rmtree(part, ignore_errors=True)
