"""From a study to its conditions and runs: what is to be trained, whatever it is trained on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from paribus.core import STREAMS, Streams, StudyError, digest
from paribus.study.choices import Choice, choices
from paribus.study.complaints import place, validated
from paribus.study.design import SequentialSeeds
from paribus.study.largest import numbered
from paribus.study.levels import Factors, find_level
from paribus.study.paths import put
from paribus.study.recipe import Recipe
from paribus.study.study import Study
from paribus.study.values import shown

# Part of every run's identity: a change of the recipe's meaning must change it.
SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Condition:
    """One combination of levels.

    Attributes:
        name: short and unique: "lr=0.1".
        levels: label of each path's level.
        recipe: what it is trained by.
        baseline: whether the others are compared with it.
    """

    name: str
    levels: Mapping[str, str]
    recipe: Recipe
    baseline: bool


@dataclass(frozen=True, slots=True)
class Run:
    """One training of one condition with one seed."""

    condition: str
    seed: int
    recipe: Recipe
    streams: Streams

    @property
    def key(self) -> str:
        """Digest of what the study says about this run: recipe, seed, and which streams the seed holds."""
        held = [stream for stream in STREAMS if stream not in self.streams.vary]
        return digest({"schema": SCHEMA_VERSION, "recipe": self.recipe.identity, "seed": self.seed, "held": held})


def expand(study: Study) -> tuple[Condition, ...]:
    """Return the study's conditions, the baseline first.

    Raises:
        StudyError: a level or a combination gives no valid recipe, or two conditions have the same recipe.
    """
    found = choices(study.design, study.vary)
    recipes = [_recipe(study, choice, found[0]) for choice in found]
    _refuse_twins(found, recipes)
    names = _names(found)
    if study.picks:
        recipes = [_picked(study, recipe, study.picks[name]) for recipe, name in zip(recipes, names, strict=True)]
    return tuple(
        Condition(name, choice.labels, numbered(recipe, study.largest), baseline=choice is found[0])
        for choice, name, recipe in zip(found, names, recipes, strict=True)
    )


def runs(study: Study) -> tuple[Run, ...]:
    """Return all runs, seed by seed, so that whole blocks are complete early.

    Where the design adds seeds, each condition has as many as the study knows of by now, at first the least.
    """
    conditions, sequential = expand(study), study.design.seeds
    first = sequential.start if isinstance(sequential, SequentialSeeds) else sequential
    counts = {each.name: study.seeds.get(each.name, first) for each in conditions}
    seeds = (Streams(seed, study.design.vary_streams) for seed in range(max(counts.values())))
    return tuple(
        Run(condition.name, streams.seed, condition.recipe, streams)
        for streams in seeds
        for condition in conditions
        if streams.seed < counts[condition.name]
    )


def _picked(study: Study, recipe: Recipe, labels: Mapping[str, str]) -> Recipe:
    """Return a recipe with its tuned settings."""
    table: Mapping[str, object] = recipe.model_dump(exclude_unset=True)
    for path, label in labels.items():
        table = put(table, path, find_level(label, study.tune[path], "tune").value)
    return validated(Recipe, table)


def blame_levels(error: StudyError, places: Mapping[str, str], *, otherwise: str) -> StudyError:
    """Return a recipe's error with the level named that brought it about.

    Args:
        error: about a recipe that levels were put into.
        places: path and place in the study file of each level that may be to blame.
        otherwise: the place to name where the error lies in none of these paths.
    """
    for path, where in places.items():
        if f"{error.where}.".startswith((f"{path}.", f"{path}[")):
            return _moved(error, where + error.where.removeprefix(path), error.wrong)
    return _moved(error, otherwise, f"does not go with the rest: {error.where}: {error.wrong}")


def level_places(factors: Factors, choice: Choice) -> dict[str, str]:
    """Return where in the study file each level of a choice stands."""
    return {
        path: place(("vary", path, factors[path].index(level))) if path in factors else f"{choice.where}.{path}"
        for path, level in choice.levels.items()
    }


def _moved(error: StudyError, where: str, wrong: str) -> StudyError:
    return StudyError(where, wrong=wrong, allowed=error.allowed, nearest=error.nearest)


def _recipe(study: Study, choice: Choice, baseline: Choice) -> Recipe:
    recipe: Mapping[str, object] = study.base.model_dump(exclude_unset=True)
    for path, level in choice.levels.items():
        recipe = put(recipe, path, level.value)
    try:
        return validated(Recipe, recipe)
    except StudyError as error:
        # The baseline has been tried before: what differs from it is to blame.
        changed = {path for path, level in choice.levels.items() if level != baseline.levels.get(path)}
        places = level_places(study.vary, choice)
        blamed = {path: where for path, where in places.items() if path in changed or choice is baseline}
        otherwise = f"the combination of {' and '.join(places.values())}" if choice.where == "vary" else choice.where
        raise blame_levels(error, blamed, otherwise=otherwise) from None


def _refuse_twins(found: Sequence[Choice], recipes: Sequence[Recipe]) -> None:
    seen: dict[str, Choice] = {}
    for choice, recipe in zip(found, recipes, strict=True):
        twin = seen.setdefault(digest(recipe.identity), choice)
        if twin is not choice:
            paths = {path: path for path in (*twin.levels, *choice.levels)}
            first, second = (shown(_name(each, paths, bare=False)) for each in (twin, choice))
            wrong = f"the conditions {first} and {second} have the same recipe"
            raise StudyError(choice.where, wrong=wrong, allowed="conditions that differ")


def _names(found: Sequence[Choice]) -> tuple[str, ...]:
    """Return a name for each choice: as short as they can be while all differ."""
    paths = list(dict.fromkeys(path for choice in found for path in choice.levels))
    ends = Counter(path.rpartition(".")[2] for path in paths)
    short = {path: path.rpartition(".")[2] for path in paths}
    short = {path: end if ends[end] == 1 else path for path, end in short.items()}
    for factor_names, bare in ((short, True), (short, False), ({path: path for path in paths}, False)):
        names = tuple(_name(choice, factor_names, bare=bare) for choice in found)
        if len(set(names)) == len(names):
            return names
    twin = next(name for name, count in Counter(names).items() if count > 1)
    raise StudyError("vary", wrong=f"two conditions are called {shown(twin)}", allowed="labels that differ")


def _name(choice: Choice, factors: Mapping[str, str], *, bare: bool) -> str:
    parts = []
    for path in choice.telling:
        level = choice.levels[path]
        parts.append(level.label if bare and level.is_named else f"{factors[path]}={level.label}")
    return choice.name or ", ".join(parts) or "base"
