"""A user's own Python file: read once, digested, and imported as it stands."""

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import torch

from paribus.core import ModelError, digest_bytes, frame, import_own, nearest
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
    try:
        with ForkedGenerators(key=_IMPORT_KEY, devices=()):
            return import_own(own.path, content=own.content)
    # whatever the user's file raises is the user's to read, and a script's sys.exit too
    except (Exception, SystemExit) as error:
        raise ModelError(WHERE, wrong=f"cannot be imported: {frame(error, own.path)}") from error


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
