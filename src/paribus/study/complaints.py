"""From pydantic's errors to ours: the place in the study file, the value, what is allowed, the nearest."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from paribus.core import StudyError, nearest
from paribus.study.design import Design
from paribus.study.paths import RECIPE_PATHS, members, table_type
from paribus.study.refusals import KIND
from paribus.study.values import described, shown, toml_key, toml_text

_Model = TypeVar("_Model", bound=BaseModel)
_Details = Mapping[str, Any]

_TYPES = {
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": "text in quotes",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
}
_BOUNDS = {
    "greater_than": ("gt", "a number above {}"),
    "greater_than_equal": ("ge", "{} or more"),
    "less_than": ("lt", "a number below {}"),
    "less_than_equal": ("le", "{} or less"),
}
_EXAMPLES = {
    "question": 'question = "Does the learning rate matter?"',
    "data": '[data] with source = "digits"',
    "model": '[model] with layers = ["Flatten", "Linear(classes)"]',
    "train": "[train] with lr, batch_size and epochs",
    "source": 'source = "digits"',
    "lr": "lr = 0.1",
    "batch_size": "batch_size = 32",
    "step_size": "step_size = 10",
    "mean": "mean = [0.5]",
    "std": "std = [0.5]",
    "condition": 'condition = "lr=0.1"',
}
# Where a key belongs that stands in the wrong table.
_IN_SECTIONS = tuple(path for path in RECIPE_PATHS if path.count(".") == 1)
_KEYS = (*_IN_SECTIONS, *(f"design.{key}" for key in Design.model_fields))
# A table with thousands of unknown keys must not take minutes.
_MOST_ERRORS = 40


@dataclass(frozen=True)
class _Problem:
    """One error of pydantic, with the path that a reader of the file would name."""

    path: tuple[str | int, ...]
    wrong: str
    allowed: str = ""
    nearest: str = ""


def validated(model: type[_Model], value: object, *, prefix: str = "") -> _Model:
    """Return the value as a model.

    Args:
        model: what it should be.
        value: a TOML value, tuples for lists.
        prefix: where the value stands in the study file.

    Raises:
        StudyError: for the first problem; it names the places of the others.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems = _problems(model, error)
    first, *others = problems
    places = dict.fromkeys(_where(prefix, each.path) for each in others)
    places.pop(_where(prefix, first.path), None)
    more = f" (also look at {', '.join(list(places)[:3])})" if places else ""
    raise StudyError(_where(prefix, first.path), wrong=first.wrong + more, allowed=first.allowed, nearest=first.nearest)


def place(path: Sequence[str | int]) -> str:
    """Return a path as text; items of lists are counted from 1: `vary."train.lr"[2]`."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{toml_key(part[:60])}"
    return text.removeprefix(".")


def _where(prefix: str, path: tuple[str | int, ...]) -> str:
    inner = place(path)
    return f"{prefix}.{inner}" if prefix and inner else prefix or inner or "the study"


def _problems(model: type[BaseModel], error: ValidationError) -> list[_Problem]:
    """Return the problems, unknown keys first: a missing key is often one that is misspelt."""
    found = sorted(error.errors(include_url=False), key=lambda each: each["type"] != "extra_forbidden")
    problems = [each for each in (_problem(model, details) for details in found[:_MOST_ERRORS]) if each]
    meant = {(*each.path[:-1], each.nearest) for each in problems if each.nearest}
    kept = [each for each in problems if not (each.path in meant and each.wrong == "is missing")]
    return list(_without_echoes(kept))


def _without_echoes(problems: list[_Problem]) -> Iterable[_Problem]:
    """Drop what pydantic says of a list after it has refused the list's only item."""
    for each in problems:
        inside = (other.path[: len(each.path)] == each.path and other.path != each.path for other in problems)
        if not any(inside):
            yield each


def _problem(model: type[BaseModel], details: _Details) -> _Problem | None:
    """Return one problem; None for what pydantic says about the wrong member of a union."""
    path, field, owner = _walk(model, details["loc"])
    value, kind, context = details["input"], details["type"], details.get("ctx", {})
    if field is not None:  # no member of a union fits
        wrong = f"{shown(value)} is not allowed"
        return None if _is_for_the_table(field, value) else _Problem(path, wrong, field.description or "")
    if kind == KIND:
        path = (*path, context["at"]) if context["at"] else path
        return _Problem(path, context["wrong"], context["allowed"], context["nearest"])
    problem = _Problem(path, f"{shown(value)} is not allowed")
    if kind == "extra_forbidden":
        return _unknown(problem, owner)
    if kind == "missing":
        return _missing(problem)
    return _out_of_bounds(problem, kind, context) or _mistyped(problem, kind, value) or _other(problem, details)


def _walk(
    model: type[BaseModel], location: tuple[str | int, ...]
) -> tuple[tuple[str | int, ...], FieldInfo | None, type[BaseModel] | None]:
    """Return the path without pydantic's names of union members, the union if none fitted, the last table."""
    path: list[str | int] = []
    current: type[BaseModel] | None = model
    owner: type[BaseModel] | None = model
    rest = list(location)
    while rest:
        part = rest.pop(0)
        path.append(part)
        owner = current or owner
        field = current.model_fields.get(part) if current and isinstance(part, str) else None
        if field is None:
            continue
        current = table_type(field.annotation)
        if len(members(field.annotation)) > 1 and rest:
            tag = str(rest.pop(0))
            if current is None or current.__name__ not in tag or not (rest or "function" in tag):
                return tuple(path), field, owner
    return tuple(path), None, owner


def _is_for_the_table(field: FieldInfo, value: object) -> bool:
    return isinstance(value, Mapping) and table_type(field.annotation) is not None


def _unknown(problem: _Problem, owner: type[BaseModel] | None) -> _Problem:
    name = str(problem.path[-1])
    names = tuple(owner.model_fields) if owner else ()
    elsewhere = next((path for path in _KEYS if path.partition(".")[2] == name), "")
    near = elsewhere or nearest(name, names)
    return replace(problem, wrong="unknown key", allowed=", ".join(names), nearest=near)


def _missing(problem: _Problem) -> _Problem:
    last = problem.path[-1]
    if isinstance(last, int):
        return replace(problem, path=problem.path[:-1], wrong=f"has too few values ({last})")
    return replace(problem, wrong="is missing", allowed=_EXAMPLES.get(last, ""))


def _out_of_bounds(problem: _Problem, kind: str, context: _Details) -> _Problem | None:
    if kind in _BOUNDS:
        key, sentence = _BOUNDS[kind]
        return replace(problem, allowed=sentence.format(f"{context[key]:,}".removesuffix(".0")))
    if kind == "finite_number":
        return replace(problem, allowed="a finite number")
    if kind == "too_short":
        return replace(problem, wrong="is empty", allowed="at least one")
    if kind == "too_long":
        return replace(problem, wrong=f"has {context['actual_length']} values", allowed=str(context["max_length"]))
    if kind == "string_too_short":
        return replace(problem, wrong="is empty", allowed="text")
    return None


def _mistyped(problem: _Problem, kind: str, value: object) -> _Problem | None:
    if kind not in _TYPES:
        return None
    wanted = _TYPES[kind]
    repaired = _repaired(value, kind)
    last = problem.path[-1] if problem.path else ""
    hint = f": write {last} = {repaired}" if repaired and isinstance(last, str) and last else ""
    return replace(problem, wrong=f"{described(value)}, not {wanted}{hint}", allowed=wanted if not hint else "")


def _repaired(value: object, kind: str) -> str:
    """Return the value as it was probably meant, or ""."""
    if kind == "tuple_type" and isinstance(value, str | int | float):
        return toml_text([value])[:60]
    if kind == "int_type" and isinstance(value, float) and value.is_integer():
        return f"{value:.0f}"
    if not isinstance(value, str):
        return ""
    patterns = {
        "int_type": r"\d{1,18}",
        "float_type": r"-?\d{1,18}(\.\d+)?(e-?\d{1,3})?",
        "bool_type": "true|false",
    }
    text = value.strip().lower()
    return text if re.fullmatch(patterns.get(kind, "(?!)"), text) else ""


def _other(problem: _Problem, details: _Details) -> _Problem:
    """Name the words that are allowed, where there are such; pydantic's own sentence is never shown."""
    expected = re.findall(r"'([^']*)'", str(details.get("ctx", {}).get("expected", "")))
    value = details["input"]
    near = nearest(value, expected) if isinstance(value, str) else ""
    return replace(problem, allowed=", ".join(expected), nearest=near)
