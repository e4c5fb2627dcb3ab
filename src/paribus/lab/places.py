"""From what was typed to a study and the directory where it lives."""

import dataclasses
import shlex
from dataclasses import dataclass
from pathlib import Path

from paribus.core import StudyError
from paribus.store import open_reader
from paribus.study import Study, directory_name, resolve

STUDIES = Path("paribus-studies")


@dataclass(frozen=True, slots=True)
class Place:
    """A study and where it lives.

    Attributes:
        directory: its own, which may not be there yet.
        said: the words that name it in a command.
    """

    study: Study
    directory: Path
    said: str


def load(reference: str | Path, *overrides: str) -> Study:
    """Load a study: a TOML file, the name of a gallery study, or a study's directory.

    Args:
        reference: where it is.
        overrides: settings to change, as on the command line: "train.epochs=3", "vary.train.lr=[0.1,0.3]".

    Raises:
        StudyError: there is no such study, or something in it is wrong.
    """
    home = home_of(reference)
    if home is None:
        return resolve(str(reference), overrides=overrides)
    with open_reader(home) as store:
        known = store.facts("study")
    if not {"name", "base_dir"} <= set(known):
        raise StudyError(
            str(home), wrong="does not say yet where its study comes from", allowed="the study file instead"
        )
    study = resolve(str(home), overrides=overrides, base_dir=Path(known["base_dir"]))
    return dataclasses.replace(study, name=known["name"])


def find(reference: str | Path, *overrides: str, folder: Path = STUDIES) -> Place:
    """Load a study and say where it lives: in the directory that was named, else in one of its own in the folder.

    Overrides that change the recipe make another study; it lives beside the directory that was named.
    """
    study = load(reference, *overrides)
    said = shlex.join([str(reference), *overrides])
    home = home_of(reference)
    if home is None:
        option = "" if folder == STUDIES else f" --dir {shlex.quote(str(folder))}"
        return Place(study, folder / directory_name(study), said + option)
    if overrides and directory_name(study) != directory_name(load(home)):
        home = home.absolute().parent / directory_name(study)
    return Place(study, home, said)


def placed(study: Study | str | Path | Place, *, folder: Path) -> Place:
    """Return where a study lives, however it is given."""
    if isinstance(study, Place):
        return study
    if isinstance(study, Study):
        return Place(study, folder / directory_name(study), study.name)
    return find(study, folder=folder)


def home_of(reference: str | Path) -> Path | None:
    """Return the directory of a study that was run, if that is what was named, itself or by its study.toml."""
    path = Path(reference)
    try:
        if path.name == "study.toml" and (path.parent / "study.db").is_file():
            return path.parent
        return path if (path / "study.toml").is_file() else None
    except (OSError, ValueError):  # no name that a file can have
        return None
