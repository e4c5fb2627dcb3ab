"""From a study file to a Study that is known to be sound: every condition has been tried as a recipe."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from paribus.core import StudyError, nearest
from paribus.study.adding import check_adding
from paribus.study.choices import Choice, complete_baseline
from paribus.study.complaints import place, validated
from paribus.study.design import Design, Published
from paribus.study.expand import blame_levels, expand, level_places
from paribus.study.levels import Factors, Level, read_factors
from paribus.study.overrides import is_rewritten, overridden, rewritten
from paribus.study.paths import SECTIONS, own_value, put
from paribus.study.reading import Document, read_file, read_toml
from paribus.study.recipe import Frozen, Recipe
from paribus.study.study import Study, safe_name
from paribus.study.tuning import check_tuning
from paribus.study.values import shown


class _StudyFile(Frozen):
    """The file's outermost keys; recipe and design are looked into later, when the levels are known."""

    question: Annotated[str, Field(min_length=1)]
    notes: str = ""
    takes: str = ""
    published: tuple[Published, ...] = ()
    data: Any = None
    model: Any = None
    train: Any = None
    vary: dict[str, object] = Field(default={})
    tune: dict[str, object] = Field(default={})
    design: Any = Field(default={})


def load_study(path: Path, *, overrides: Sequence[str] = ()) -> Study:
    """Return the study in a TOML file, named as the file; its folder is where relative paths start.

    Args:
        path: the file.
        overrides: "a.b=value" each; the value is TOML, or else text.

    Raises:
        StudyError: the file cannot be read, or something in it is not allowed.
    """
    path = Path(path)
    document, text = read_study(read_file(path), where=path.name, overrides=overrides)
    return build(document, text=text, name=path.stem, base_dir=path.absolute().parent)


def parse_study(text: str, *, name: str, base_dir: Path, overrides: Sequence[str] = ()) -> Study:
    """Return the study that a TOML text declares; like load_study."""
    document, text = read_study(text, where=f"{safe_name(name)}.toml", overrides=overrides)
    return build(document, text=text, name=name, base_dir=base_dir)


def read_study(text: str, *, where: str, overrides: Sequence[str]) -> tuple[Document, str]:
    """Return the document with overrides applied, and the text that says so."""
    document = read_toml(text, where=where)
    if not overrides:
        return document, text.removeprefix("\ufeff")
    document = overridden(document, overrides)
    return document, rewritten(document, text, overrides)


def build(document: Document, *, text: str, name: str, base_dir: Path) -> Study:
    """Return the study of a document.

    Args:
        document: TOML, tuples for lists.
        text: the TOML it came from.
        name: made safe here.
        base_dir: where relative paths start.

    Raises:
        StudyError: something is not allowed.
    """
    file = validated(_StudyFile, document)
    factors, tuned = read_factors(file.vary), read_factors(file.tune, section="tune")
    design = validated(Design, file.design, prefix="design")
    recipe = {section: document[section] for section in SECTIONS if section in document}
    baseline = complete_baseline(design, factors, recipe)
    base, left_open = _base(recipe, baseline, factors)
    labels: dict[str, object] = {path: level.label for path, level in baseline.items()}
    study = Study(
        name=safe_name(name),
        question=file.question,
        notes=file.notes,
        takes=file.takes,
        published=file.published,
        base=base,
        vary=factors,
        design=design.model_copy(update={"baseline": labels}),
        text=text,
        base_dir=base_dir,
        left_open=left_open,
        tune=tuned,
    )
    check_tuning(study)
    check_adding(study)
    return _with_published(study, [condition.name for condition in expand(study)])


def _base(
    recipe: Mapping[str, object], baseline: Mapping[str, Level], factors: Factors
) -> tuple[Recipe, tuple[str, ...]]:
    """Return the base recipe, and the paths that it has from the levels because the file leaves them open."""
    first = {path: levels[0] for path, levels in factors.items()}
    missing = {path: level for path, level in {**first, **baseline}.items() if own_value(recipe, path) is None}
    for path, level in missing.items():
        recipe = put(recipe, path, level.value)
    try:
        return validated(Recipe, recipe), tuple(missing)
    except StudyError as error:
        places = level_places(factors, Choice(missing, (), "design.conditions"))
        blamed = blame_levels(error, places, otherwise="")
        raise (blamed if blamed.where else error) from None


def _with_published(study: Study, names: list[str]) -> Study:
    """Return the study with the published results of its conditions; overrides may have taken some away."""
    kept = tuple(each for each in study.published if each.condition in names)
    if len(kept) < len(study.published) and not is_rewritten(study.text):
        index, lost = next((at, each) for at, each in enumerate(study.published) if each.condition not in names)
        raise StudyError(
            place(("published", index, "condition")),
            wrong=f"{shown(lost.condition)} is no condition of this study",
            allowed=", ".join(shown(name) for name in names[:20]),
            nearest=nearest(lost.condition, names),
        )
    return replace(study, published=kept)
