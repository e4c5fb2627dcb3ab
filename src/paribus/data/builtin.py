"""The built-in sources: find the files, verify them, read them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from paribus.core import DataError, FileFact
from paribus.data.catalog import SOURCES, Published, Reader, Source
from paribus.data.cifar import read_binary, read_python
from paribus.data.digits import read_digits
from paribus.data.download import download_source
from paribus.data.idx import read_idx
from paribus.data.images import Arrays, Collected
from paribus.data.locate import Found, find, missing_files
from paribus.data.telling import Tell
from paribus.data.verify import read_verified
from paribus.study import DataSpec


def read_builtin(source: Source, spec: DataSpec, *, data_dir: Path | None, tell: Tell) -> Collected:
    """Return the images of a built-in source, every file verified by its checksum.

    Files that are nowhere are downloaded into the cache first, unless PARIBUS_OFFLINE is set.

    Raises:
        DataError: when files are missing and cannot be downloaded, or are damaged.
    """
    if not source.layouts:
        arrays, files = read_digits(source)
    else:
        found = find(source, data_dir=data_dir) or _download(source, spec=spec, data_dir=data_dir, tell=tell)
        arrays, files = _read(source, found)
    return Collected(arrays, source.classes, files)


def _download(source: Source, *, spec: DataSpec, data_dir: Path | None, tell: Tell) -> Found:
    try:
        download_source(source.name, tell=tell)
    except DataError as error:
        tried = f"{error.where}: {error.wrong}"
        raise missing_files(source, data_dir=data_dir, tried=tried, instead=_instead(spec)) from error
    found = find(source, data_dir=data_dir)
    assert found is not None  # the cache is one of the places it looks in
    return found


def _read(source: Source, found: Found) -> tuple[Arrays, tuple[FileFact, ...]]:
    files = [(path, file) for path, file in zip(found.paths, found.layout.files, strict=True) if path is not None]
    if found.layout.reader == "idx":
        return _read_idx_files(source, files=files)
    return _read_batches(source, reader=found.layout.reader, files=files)


def _read_idx_files(source: Source, *, files: Sequence[tuple[Path, Published]]) -> tuple[Arrays, tuple[FileFact, ...]]:
    side = source.image_shape[1:]
    shapes = [(source.train, *side), (source.train,), (source.test, *side), (source.test,)]
    parts, facts = [], []
    for (path, file), shape in zip(files, shapes, strict=True):
        content, fact = read_verified(path, published=file, source=source.name)
        parts.append(read_idx(content, where=str(path), shape=shape))
        facts.append(fact)
    train, train_labels, test, test_labels = parts
    labels = train_labels.astype(np.int64), test_labels.astype(np.int64)
    return Arrays(train[:, np.newaxis], labels[0], test[:, np.newaxis], labels[1]), tuple(facts)


def _read_batches(
    source: Source, *, reader: Reader, files: Sequence[tuple[Path, Published]]
) -> tuple[Arrays, tuple[FileFact, ...]]:
    read = read_python if reader == "cifar-python" else read_binary
    batches, facts = [], []
    for path, file in files:
        content, fact = read_verified(path, published=file, source=source.name)
        batches.append(read(content, where=str(path)))
        facts.append(fact)
    train_images = np.concatenate([images for images, _ in batches[:-1]])
    train_labels = np.concatenate([labels for _, labels in batches[:-1]])
    return Arrays(train_images, train_labels, *batches[-1]), tuple(facts)


def _instead(spec: DataSpec) -> str:
    """Return what to add to the command for the same study on images that are there, sizes made to fit them."""
    digits = SOURCES["digits"]
    words = ["add to the command: data.source=digits"]
    if isinstance(spec.validation, int) and spec.validation * 2 > digits.train:
        words.append("data.validation=0.2")
    if spec.train_images is not None and spec.train_images * 2 > digits.train:
        words.append("data.train_images=700")
    return " ".join(words)
