"""Bring the published files of a source into a folder, from whichever mirror has them."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from paribus.core import DataError, FileFact, nearest
from paribus.data.archive import ArchiveError, extract
from paribus.data.catalog import SOURCES, Archive, Layout, Published, Source
from paribus.data.fetch import RefusedError, fetch
from paribus.data.folders import cache_folder
from paribus.data.locate import listed, path_in
from paribus.data.telling import Reading, Tell, tell_nobody
from paribus.data.verify import read_verified

OFFLINE = "PARIBUS_OFFLINE"
_LOCK = ".download.lock"
_WAIT_SECONDS = 1.0
# What a file system needs beside the files themselves.
_SPARE_BYTES = 1 << 20


def download_source(name: str, *, tell: Tell = tell_nobody, mirror: str = "", folder: Path | None = None) -> Path:
    """Download the files of a built-in source that are not there yet, and return the folder they are in.

    Each file appears whole, with its published size and SHA-256, or not at all. What was interrupted goes on where it
    stopped. Of several processes one downloads, and the others wait for it.

    Args:
        name: of the source, as in the study file.
        tell: hears how far it is, in bytes.
        mirror: an https address that is tried before the known ones: a file is looked for below it or, where it has
            "{name}", under the file's name put there.
        folder: in place of one in the cache, where every study finds the files.

    Raises:
        DataError: no such source, PARIBUS_OFFLINE is set, no mirror has the files, there is no room for them, or a
            file that is there is damaged.
    """
    source = _source(name)
    layout = next(each for each in source.layouts if each.mirrors)
    job = _Job(source, layout, folder or cache_folder() / "data" / name, list(_addresses(layout, mirror=mirror)), tell)
    missing = job.missing()
    if not missing:
        return job.folder
    if os.environ.get(OFFLINE):
        raise job.failed(f"is not downloaded: {OFFLINE} is set", missing=missing)
    try:
        job.folder.mkdir(parents=True, exist_ok=True)
        with _alone(job):
            job.complete()
    except OSError as error:
        wrong = f"cannot be written to: {error.strerror or error}"
        raise DataError(str(job.folder), wrong=wrong, allowed="a folder that can: PARIBUS_CACHE names one") from error
    return job.folder


def _source(name: str) -> Source:
    offered = [each.name for each in SOURCES.values() if any(layout.mirrors for layout in each.layouts)]
    if name in offered:
        return SOURCES[name]
    wrong = "needs no download: it comes with scikit-learn" if name in SOURCES else "is no built-in source"
    raise DataError(name, wrong=wrong, allowed=", ".join(offered), nearest=nearest(name, offered))


def _addresses(layout: Layout, *, mirror: str) -> Iterator[str]:
    """Yield addresses with "{name}" in them."""
    if mirror:
        try:
            parts = urlsplit(mirror)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme != "https" or not parts.hostname:
            raise DataError(
                "mirror", wrong=f"{mirror!r} is no https address", allowed='"https://data.example.org/mnist"'
            )
        yield mirror if "{name}" in mirror else f"{mirror.rstrip('/')}/{{name}}"
    yield from layout.mirrors


@contextmanager
def _alone(job: "_Job") -> Iterator[None]:
    """Wait until no other process downloads into the folder; the system frees the lock of one that dies."""
    lock = FileLock(job.folder / _LOCK, is_singleton=False)
    while not lock.is_locked:
        try:
            lock.acquire(timeout=_WAIT_SECONDS, poll_interval=0.05)
        except Timeout:
            job.tell(Reading(f"waiting for another process that downloads {job.source.name}", 0, 0, "bytes"))
    try:
        yield
    finally:
        lock.release()


@dataclass(frozen=True, slots=True)
class _Job:
    """What to bring, where to, and from where; a mirror that fails goes to the end of the list."""

    source: Source
    layout: Layout
    folder: Path
    addresses: list[str]
    tell: Tell

    def missing(self) -> tuple[Published, ...]:
        """Return the files that are not there; one that is there but damaged is an error, and is left alone."""
        there = [(file, path_in(self.folder, file)) for file in self.layout.files]
        for file, path in there:
            if path is not None:
                read_verified(path, published=file, source=self.source.name)
        return tuple(file for file, path in there if path is None)

    def complete(self) -> None:
        """Bring what is missing now: another process may have brought it while this one waited."""
        missing = self.missing()
        self._check_room(missing)
        if self.layout.archive is not None:
            if missing:
                self._unpack(self.layout.archive, missing)
            return
        for file in missing:
            offered = FileFact(*file.download)
            self._fetch(offered, missing=missing).replace(self.folder / offered.name)
            _sync(self.folder)

    def failed(self, wrong: str, *, missing: tuple[Published, ...]) -> DataError:
        """Return the error that says what to do without a download."""
        allowed = f"a network that reaches a mirror, or these files in {self.folder}:\n{listed(missing)}"
        return DataError(self.source.name, wrong=wrong, allowed=allowed)

    def _unpack(self, archive: Archive, missing: tuple[Published, ...]) -> None:
        part = self._fetch(FileFact(archive.name, archive.bytes, archive.sha256), missing=missing)
        try:
            extract(part, inside=archive.folder, files=missing, folder=self.folder, tell=self.tell)
        except ArchiveError as error:
            part.unlink()
            raise self.failed(f"{archive.name} {error}", missing=missing) from error
        _sync(self.folder)
        part.unlink()

    def _fetch(self, file: FileFact, *, missing: tuple[Published, ...]) -> Path:
        """Return a part that is whole."""
        part = self.folder / f"{file.name}.part"
        reasons = []
        for address in tuple(self.addresses):
            url = address.replace("{name}", file.name)
            try:
                fetch(file, url=url, part=part, tell=self.tell)
            except RefusedError as error:
                reasons.append(f"{urlsplit(url).hostname}: {error}")
                self.addresses.remove(address)
                self.addresses.append(address)
            else:
                return part
        if part.exists() and not part.stat().st_size:
            part.unlink()
        raise self.failed(f"cannot be downloaded: {'; '.join(reasons)}", missing=missing)

    def _check_room(self, missing: tuple[Published, ...]) -> None:
        archive = self.layout.archive
        sizes = {file.name: file.bytes for file in missing} if archive else dict(file.download[:2] for file in missing)
        if archive and missing:
            sizes[archive.name] = archive.bytes
        parts = (self.folder / f"{name}.part" for name in sizes)
        needed = sum(sizes.values()) - sum(part.stat().st_size for part in parts if part.exists()) + _SPARE_BYTES
        free = shutil.disk_usage(self.folder).free
        if free < needed:
            wrong = f"has {free / 1e6:,.1f} MB free, and {self.source.name} needs {needed / 1e6:,.1f} MB"
            raise DataError(str(self.folder), wrong=wrong, allowed="a folder with room: PARIBUS_CACHE names one")


def _sync(folder: Path) -> None:
    """Make a file's new name last; where folders cannot be opened (Windows), the system does so."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
