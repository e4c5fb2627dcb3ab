"""Take the listed files out of a packed tar file, and nothing else."""

import gzip
import hashlib
import os
import tarfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from paribus.data.catalog import Published
from paribus.data.pace import Pace
from paribus.data.telling import Tell

_BLOCK = 1 << 18
# For headers, and for members that nobody asked for.
_SLACK_BYTES = 1 << 20


class ArchiveError(Exception):
    """The archive does not hold the published files. Its text says what was found."""


def extract(archive: Path, *, inside: str, files: Sequence[Published], folder: Path, tell: Tell) -> None:
    """Write the listed files into a folder; each appears whole and with its published content, or not at all.

    The archive is read once, as a stream. A member counts when its whole path is a listed one; it has to be a regular
    file of the published size and SHA-256. The paths, links and devices in an archive decide nothing: names on the
    disk come from the list. Reading stops at the last listed file, and where there is more than the list explains.

    Args:
        archive: a tar file, packed with gzip.
        inside: the folder in the archive.
        files: which to write.
        folder: where to write them.
        tell: hears how far it is.

    Raises:
        ArchiveError: a listed file is missing or is not the published one, or the archive is damaged.
        OSError: a file cannot be written.
    """
    total = sum(file.bytes for file in files)
    wanted = {f"{inside}/{file.name}": file for file in files}
    pace = Pace(tell, what=f"unpacking {archive.name.removesuffix('.part')}", total=total, unit="bytes")
    try:
        with gzip.open(archive) as packed, _opened(_Bounded(packed, most=total + _SLACK_BYTES)) as tar:
            while wanted and (member := tar.next()):
                if file := wanted.pop(member.name, None):
                    pace.at(total - file.bytes - sum(each.bytes for each in wanted.values()))
                    _write(tar, member, file=file, folder=folder)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, ValueError) as error:
        raise ArchiveError(f"is damaged: {error}") from error
    if wanted:
        raise ArchiveError(f"has no {', '.join(wanted)}")
    pace.at(total)


def _opened(content: "_Bounded") -> tarfile.TarFile:
    return tarfile.open(fileobj=content, mode="r|")  # type: ignore[call-overload,no-any-return]  # it needs read alone


class _Bounded:
    """Content that ends with an error where there is more of it than there should be."""

    def __init__(self, content: gzip.GzipFile, *, most: int) -> None:
        self._content, self._left = content, most

    def read(self, size: int) -> bytes:
        block = self._content.read(min(size, self._left + 1))
        self._left -= len(block)
        if self._left < 0:
            raise tarfile.ReadError("it is larger than the published files")
        return block


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, *, file: Published, folder: Path) -> None:
    if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or member.issparse():
        raise ArchiveError(f"has a {member.name} that is no regular file")
    if member.size != file.bytes:
        raise ArchiveError(f"has a {member.name} of {member.size:,} bytes, not {file.bytes:,}")
    content = tar.extractfile(member)
    assert content is not None  # it is a regular file
    part = folder / f"{file.name}.part"
    try:
        with part.open("wb") as out:
            digest = hashlib.sha256()
            while block := content.read(_BLOCK):
                digest.update(block)
                out.write(block)
            out.flush()
            os.fsync(out.fileno())
        if digest.hexdigest() != file.sha256:
            raise ArchiveError(f"has another {member.name}: SHA-256 {digest.hexdigest()[:12]}...")
        part.replace(folder / file.name)
    finally:
        part.unlink(missing_ok=True)
