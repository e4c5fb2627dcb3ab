"""The built-in studies, and what STUDY may be on the command line: a file, a built-in study, a directory."""

import importlib.resources
import re
from collections.abc import Iterable, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path

from paribus.core import StudyError, nearest
from paribus.study.load import load_study, parse_study
from paribus.study.reading import read_file
from paribus.study.study import Study
from paribus.study.values import shown

_STUDY_FILE = "study.toml"
_OWN_FILE = re.compile(r"\bmodule\s*=")


def gallery_names() -> tuple[str, ...]:
    """Return the names of the built-in studies, sorted."""
    files = _folder().iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


def gallery_text(name: str) -> str:
    """Return a built-in study's TOML.

    Raises:
        StudyError: there is no such study.
    """
    names = gallery_names()
    if name not in names:
        raise _unknown(name, names, wrong="is no built-in study", allowed=", ".join(names))
    return _folder().joinpath(f"{name}.toml").read_text(encoding="utf-8")


def load_gallery(name: str, overrides: Sequence[str] = ()) -> Study:
    """Return a built-in study.

    Where it names a file beside it, paths start there; else they are the user's, and start where the user is.

    Raises:
        StudyError: there is no such study, or an override is not allowed.
    """
    text = gallery_text(name)
    base_dir = Path(str(_folder())) if _OWN_FILE.search(text) else Path()
    return parse_study(text, name=name, base_dir=base_dir, overrides=overrides)


def resolve(reference: str, *, overrides: Sequence[str] = (), base_dir: Path | None = None) -> Study:
    """Return the study that a reference means: a TOML file, a built-in study's name, or a study's directory.

    Args:
        reference: what was typed.
        overrides: "a.b=value" each.
        base_dir: for a study's directory, the folder that the original file's relative paths start from.

    Raises:
        StudyError: it means none, or the study is not sound.
    """
    path = Path(reference)
    directory = _study_directory(path)
    if directory is not None:
        text = read_file(directory / _STUDY_FILE)
        name = re.sub(r"-[0-9a-f]{8}$", "", directory.absolute().name)
        return parse_study(text, name=name, base_dir=base_dir or directory.absolute(), overrides=overrides)
    if path.suffix == ".toml":
        return load_study(path, overrides=overrides)
    if reference in gallery_names():
        return load_gallery(reference, overrides)
    if _is_file(path):
        return load_study(path, overrides=overrides)
    if _is_file(path / "study.db"):
        wrong = f"{_STUDY_FILE} is missing in {shown(reference)}"
        raise StudyError("STUDY", wrong=wrong, allowed="the study file instead, to show it or to run it again")
    here = [file.name for file in Path().glob("*.toml")]
    raise _unknown(
        reference,
        [*gallery_names(), *here],
        wrong="is no study",
        allowed="a study file (x.toml), a built-in study's name, or a study's directory",
    )


def _folder() -> Traversable:
    return importlib.resources.files("paribus") / "gallery"


def _study_directory(path: Path) -> Path | None:
    """Return the study's directory that a path names, itself or by the study.toml inside."""
    if path.name == _STUDY_FILE and re.search(r"-[0-9a-f]{8}$", path.absolute().parent.name):
        path = path.parent
    return path if _is_file(path / _STUDY_FILE) else None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long for the file system
        return False


def _unknown(name: str, names: Iterable[str], *, wrong: str, allowed: str) -> StudyError:
    return StudyError(
        "STUDY",
        wrong=f"{shown(name)} {wrong}",
        allowed=allowed,
        nearest=nearest(name, names),
        next_command="paribus gallery",
    )
