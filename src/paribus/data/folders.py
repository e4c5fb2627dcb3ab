"""Where files are kept on this machine."""

import atexit
import functools
import os
import shutil
import sys
import tempfile
from pathlib import Path


def cache_folder() -> Path:
    """Return the folder for what can be made again: PARIBUS_CACHE, or `paribus` in the platform's own.

    That is XDG_CACHE_HOME or ~/.cache, ~/Library/Caches on macOS, LOCALAPPDATA on Windows. Without a home
    folder it is a temporary one. The folder need not exist.
    """
    chosen = os.environ.get("PARIBUS_CACHE")
    if chosen:
        return Path(os.path.expanduser(chosen))  # noqa: PTH111 - Path.expanduser raises where there is no home
    parent = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
    if parent:
        return Path(parent) / "paribus"
    try:
        home = Path.home()
    except RuntimeError:
        return temporary_folder()
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "paribus"


@functools.cache
def temporary_folder() -> Path:
    """Return one folder for this process that only its user can read; it is removed when the process ends."""
    folder = tempfile.mkdtemp(prefix="paribus-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def data_folders(data_dir: Path | None) -> tuple[Path, ...]:
    """Return the folders in which files are looked for, in order: `--data-dir`, PARIBUS_DATA, the cache."""
    from_environment = os.environ.get("PARIBUS_DATA")
    named = [data_dir] if data_dir is not None else []
    named += [Path(os.path.expanduser(from_environment))] if from_environment else []  # noqa: PTH111 - as above
    return (*named, cache_folder() / "data")
