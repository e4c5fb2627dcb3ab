"""Images that a function in a file of the user's own returns.

The user's code runs in a process of its own and writes four arrays; this process maps them into memory. Nothing that
the code prints, changes or breaks reaches the driver.
"""

import inspect
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from paribus.core import DataError, FileFact, ModelError, digest_bytes, import_own, importable, nearest
from paribus.data.folders import temporary_folder
from paribus.data.images import Arrays, Collected
from paribus.data.isolate import Isolate
from paribus.data.own_origin import WHERE, Origin
from paribus.data.own_value import sort_out
from paribus.data.own_write import FILES, Written, write_parts
from paribus.study import DataSpec


@dataclass(frozen=True, slots=True)
class _OwnSource:
    """A file and a name in it, found: its path, its bytes, the name in it; and how messages call it."""

    path: Path
    content: bytes
    name: str
    called: str


def read_code(spec: DataSpec, *, base_dir: Path, isolate: Isolate | None) -> Collected:
    """Return the images of "FILE.py:NAME".

    NAME is a function without arguments, or a class, or what such a function returns: one dataset, (train, test), or
    {"train": ..., "test": ..., "validation": ..., "classes": [...]}, where all but "train" may be missing. A dataset
    is a pair (images, labels), or an object with __len__ and __getitem__ that gives (image, label), such as torch's.
    Of a single dataset a fixed, stratified fifth is the test set. Validation images become the last training images.

    Images: see own_pixels. Labels: whole numbers from 0, or strings. Names of classes: given, or an attribute
    `classes` of a dataset, or the sorted strings, or the numbers. Images of several sizes need `resize`.

    Args:
        spec: `source` and `resize` are read.
        base_dir: where the path of the file starts.
        isolate: calls a function in a process of its own; None: in this one.

    Raises:
        DataError: the file is not there, its code fails (with its line), or what it returns cannot be used.
    """
    own = _find(spec.source, base_dir=base_dir)
    facts = (FileFact(spec.source.rpartition(":")[0], len(own.content), digest_bytes(own.content)),)

    def fetch(folder: Path) -> Written:
        if isolate is None:
            return run_code(own, folder=folder, resize=spec.resize)
        try:
            return isolate(run_code, own, folder=folder, resize=spec.resize)
        except ModelError as error:  # the process died: its own words name the network
            raise DataError(WHERE, wrong=f"{own.called}: {error.wrong}") from error

    return _collect(fetch, files=facts)


def read_object(value: object, *, name: str, resize: int | None = None) -> Collected:
    """Return the images of what a function for "FILE.py:NAME" may return, or of the function itself, in this process.

    Args:
        value: as in `read_code`.
        name: what messages call it.
        resize: the size for images of several sizes; others stay as they are.

    Raises:
        DataError: as `read_code` does.
    """
    origin = Origin(name)
    return _collect(
        lambda folder: write_parts(
            sort_out(_called(value, origin=origin), origin=origin), folder=folder, resize=resize, origin=origin
        ),
        files=(),
    )


def run_code(own: _OwnSource, *, folder: Path, resize: int | None) -> Written:
    """Run a user's own code and write the arrays of what it returns; called in a process of its own.

    Raises:
        DataError: with the user's file, line and exception.
    """
    origin = Origin(own.called, own.path)
    with importable(own.path.parent):  # a function may import when it is called, and a dataset when it is read
        with origin.told("cannot be imported"):
            module = import_own(own.path, content=own.content)
        names = [name for name in vars(module) if not name.startswith("_")]
        if own.name not in vars(module):
            made = {name: getattr(module, name) for name in names}
            functions = [name for name, value in made.items() if getattr(value, "__module__", "") == module.__name__]
            near = nearest(own.name, names)
            allowed = ", ".join(functions) or "a function that returns images and labels"
            raise origin.refuse(f"{own.path.name} has no {own.name}", allowed=allowed, nearest=near)
        value = _called(getattr(module, own.name), origin=origin)
        return write_parts(sort_out(value, origin=origin), folder=folder, resize=resize, origin=origin)


def _find(source: str, *, base_dir: Path) -> _OwnSource:
    file, _, name = source.rpartition(":")
    path = (base_dir / file).resolve()
    try:
        return _OwnSource(path, path.read_bytes(), name, f"{path.name}:{name}")
    except OSError as error:
        beside = [each.name for each in path.parent.glob("*.py")] if path.parent.is_dir() else []
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else str(error.strerror)
        wrong = f"{file} cannot be read: {reason} ({path})"
        raise DataError(WHERE, wrong=wrong, nearest=nearest(path.name, beside)) from None


def _called(value: object, *, origin: Origin) -> object:
    """Return what a function or a class gives without arguments; anything that is no function is returned as is."""
    if not callable(value) or (hasattr(value, "__getitem__") and not isinstance(value, type)):
        return value
    with origin.told("it cannot be called"):
        parameters = inspect.signature(value).parameters
    required = [
        name
        for name, parameter in parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
    if required:
        raise origin.refuse(f"it needs {', '.join(required)}", allowed="a function without arguments: give defaults")
    with origin.told("it raises"):
        return value()


def _collect(fetch: Callable[[Path], Written], *, files: tuple[FileFact, ...]) -> Collected:
    """Have arrays written to a folder, map them, and remove the folder: what is mapped stays until it is let go."""
    folder = Path(tempfile.mkdtemp(prefix="own-", dir=temporary_folder()))
    try:
        written = fetch(folder)
        # Views without np.memmap's own type, as in share.py.
        train, train_labels, test, test_labels = (np.asarray(np.load(folder / name, mmap_mode="r")) for name in FILES)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Collected(
        Arrays(train, train_labels, test, test_labels),
        written.classes,
        files,
        given_validation=written.given_validation,
        test_fingerprint=written.test_fingerprint,
    )
