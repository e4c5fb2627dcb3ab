"""Find the files of a source in the folders and under the names that people have."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from paribus.core import DataError, FileFact
from paribus.data.catalog import SOURCES, Layout, Published, Source
from paribus.data.folders import data_folders


@dataclass(frozen=True, slots=True)
class Found:
    """The files of one layout, in the layout's order; None for those that are not there."""

    layout: Layout
    folder: Path
    paths: tuple[Path | None, ...]

    @property
    def complete(self) -> bool:
        """Whether all files are there."""
        return all(self.paths)

    @property
    def present(self) -> int:
        """How many files are there."""
        return sum(path is not None for path in self.paths)


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A built-in source and whether its files are on this machine (their presence, not their checksums).

    Attributes:
        name: as in the study file.
        title: what it is, one line.
        available: True when all files are there, or none are needed.
        folder: where they are, or where some of them are; None where there are none.
        missing: names of the files that are not there.
        files: the files as they are published, with size and SHA-256.
    """

    name: str
    title: str
    available: bool
    folder: Path | None
    missing: tuple[str, ...]
    files: tuple[FileFact, ...]


def source_status(*, data_dir: Path | None = None) -> tuple[SourceStatus, ...]:
    """Return every built-in source with its files and where they were found; reads no file."""
    return tuple(_status(source, data_dir=data_dir) for source in SOURCES.values())


def find(source: Source, *, data_dir: Path | None) -> Found | None:
    """Return the first complete set of the source's files, or None.

    Args:
        source: one that has files.
        data_dir: looked in first, then PARIBUS_DATA, then the cache.
    """
    best = _best(source, data_dir=data_dir)
    return best if best is not None and best.complete else None


def _status(source: Source, *, data_dir: Path | None) -> SourceStatus:
    if not source.layouts:
        return SourceStatus(source.name, source.title, available=True, folder=None, missing=(), files=())
    best = _best(source, data_dir=data_dir)
    layout = best.layout if best else source.layouts[0]
    paths = best.paths if best else (None,) * len(layout.files)
    return SourceStatus(
        source.name,
        source.title,
        available=all(paths),
        folder=best.folder if best else None,
        missing=tuple(file.download[0] for file, path in zip(layout.files, paths, strict=True) if not path),
        files=tuple(FileFact(*file.download) for file in layout.files),
    )


def _best(source: Source, *, data_dir: Path | None) -> Found | None:
    """Return the first complete set, else the one with most files, else None."""
    best: Found | None = None
    for found in _candidates(source, data_dir=data_dir):
        if found.complete:
            return found
        if found.present > (best.present if best else 0):
            best = found
    return best


def _candidates(source: Source, *, data_dir: Path | None) -> Iterator[Found]:
    for root in data_folders(data_dir):
        for layout in source.layouts:
            for name in layout.folders:
                folder = root / name
                yield Found(layout, folder, tuple(path_in(folder, file) for file in layout.files))


def path_in(folder: Path, file: Published) -> Path | None:
    """Return the file under one of its names: as published or as some unpackers write it, packed or not."""
    plain = (file.name, file.name.replace("-idx", ".idx"))
    packed = tuple(f"{name}.gz" for name in plain)
    # The form with a published checksum first.
    names = plain + packed if file.sha256 else packed + plain
    return next((folder / name for name in names if os.path.isfile(folder / name)), None)  # noqa: PTH113 - no raise


def listed(files: Iterable[Published]) -> str:
    """Return a line for each file as its authors offer it: name, size, SHA-256."""
    return "\n".join(
        f"    {name}  {size:,} bytes  SHA-256 {sha}" for name, size, sha in (each.download for each in files)
    )


def missing_files(source: Source, *, data_dir: Path | None, tried: str, instead: str) -> DataError:
    """Return the error that names the missing files, their checksums, and where to put them.

    Args:
        source: one whose files are not complete anywhere.
        data_dir: as for `find`.
        tried: a line that says why they were not downloaded.
        instead: the command that the error offers.
    """
    best = _best(source, data_dir=data_dir)
    roots = data_folders(data_dir)
    layout = best.layout if best else source.layouts[0]
    paths = best.paths if best else (None,) * len(layout.files)
    absent = [file for file, path in zip(layout.files, paths, strict=True) if not path]
    folder = best.folder if best else roots[0] / source.layouts[0].folders[0]
    where = ", ".join(f"{root}{'' if os.path.isdir(root) else ' (no such folder)'}" for root in roots)  # noqa: PTH112
    wrong = f"{len(absent)} of {len(layout.files)} files of {source.name} are not here; looked in {where}"
    return DataError(
        "data.source",
        wrong=f"{wrong}\n  {tried}",
        allowed=f"these files in {folder} (or name another folder: --data-dir, PARIBUS_DATA):\n{listed(absent)}",
        next_command=instead,
    )
