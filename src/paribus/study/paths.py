"""Paths into a recipe ("train.lr"): which there are, what stands there, and how a value is put there."""

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Union, cast, get_args, get_origin

from pydantic import BaseModel

from paribus.core import nearest
from paribus.study.recipe import Recipe

Table = dict[str, object]

SECTIONS = tuple(Recipe.model_fields)
# Of each group a recipe has one: who sets one of them means to be rid of the others.
_EXCLUSIVE = (
    ("train.epochs", "train.steps"),
    ("model.layers", "model.module"),
    ("train.schedule.exponential", "train.schedule.step", "train.schedule.cosine", "train.schedule.onecycle"),
)


def members(annotation: object) -> list[object]:
    """Return what a field may be, None left out: its union's members, or the one type."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, UnionType):
        return [each for each in get_args(annotation) if each is not type(None)]
    return [annotation]


def table_type(annotation: object) -> type[BaseModel] | None:
    """Return the table that a field may be, or that its items are; else None."""
    for each in members(annotation):
        item = get_args(each)[0] if get_origin(each) is tuple else each
        if isinstance(item, type) and issubclass(item, BaseModel):
            return item
    return None


def _below(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield prefix + name
        table = table_type(field.annotation)
        if table is not None:
            yield from _below(table, f"{prefix}{name}.")


RECIPE_PATHS = tuple(_below(Recipe, ""))


def nearest_path(path: str) -> str:
    """Return the recipe path that was probably meant ("lr" means "train.lr"), or ""."""
    last = path.rpartition(".")[2]
    same_end = [each for each in RECIPE_PATHS if each.rpartition(".")[2] == last]
    return same_end[0] if same_end else nearest(path, RECIPE_PATHS)


def overlaps(first: str, second: str) -> bool:
    """Return whether one path is the other, or lies inside it."""
    return f"{first}.".startswith(f"{second}.") or f"{second}.".startswith(f"{first}.")


def subtable(table: Mapping[str, object], key: str) -> Table:
    """Return the table under a key, empty where there is none."""
    found = table.get(key)
    return dict(found) if isinstance(found, Mapping) else {}


def lookup(table: Mapping[str, object], path: str) -> object:
    """Return what stands at a path, or None."""
    value: object = table
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def own_value(recipe: Mapping[str, object], path: str) -> object:
    """Return what a recipe's tables say at a path, else the default, else None."""
    written = lookup(recipe, path)
    if written is not None:
        return written
    model: type[BaseModel] | None = Recipe
    default: object = None
    for key in path.split("."):
        field = model.model_fields[key] if model else None
        model = table_type(field.annotation) if field else None
        default = field.default if field and not field.is_required() else None
    return default


def put(table: Mapping[str, object], path: str, value: object) -> Table:
    """Return a copy of a recipe's tables with a value at a path, and without what excludes it."""
    for group in _EXCLUSIVE:
        if any(path == each or path.startswith(f"{each}.") for each in group):
            for other in group:
                if not overlaps(other, path):
                    table = without(table, other)
    return _placed(table, path.split("."), value)


def without(table: Mapping[str, object], path: str) -> Table:
    """Return a copy without what stands at a path."""
    first, _, rest = path.partition(".")
    copy = dict(table)
    if not rest:
        copy.pop(first, None)
    elif isinstance(copy.get(first), Mapping):
        copy[first] = without(cast("Table", copy[first]), rest)
    return copy


def _placed(table: Mapping[str, object], keys: list[str], value: object) -> Table:
    if len(keys) == 1:
        return {**table, keys[0]: value}
    inner = table.get(keys[0])
    return {**table, keys[0]: _placed(inner if isinstance(inner, Mapping) else {}, keys[1:], value)}
