"""What was meant by a name that is no source and no study: a file without a function, an image without its folder."""

import ast
import json
import shlex
from pathlib import Path

from paribus.core import StudyError, nearest

_IMAGE_ENDINGS = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".heic", ".avif"}
_MOST_READ = 2**22  # bytes of a file of code


def misnamed(reference: str, *, where: str) -> StudyError | None:
    """Return the error that says how to name the images; None where nothing is known of the name.

    Code is parsed, never executed.

    Args:
        reference: what was typed.
        where: what the error starts with.
    """
    path = Path(reference)
    quoted = json.dumps(reference, ensure_ascii=False)
    if path.suffix.lower() == ".py":
        return _without_name(path, quoted=quoted, where=where)
    if path.suffix.lower() in _IMAGE_ENDINGS:
        # photos/cats/1.png is meant to be an image of the folder photos, unless classes lie beside it.
        home = path.parent if _has_directories(path.parent) else path.parent.parent
        wrong = f"{quoted} is an image, and a source is a folder of them"
        allowed = "its folder, with a directory for each class"
        typed = f"paribus data show {shlex.quote(str(home))}" if path.exists() and home != path.parent.parent else ""
        typed = typed or (f"paribus data show {shlex.quote(str(home))}" if path.exists() else "")
        return StudyError(where, wrong=wrong, allowed=allowed, next_command=typed)
    return None


def _without_name(path: Path, *, quoted: str, where: str) -> StudyError:
    """Return the error for FILE.py without :NAME."""
    allowed = "FILE.py:NAME, a function without arguments that returns images and labels"
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_READ)
    except (OSError, ValueError):
        beside = [each.name for each in path.parent.glob("*.py")] if path.parent.is_dir() else []
        near = nearest(path.name, beside)
        return StudyError(where, wrong=f"there is no file {quoted}", allowed=allowed, nearest=near)
    names = _functions(content)
    wrong = f"{quoted} is a file of code: which function in it returns the images?"
    if not names:
        return StudyError(where, wrong=wrong, allowed=allowed, nearest=f"{path}:NAME")
    return StudyError(where, wrong=wrong, allowed=allowed, nearest=" or ".join(f"{path}:{name}" for name in names[:5]))


def _functions(content: bytes) -> list[str]:
    """Return the functions and classes of a file that can be called without arguments; of broken code none."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [each.name for each in tree.body if _is_source(each) and not each.name.startswith("_")]


def _has_directories(folder: Path) -> bool:
    try:
        return any(each.is_dir() for each in folder.iterdir())
    except OSError:
        return False
