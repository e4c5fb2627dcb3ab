"""What is known of the files of a folder from the last time: only those that may have changed are read again."""

import hashlib
import itertools
import json
import os
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from paribus.core import DataError, digest, digest_bytes
from paribus.data.layout import Listed, shown
from paribus.data.parallel import batched, in_order
from paribus.data.telling import Reading, Tell

_VERSION = 1
# Clocks of file systems tick as slowly as every two seconds (FAT), so that a file can change without looking newer.
_RACY_NANOSECONDS = 2_000_000_000
_BATCH_BYTES = 2**23
_State = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Hashed:
    """A file with the SHA-256 of its content; or "", and why it cannot be read."""

    file: Listed
    sha256: str
    reason: str = ""


def hash_files(root: Path, files: Sequence[Listed], *, folder: Path, name: str, tell: Tell) -> tuple[Hashed, ...]:
    """Return files with the SHA-256 of their content, in order.

    A file is read when its size, times or inode are not those in the index, or when it was so new at that time
    that a change could have gone unnoticed ("racily clean", as in git). An index that cannot be read or written
    costs time and nothing else.

    Args:
        root: the folder whose index it is.
        files: those of the folder.
        folder: where indices are kept.
        name: of the folder, for those who watch.
        tell: hears how many of the files that are read have been.
    """
    place = folder / f"index-{digest(os.path.realpath(root))[:32]}.json"
    begun = time.time_ns()
    known = _load(place)
    found = {file.path: sha256 for file in files if (sha256 := _recall(file, known, root=root))}
    unknown = [file for file in files if file.path not in found]
    reasons: dict[str, str] = {}
    if unknown:
        batches = batched(unknown, size=lambda file: file.state[0], most_bytes=_BATCH_BYTES)
        progress = Reading(f"reading {name}", len(found), len(files), "files")
        with closing(in_order(_hash_all, batches, progress=progress, tell=tell)) as done:
            for each in itertools.chain.from_iterable(done):
                found[each.file.path] = each.sha256
                reasons[each.file.path] = each.reason
    hashed = tuple(Hashed(file, found[file.path], reasons.get(file.path, "")) for file in files)
    if unknown or len(known) > len(files):
        _save(place, hashed, root=root, begun=begun)
    return hashed


def read_unchanged(each: Hashed) -> bytes:
    """Return the content of a file that was hashed.

    Raises:
        DataError: when it is gone, or another content by now.
    """
    try:
        content = Path(each.file.path).read_bytes()
    except OSError as error:
        raise _changed(each, f"can no longer be read: {error.strerror or error}") from error
    if digest_bytes(content) != each.sha256:
        raise _changed(each, "changed while the folder was read")
    return content


def _changed(each: Hashed, wrong: str) -> DataError:
    return DataError("data.source", wrong=f"{shown(each.file.name)} {wrong}", allowed="run again: it is read anew")


def _recall(file: Listed, known: dict[str, tuple[_State, str]], *, root: Path) -> str:
    state, sha256 = known.get(os.path.relpath(file.path, root), (None, ""))
    return sha256 if state == file.state else ""


def _hash_all(files: Sequence[Listed]) -> list[Hashed]:
    return [_hash(file) for file in files]


def _hash(file: Listed) -> Hashed:
    try:
        with Path(file.path).open("rb") as content:
            return Hashed(file, hashlib.file_digest(content, "sha256").hexdigest())
    except OSError as error:
        return Hashed(file, "", f"cannot be read: {error.strerror or error}")


def _load(place: Path) -> dict[str, tuple[_State, str]]:
    """Return path -> state and SHA-256 of the files that were old enough when they were read."""
    try:
        table = json.loads(place.read_text(encoding="ascii"))
        if table["version"] != _VERSION:
            return {}
        newest = int(table["begun"]) - _RACY_NANOSECONDS
        return {
            str(path): ((int(size), int(modified), int(changed), int(inode)), str(sha256))
            for path, (size, modified, changed, inode, sha256) in table["files"].items()
            if modified < newest
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def _save(place: Path, hashed: Sequence[Hashed], *, root: Path, begun: int) -> None:
    """Write the index beside its place and rename it: others see the old one or the new one, whole."""
    files = {os.path.relpath(each.file.path, root): [*each.file.state, each.sha256] for each in hashed if each.sha256}
    content = json.dumps({"version": _VERSION, "begun": begun, "files": files}, separators=(",", ":"))
    name = ""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix="index-", suffix=".part", dir=place.parent)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(content)
        Path(name).replace(place)
    except OSError:
        if name:
            Path(name).unlink(missing_ok=True)
