"""A user's own Python file: read once, digested, and imported as it stands."""

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.abc import ExecutionLoader
from pathlib import Path
from types import ModuleType

import torch

from paribus.core import ModelError, digest, digest_bytes, nearest
from paribus.models.randomness import ForkedGenerators

WHERE = "model.module"
# What the user's file draws while it is imported is the same for all runs: they share the module object.
_IMPORT_KEY = 0


@dataclass(frozen=True, slots=True)
class OwnFile:
    """FILE.py:CLASS, found: its path, its bytes, and the name of the class."""

    path: Path
    content: bytes
    class_name: str

    @property
    def source(self) -> str:
        """SHA-256 of the file, 64 hex digits. Files that it imports are not part of it."""
        return digest_bytes(self.content)


class _ExactSource(ExecutionLoader):
    """Runs the bytes that were digested; no bytecode cache stands between them."""

    def __init__(self, own: OwnFile) -> None:
        self._own = own

    def get_filename(self, fullname: str) -> str:
        """Return the path that tracebacks show."""
        del fullname
        return str(self._own.path)

    def get_source(self, fullname: str) -> str:
        """Return the text, decoded as Python decodes it."""
        del fullname
        return importlib.util.decode_source(self._own.content)


def find(module: str, *, base_dir: Path) -> OwnFile:
    """Read "FILE.py:CLASS", the file relative to `base_dir`.

    Raises:
        ModelError: when there is no such file.
    """
    name, _, class_name = module.rpartition(":")
    path = (base_dir / name).resolve()
    try:
        return OwnFile(path, path.read_bytes(), class_name)
    except OSError as error:
        beside = [each.name for each in path.parent.glob("*.py")] if path.parent.is_dir() else []
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else str(error.strerror)
        wrong = f"{name} cannot be read: {reason} ({path})"
        raise ModelError(WHERE, wrong=wrong, nearest=nearest(path.name, beside)) from None


def load(own: OwnFile) -> ModuleType:
    """Import the file under a name of its own; files beside it can be imported by it, during the import only.

    Raises:
        ModelError: with the user's file, line and exception.
    """
    name = "paribus_own_" + digest([own.source, str(own.path.parent)])[:16]
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_loader(name, _ExactSource(own))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        with _importable(own.path.parent), ForkedGenerators(key=_IMPORT_KEY, devices=()):
            spec.loader.exec_module(module)
    # whatever the user's file raises is the user's to read, and a script's sys.exit too
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise ModelError(WHERE, wrong=f"cannot be imported: {frame(error, own.path)}") from error
    return module


@contextmanager
def _importable(directory: Path) -> Iterator[None]:
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


def find_class(own: OwnFile) -> type[torch.nn.Module]:
    """Return the class itself.

    Raises:
        ModelError: when the file cannot be imported, has no such name, or means something else by it.
    """
    module = load(own)
    classes = [name for name, value in vars(module).items() if _is_network(value) and value is not torch.nn.Module]
    found = getattr(module, own.class_name, None)
    if found is None:
        wrong = f"{own.path.name} has no class {own.class_name}"
    elif not _is_network(found):
        wrong = f"{own.class_name} in {own.path.name} is not a subclass of torch.nn.Module"
    else:
        network: type[torch.nn.Module] = found
        return network
    allowed = ", ".join(classes) or "a class derived from torch.nn.Module"
    raise ModelError(WHERE, wrong=wrong, allowed=allowed, nearest=nearest(own.class_name, classes))


def _is_network(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, torch.nn.Module)


def frame(error: BaseException, path: Path) -> str:
    """Return "nets.py, line 12: ValueError: message", with the innermost line of the user's own file."""
    lines = [each.lineno for each in traceback.extract_tb(error.__traceback__) if each.filename == str(path)]
    if isinstance(error, SyntaxError) and error.filename == str(path):
        lines.append(error.lineno)
    message = (str(error).splitlines() or [""])[0]
    at = f", line {lines[-1]}" if lines else ""
    return f"{path.name}{at}: {type(error).__name__}: {message}"
