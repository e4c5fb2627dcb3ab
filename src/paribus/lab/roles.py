"""The role of each setting: asked (vary), re-tuned in every level (tune), or the same for all, with what follows."""

from collections.abc import Mapping, Sequence
from typing import Any

from paribus.lab.results import Results
from paribus.study import Condition

_LENGTH = ("train.epochs", "train.steps")  # a recipe has one of them
# Settings whose best value is known to move with another (Shallue et al. 2019 for batch size; Godbole et al. 2023, the
# tuning playbook, for the rest): where one of them is asked about, the others should be tuned or are a condition.
_MOVES_WITH: Mapping[str, tuple[str, ...]] = {
    "train.batch_size": ("train.lr", "train.momentum", "train.schedule", *_LENGTH),
    "train.lr": ("train.batch_size", "train.momentum", "train.schedule", *_LENGTH),
    "train.momentum": ("train.lr", "train.batch_size", *_LENGTH),
    "train.optimizer": ("train.lr", "train.weight_decay", "train.schedule", *_LENGTH),
    "train.schedule": ("train.lr", *_LENGTH),
    "train.epochs": ("train.lr", "train.schedule"),
    "train.steps": ("train.lr", "train.schedule"),
    "train.weight_decay": ("train.lr", *_LENGTH),
    "train.loss": ("train.lr", *_LENGTH),
    "train.augment": (*_LENGTH, "train.weight_decay"),
}
_OTHERWISE = ("train.lr", *_LENGTH)  # of another network, other data


def caveats(results: Results) -> tuple[str, ...]:
    """Return, for each factor, which fixed settings its effect is conditional on; empty without a comparison."""
    if len(results.conditions) < 2:
        return ()
    found = {path: _fixed(path, results) for path in varied_paths(results.conditions)}
    return tuple(_caveat(path, fixed) for path, fixed in found.items() if fixed)


def varied_paths(conditions: Sequence[Condition]) -> tuple[str, ...]:
    """Return the paths that are not the same in all conditions, by their values and not by their labels."""
    paths = dict.fromkeys(path for each in conditions for path in each.levels)
    recipes = [each.recipe.model_dump() for each in conditions]
    return tuple(path for path in paths if not _alike([_lookup(recipe, path) for recipe in recipes]))


def _fixed(path: str, results: Results) -> dict[str, str]:
    """Return the settings that the effect of a path depends on and that are one value in all conditions, as text."""
    recipes = [each.recipe for each in results.conditions]
    tables = [recipe.model_dump() for recipe in recipes]
    found: dict[str, str] = {}
    for other in _MOVES_WITH.get(_family(path), _OTHERWISE):
        values = [_lookup(table, other) for table in tables]
        unused = other == "train.momentum" and any(recipe.train.optimizer != "SGD" for recipe in recipes)
        tuned = any(_overlap(other, each) for each in results.study.tune)
        if values[0] is not None and _alike(values) and not (unused or tuned or _overlap(other, path)):
            found[other] = _text(values[0])
    return found


def _family(path: str) -> str:
    """Return the setting that a path lies in: "train.schedule" for "train.schedule.exponential"."""
    return ".".join(path.split(".")[:2])


def _lookup(table: Mapping[str, Any], path: str) -> Any:
    value: Any = table
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _alike(values: Sequence[object]) -> bool:
    return all(value == values[0] for value in values)


def _overlap(first: str, second: str) -> bool:
    return f"{first}.".startswith(f"{second}.") or f"{second}.".startswith(f"{first}.")


def _text(value: object) -> str:
    """Return a value as a reader knows it; of a schedule's table what is set in it: "exponential 0.95"."""
    if not isinstance(value, Mapping):
        return str(value)
    said = [f"{key} {_text(each)}" for key, each in value.items() if each is not None]
    return ", ".join(said)


def _caveat(path: str, fixed: Mapping[str, str]) -> str:
    listed = [f"{other.rpartition('.')[2]} = {value}" for other, value in fixed.items()]
    said = listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}"
    name = path.rpartition(".")[2]
    advice = ' A [tune] table with "train.lr" would give each level its own rate.' if "train.lr" in fixed else ""
    held = "was" if len(fixed) == 1 else "were"
    return (
        f"{said} {held} the same for all levels of {name}: what is found about {name} is conditional on that.{advice}"
    )
