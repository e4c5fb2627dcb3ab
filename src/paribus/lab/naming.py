"""What was meant by a name that is no source and no study: a file without a function, an image without its folder."""

import ast
import json
import shlex
from collections.abc import Sequence
from pathlib import Path

from paribus.core import StudyError, nearest

_IMAGE_ENDINGS = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".heic", ".avif"}
_MOST_READ = 2**22  # bytes of a file of code
_MOST_NAMES = 5


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
        # photos/cats/1.png is meant to be an image of the folder photos, unless directories lie beside it.
        home = next((each for each in (path.parent, path.parent.parent) if _has_directories(each)), None)
        typed = f"paribus data show {shlex.quote(str(home))}" if home is not None else ""
        wrong = f"{quoted} is an image, and a source is a folder of images"
        allowed = "give its folder: one with a directory for each class, and the images in those"
        return StudyError(where, wrong=wrong, allowed=allowed, next_command=typed)
    return None


def require_condition(name: str, known: Sequence[str]) -> None:
    """Raise a StudyError unless a study has a condition of this name."""
    if name not in known:
        allowed = ", ".join(known[:20])
        near = next((each for each in known if each.endswith(f"={name}")), nearest(name, known))
        raise StudyError(name, wrong="is no condition of this study", allowed=allowed, nearest=near)


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
    near = ", ".join(f"{path}:{name}" for name in _functions(content)[:_MOST_NAMES]) or f"{path}:NAME"
    wrong = f"{quoted} is a file of code, and which function in it returns the images is not said"
    return StudyError(where, wrong=wrong, allowed=allowed, nearest=near)


def _functions(content: bytes) -> list[str]:
    """Return the functions and classes of a file that can be called without arguments; of broken code none."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [name for each in tree.body if (name := _source_name(each)) and not name.startswith("_")]


def _source_name(node: ast.stmt) -> str:
    """Return the name of the class, or of the function without required arguments, that a statement defines."""
    if isinstance(node, ast.ClassDef):
        return node.name
    if not isinstance(node, ast.FunctionDef):
        return ""
    arguments = node.args
    required = len(arguments.posonlyargs) + len(arguments.args) - len(arguments.defaults)
    return node.name if not required and None not in arguments.kw_defaults else ""


def _has_directories(folder: Path) -> bool:
    try:
        return any(each.is_dir() for each in folder.iterdir())
    except OSError:
        return False
