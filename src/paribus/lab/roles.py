"""The role of each setting: asked (vary), re-tuned in every level (tune), or the same for all, with what follows."""

from collections.abc import Mapping, Sequence

from paribus.lab.results import Results
from paribus.study import Condition, Recipe

# Settings whose best value is known to move with another (Shallue et al. 2019 for batch size; Godbole et al. 2023, the
# tuning playbook, for the rest): where one of them is asked about, the others should be tuned or are a condition.
_MOVES_WITH: Mapping[str, tuple[str, ...]] = {
    "train.batch_size": ("train.lr", "train.momentum", "train.schedule", "train.epochs"),
    "train.lr": ("train.batch_size", "train.momentum", "train.schedule", "train.epochs"),
    "train.momentum": ("train.lr", "train.batch_size", "train.epochs"),
    "train.optimizer": ("train.lr", "train.weight_decay", "train.schedule", "train.epochs"),
    "train.schedule": ("train.lr", "train.epochs"),
    "train.epochs": ("train.lr", "train.schedule"),
    "train.steps": ("train.lr", "train.schedule"),
    "train.weight_decay": ("train.lr", "train.epochs"),
    "train.loss": ("train.lr", "train.epochs"),
    "train.augment": ("train.epochs", "train.weight_decay"),
}
_OTHERWISE = ("train.lr", "train.epochs")  # of another network, other data


def caveats(results: Results) -> tuple[str, ...]:
    """Return, for each factor, which fixed settings its effect is conditional on; empty without a comparison."""
    if len(results.conditions) < 2:
        return ()
    varied = varied_paths(results.conditions)
    return tuple(_caveat(path, results) for path in varied if _fixed(path, results))


def varied_paths(conditions: Sequence[Condition]) -> tuple[str, ...]:
    """Return the paths whose level is not the same in all conditions."""
    paths = dict.fromkeys(path for each in conditions for path in each.levels)
    return tuple(path for path in paths if len({each.levels.get(path) for each in conditions}) > 1)


def _fixed(path: str, results: Results) -> dict[str, object]:
    """Return the settings that the effect of a path depends on and that are one value in all conditions."""
    found: dict[str, object] = {}
    recipes = [each.recipe for each in results.conditions]
    for other in _MOVES_WITH.get(path, _OTHERWISE):
        values = [_value(recipe, other) for recipe in recipes]
        tuned = any(f"{other}.".startswith(f"{each}.") for each in results.study.tune)
        if values[0] is not None and not tuned and all(value == values[0] for value in values):
            found[other] = values[0]
    return found


def _value(recipe: Recipe, path: str) -> object:
    section, _, name = path.partition(".")
    value = getattr(getattr(recipe, section), name)
    if path == "train.momentum" and recipe.train.optimizer != "SGD":
        return None
    return value if isinstance(value, int | float | str | None) else "one schedule"


def _caveat(path: str, results: Results) -> str:
    fixed = _fixed(path, results)
    listed = [f"{other.rpartition('.')[2]} = {value}" for other, value in fixed.items()]
    said = listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}"
    name = path.rpartition(".")[2]
    advice = ' A [tune] table with "train.lr" would give each level its own rate.' if "train.lr" in fixed else ""
    held = "was" if len(fixed) == 1 else "were"
    return (
        f"{said} {held} the same for all levels of {name}: what is found about {name} is conditional on that.{advice}"
    )
