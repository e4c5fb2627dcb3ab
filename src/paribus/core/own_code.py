"""A user's own Python file: imported from the bytes that were digested; its errors told by its own lines."""

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import ExecutionLoader
from pathlib import Path
from types import ModuleType

from paribus.core.digests import digest, digest_bytes


class _ExactSource(ExecutionLoader):
    """Runs the bytes that were digested; no bytecode cache stands between them."""

    def __init__(self, path: Path, content: bytes) -> None:
        self._path, self._content = path, content

    def get_filename(self, fullname: str) -> str:
        """Return the path that tracebacks show."""
        del fullname
        return str(self._path)

    def get_source(self, fullname: str) -> str:
        """Return the text, decoded as Python decodes it."""
        del fullname
        return importlib.util.decode_source(self._content)


def import_own(path: Path, *, content: bytes) -> ModuleType:
    """Import a file's bytes under a name of their own; files beside it can be imported by it, during the import only.

    The same bytes in the same folder are the same module, and are imported once. Whatever the file raises comes
    through, a script's SystemExit included: the caller says whose error it is (`frame`).

    Args:
        path: of the file, resolved; tracebacks show it.
        content: what is run.
    """
    name = "paribus_own_" + digest([digest_bytes(content), str(path.parent)])[:16]
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_loader(name, _ExactSource(path, content))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        with importable(path.parent):
            spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


@contextmanager
def importable(directory: Path) -> Iterator[None]:
    """Let files of a directory be imported by their names inside the block; nothing of them stays after it."""
    before = set(sys.modules)
    importlib.invalidate_caches()
    sys.path.insert(0, str(directory))
    try:
        yield
    finally:
        sys.path.remove(str(directory))
        # Another study's "layers.py" must not meet this one's.
        for name in set(sys.modules) - before:
            if _is_beside(sys.modules[name], directory):
                del sys.modules[name]


def _is_beside(module: ModuleType, directory: Path) -> bool:
    path = Path(module.__file__ or "") if hasattr(module, "__file__") else Path()
    # installed packages stay, wherever the environment is: many cannot be loaded twice
    return path.is_relative_to(directory) and "site-packages" not in path.parts


def frame(error: BaseException, path: Path) -> str:
    """Return "nets.py, line 12: ValueError: message", with the innermost line of the user's own file."""
    lines = [each.lineno for each in traceback.extract_tb(error.__traceback__) if each.filename == str(path)]
    if isinstance(error, SyntaxError) and error.filename == str(path):
        lines.append(error.lineno)
    message = (str(error).splitlines() or [""])[0]
    at = f", line {lines[-1]}" if lines else ""
    return f"{path.name}{at}: {type(error).__name__}: {message}"
