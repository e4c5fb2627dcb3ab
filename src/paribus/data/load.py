"""From a data specification to images: read the source, whatever its kind, and give its images their size."""

from dataclasses import replace
from pathlib import Path

from paribus.core import DataError, nearest
from paribus.data.builtin import read_builtin
from paribus.data.catalog import SOURCES
from paribus.data.images import Arrays, Collected, Images, array_digest, make_images, resized
from paribus.data.isolate import Isolate
from paribus.data.own_source import read_code
from paribus.data.photographs import read_folder
from paribus.data.telling import Tell, tell_nobody
from paribus.study import DataSpec, is_code, is_folder


def load_images(
    spec: DataSpec,
    *,
    base_dir: Path = Path(),
    data_dir: Path | None = None,
    tell: Tell = tell_nobody,
    isolate: Isolate | None = None,
) -> Images:
    """Return the images of a source, in the size that is asked for; what is known by a checksum is verified by it.

    Args:
        spec: `source`, `resize` and `on_bad_image` are read here; splits and normalisation come later.
        base_dir: where the relative path of a folder, or of a file of the user's own, starts.
        data_dir: looked in before PARIBUS_DATA and the cache.
        tell: hears how far a download or the decoding of a folder is.
        isolate: calls a function that runs a user's own code in a process of its own; None: in this one.

    Raises:
        DataError: when files are missing or damaged.
    """
    collected = _collect(spec, base_dir=base_dir, data_dir=data_dir, tell=tell, isolate=isolate)
    arrays = collected.arrays
    test_fingerprint = collected.test_fingerprint or array_digest(arrays.test_images, arrays.test_labels)
    if spec.resize is not None:
        small = Arrays(
            resized(arrays.train_images, size=spec.resize),
            arrays.train_labels,
            resized(arrays.test_images, size=spec.resize),
            arrays.test_labels,
        )
        collected = replace(collected, arrays=small)
    return make_images(spec.source, collected, test_fingerprint=test_fingerprint)


def _collect(
    spec: DataSpec, *, base_dir: Path, data_dir: Path | None, tell: Tell, isolate: Isolate | None
) -> Collected:
    if is_folder(spec.source):
        return read_folder(spec, base_dir=base_dir, tell=tell)
    if is_code(spec.source):
        return read_code(spec, base_dir=base_dir, isolate=isolate)
    source = SOURCES.get(spec.source)
    if source is None:
        near = nearest(spec.source, SOURCES)
        raise DataError("data.source", wrong=f"no source {spec.source!r}", allowed=", ".join(SOURCES), nearest=near)
    return read_builtin(source, spec, data_dir=data_dir, tell=tell)
