"""Changes from the command line: "train.epochs=3", written into the document before it is understood."""

from collections.abc import Mapping, Sequence

from paribus.core import StudyError, nearest
from paribus.study.complaints import place
from paribus.study.design import Design
from paribus.study.levels import check_path, ends_condition, flat
from paribus.study.paths import RECIPE_PATHS, SECTIONS, Table, nearest_path, overlaps, put, subtable
from paribus.study.reading import Document, read_toml
from paribus.study.values import shown, toml_key, toml_text

_WORDS = ("question", "notes", "takes")
_HEADER = "# Written by Paribus: a study file with changes."
_CHANGE = "# changed: "
_LINE_CHARACTERS = 100


def overridden(document: Document, overrides: Sequence[str]) -> Document:
    """Return a document with the overrides applied in order.

    Raises:
        StudyError: no PATH=VALUE, an unknown path, or a path that the study varies.
    """
    for override in overrides:
        path, value = _parsed(override)
        document = _changed(document, path, value)
        if path.partition(".")[0] in SECTIONS:
            document = of_another_recipe(document)
    return document


def of_another_recipe(document: Document) -> Document:
    """Return the document without what is true of its old recipe only: others' results, and how long it takes."""
    return {key: value for key, value in document.items() if key not in ("published", "takes")}


def rewritten(document: Document, before: str, made: Sequence[str]) -> str:
    """Return TOML for a changed document, with all changes listed at its top.

    Args:
        document: what the text says.
        before: the text before the changes; if it has changes listed, they stay.
        made: the new changes, for people.
    """
    earlier = [_CHANGE + change for change in changes(before)]
    listed = [_CHANGE + toml_text(change)[1:-1] for change in made]
    plain = [_assignment(key, value) for key, value in document.items() if not isinstance(value, Mapping)]
    tables = [
        ["", f"[{toml_key(name)}]", *(_assignment(key, value) for key, value in table.items())]
        for name, table in document.items()
        if isinstance(table, Mapping)
    ]
    lines = [_HEADER, *earlier, *listed, "", *plain, *(line for table in tables for line in table)]
    return "\n".join(lines) + "\n"


def changes(text: str) -> tuple[str, ...]:
    """Return the changes that `rewritten` listed in a text."""
    lines = text.splitlines() if is_rewritten(text) else []
    return tuple(line.removeprefix(_CHANGE) for line in lines if line.startswith(_CHANGE))


def is_rewritten(text: str) -> bool:
    """Return whether a text is one that `rewritten` made."""
    return text.startswith(_HEADER)


def _parsed(override: str) -> tuple[str, object]:
    left, equals, right = override.partition("=")
    path = ".".join(part.strip().strip("\"'") for part in left.split("."))
    if not equals or not path.strip(".") or not right.strip():
        wrong = "is no override"
        raise StudyError(shown(override), wrong=wrong, allowed="PATH=VALUE, for example train.epochs=3")
    return path, _value(path, right.strip())


def _value(path: str, text: str) -> object:
    """Return a TOML value, or the text itself where it is none: data.source=digits."""
    try:
        document = read_toml(f"value = {text}", where="value")
    except StudyError as error:
        if text[0] in "[{\"'":
            wrong = f"{shown(text)} is no TOML value: {error.wrong}"
            raise StudyError(path, wrong=wrong, allowed='text inside lists needs quotes: ["SGD", "Adam"]') from None
        read_toml(f"value = {toml_text(text)}", where=path)  # half characters and the like
        return text
    return document["value"] if document.keys() == {"value"} else text


def _changed(document: Document, path: str, value: object) -> Document:
    section, _, rest = path.partition(".")
    if section in SECTIONS:
        return _recipe_changed(document, path, value)
    if path in _WORDS:
        return {**document, path: value}
    if section in ("vary", "tune") and rest:
        check_path(rest, place((section, rest)))
        return {**document, section: {**_factors(document, section), rest: value}}
    if section == "design" and rest:
        return {**document, "design": _design_changed(document, rest, value)}
    where = place(path.split("."))
    near = nearest(path, _WORDS) or nearest_path(path)
    raise StudyError(where, wrong="unknown key", allowed=_allowed(), nearest=near)


def _recipe_changed(document: Document, path: str, value: object) -> Document:
    if path not in RECIPE_PATHS:
        raise StudyError(place(path.split(".")), wrong="unknown key", allowed=_allowed(), nearest=nearest_path(path))
    for varied in _factors(document):
        if overlaps(varied, path):
            new = f"[{toml_text(value)}]" if varied == path else "[...]"
            raise StudyError(
                path,
                wrong=f"is varied by the study ({place(('vary', varied))})",
                allowed=f"vary.{varied}={new}",
            )
    for index, condition in enumerate(_conditions(document)):
        if any(overlaps(each, path) for each in flat(condition, stop=ends_condition)):
            where = place(("design", "conditions", index))
            raise StudyError(path, wrong=f"is set by {where}", allowed="design.conditions=[...]")
    return put(document, path, value)


def _design_changed(document: Document, rest: str, value: object) -> Table:
    design = subtable(document, "design")
    key, _, factor = rest.partition(".")
    if key == "baseline" and factor:
        named = flat(subtable(design, "baseline"), stop=lambda path, _: path == factor)
        return {**design, "baseline": {**named, factor: value}}
    if key not in Design.model_fields or factor:
        fields = tuple(Design.model_fields)
        where = place(("design", *rest.split(".")))
        raise StudyError(where, wrong="unknown key", allowed=", ".join(fields), nearest=nearest(key, fields))
    return {**design, key: value}


def _factors(document: Document, section: str = "vary") -> Table:
    return flat(subtable(document, section), stop=lambda _, table: "label" in table)


def _conditions(document: Document) -> list[Table]:
    found = subtable(document, "design").get("conditions")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, tuple) else []


def _allowed() -> str:
    return f"{', '.join(_WORDS)}, vary.PATH, tune.PATH, design.KEY, or a path of the recipe such as train.lr"


def _assignment(key: str, value: object) -> str:
    line = f"{toml_key(key)} = {toml_text(value)}"
    if len(line) <= _LINE_CHARACTERS or not isinstance(value, tuple):
        return line
    items = "".join(f"  {toml_text(item)},\n" for item in value)
    return f"{toml_key(key)} = [\n{items}]"
