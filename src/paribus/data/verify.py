"""Read a file and believe it only when its checksum is the published one."""

import gzip
import io
import zlib
from pathlib import Path

from paribus.core import DataError, FileFact, digest_bytes
from paribus.data.catalog import Published, owner_of

_GZIP = b"\x1f\x8b"


def read_verified(path: Path, *, published: Published, source: str) -> tuple[bytes, FileFact]:
    """Return the unpacked content of a file, and the file's own name, size and SHA-256.

    The file is accepted when its SHA-256 is the published one, or when that of its unpacked content is
    (somebody packed it again). Where nothing is published for unpacked content, that content is accepted
    unless it has another size or is known to belong to another source, and the fact's name says so.

    Raises:
        DataError: when the file cannot be read, is damaged, or belongs to another source.
    """
    raw = _read(path)
    fact = FileFact(path.name, len(raw), digest_bytes(raw))
    packed = raw.startswith(_GZIP)
    content = _unpacked(raw, limit=published.bytes) if packed else raw
    if content is not None:
        if fact.sha256 == (published.packed_sha256 if packed else published.sha256):
            return content, fact
        inner = digest_bytes(content)
        if inner == published.sha256:
            return content, fact
        if not published.sha256 and not packed and len(content) == published.bytes and not owner_of(inner):
            return content, FileFact(f"{path.name} (no checksum is published for it)", fact.bytes, fact.sha256)
    raise _damaged(path, fact=fact, content=content, published=published, source=source)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        wrong = f"cannot be read: {error.strerror or error}"
        raise DataError(str(path), wrong=wrong, allowed="a file that you may read") from error


def _unpacked(raw: bytes, *, limit: int) -> bytes | None:
    """Return the content of a gzip file, at most one byte over the limit; None when it is broken."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as file:
            # One byte more than there should be: a file that grows without end is not the published one.
            return file.read(limit + 1)
    except (OSError, EOFError, zlib.error):
        return None


def _damaged(path: Path, *, fact: FileFact, content: bytes | None, published: Published, source: str) -> DataError:
    owner = owner_of(fact.sha256) or (owner_of(digest_bytes(content)) if content is not None else "")
    if owner and owner != source:
        wrong = f"is a file of {owner}, not of {source}: SHA-256 {fact.sha256}"
    else:
        wrong = f"is damaged: {fact.bytes:,} bytes, SHA-256 {fact.sha256}"
    name, size, sha256 = published.download
    if path.suffix != ".gz" and published.sha256:
        name, size, sha256 = published.name, published.bytes, published.sha256
    return DataError(
        str(path),
        wrong=wrong,
        allowed=f"{name}: {size:,} bytes, SHA-256 {sha256}",
        next_command=f"remove it and put the published {name} of {source} in its place",
    )
