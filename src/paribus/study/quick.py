"""A study made small: a smoke test of the same question, trained in seconds."""

from collections.abc import Callable, Mapping
from typing import cast

from paribus.core import StudyError
from paribus.study.levels import flat
from paribus.study.load import build
from paribus.study.overrides import changes, of_another_recipe, rewritten
from paribus.study.paths import Table, subtable
from paribus.study.reading import Document, read_toml
from paribus.study.recipe import BUILT_IN_SOURCES
from paribus.study.study import Study

_SUFFIX = "-quick"
_SEEDS, _STEPS = 2, 20
_IMAGES, _VALIDATION_IMAGES = 2_000, 1_000
_VALIDATION_SHARE = 0.2  # where there is none: the test set stays closed, and something has to be measured
_IMAGES_BESIDE_DIGITS = 500  # digits have some 1,400 training images; what fits them fits all
_NOTE = "run --quick: 2 seeds, 1 epoch or 20 steps, few images"


def is_quick(study: Study) -> bool:
    """Return whether a study is one that `quick` made, or was made from one by overrides."""
    return _NOTE in changes(study.text)


def quick(study: Study) -> Study:
    """Return the study with at most 2 seeds (1 to tune on), 1 epoch or 20 steps, 2,000 and 1,000 images.

    What the study varies on purpose stays, and so do the images of `digits`. Its name ends in "-quick".
    """
    document = of_another_recipe(read_toml(study.text, where=study.name))
    try:
        return _built(_shrunk(document, levels=True), study)
    except StudyError:  # levels that differ in nothing but their length must keep it
        return _built(_shrunk(document, levels=False), study)


def _built(document: Document, study: Study) -> Study:
    text = rewritten(document, study.text, [_NOTE])
    return build(document, text=text, name=study.name.removesuffix(_SUFFIX) + _SUFFIX, base_dir=study.base_dir)


def _shrunk(document: Document, *, levels: bool) -> Document:
    """Return the document with small tables, and with small tables as levels if so wanted."""
    images = _images(document)
    shrink: dict[str, Callable[[Table], Table]] = {
        "data": lambda table: _shrunk_data(table, images),
        "train": _shrunk_train,
    }
    vary = flat(subtable(document, "vary"), stop=lambda _, table: "label" in table)
    design = subtable(document, "design")
    conditions = cast("tuple[Table, ...]", design.get("conditions", ()))
    for section, function in shrink.items():
        document = _mapped(document, section, function)
        if levels:
            vary = _mapped(vary, section, function)
            conditions = tuple(_mapped(each, section, function) for each in conditions)
    if isinstance(design.get("seeds"), Mapping):
        design = {**design, "seeds": _SEEDS}
    design = _at_most({"seeds": _SEEDS, **design}, "seeds", _SEEDS)
    design = {**design, "tune_seeds": 1} if document.get("tune") else design
    design = {**design, "conditions": conditions} if conditions else design
    return {**document, **({"vary": vary} if vary else {}), "design": design}


def _mapped(table: Table, key: str, function: Callable[[Table], Table]) -> Table:
    """Return a copy with the function applied to a table, or to each table of a list."""
    found = table.get(key)
    if isinstance(found, tuple):
        return {**table, key: tuple(function(each) if isinstance(each, dict) else each for each in found)}
    return {**table, key: function(cast("Table", found))} if isinstance(found, Mapping) else table


def _shrunk_train(table: Table) -> Table:
    return _at_most(_at_most(table, "steps", _STEPS), "epochs", 1)


def _shrunk_data(table: Table, images: int) -> Table:
    if not table.get("validation"):
        table = {**table, "validation": _VALIDATION_SHARE}
    if not images:
        return table
    smaller = _at_most({"train_images": images, **table}, "train_images", images)
    return _at_most(smaller, "validation", _VALIDATION_IMAGES)


def _at_most(table: Table, key: str, most: int) -> Table:
    found = table.get(key)
    return {**table, key: most} if isinstance(found, int) and found > most else table


def _images(document: Document) -> int:
    """Return how many training images are enough; 0 keeps them all."""
    sources = set(_sources(document))
    if not sources <= set(BUILT_IN_SOURCES):
        return 0  # nobody knows yet how many images a source of one's own has
    if "digits" not in sources:
        return _IMAGES
    return _IMAGES_BESIDE_DIGITS if len(sources) > 1 else 0


def _sources(value: object) -> list[str]:
    """Return all sources that the document names, wherever."""
    if isinstance(value, tuple):
        return [name for item in value for name in _sources(item)]
    if not isinstance(value, Mapping):
        return []
    found: list[str] = []
    for key, item in value.items():
        is_source = key in ("source", "data.source")
        levels = item if isinstance(item, tuple) else (item,)
        found += [each for each in levels if isinstance(each, str)] if is_source else _sources(item)
    return found
