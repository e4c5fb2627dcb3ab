"""[tune]: nuisance settings that every condition tries, with equal budget, on seeds that are not compared."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import fmean

from paribus.core import Streams, StudyError
from paribus.study.complaints import place, validated
from paribus.study.expand import Condition, Run, expand
from paribus.study.levels import Level
from paribus.study.paths import overlaps, put
from paribus.study.recipe import Recipe
from paribus.study.study import Study

# Far from the seeds that are compared, which are 0, 1, ...
_FIRST_SEED = 1_000_000
_MOST_CANDIDATES = 1_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """One combination of tuned values under one condition.

    Attributes:
        condition: name of the condition that it is tried for.
        labels: path -> label of the value that is tried.
        recipe: the condition's, with these values.
    """

    condition: str
    labels: Mapping[str, str]
    recipe: Recipe

    @property
    def name(self) -> str:
        """What tables and messages call it: "lr=0.1: weight_decay=0.0001"."""
        values = (f"{path.rpartition('.')[2]}={label}" for path, label in self.labels.items())
        return f"{self.condition}: {', '.join(values)}"


def candidates(study: Study) -> tuple[Candidate, ...]:
    """Return every combination of tuned values for every condition; none where nothing is tuned.

    Raises:
        StudyError: a value does not go with a condition's recipe.
    """
    if not study.tune:
        return ()
    combinations = list(itertools.product(*study.tune.values()))
    return tuple(
        _candidate(condition, dict(zip(study.tune, levels, strict=True)))
        for condition in expand(replace(study, picks={}))
        for levels in combinations
    )


def tuning_runs(study: Study) -> tuple[Run, ...]:
    """Return the runs on which tuned values are chosen, seed by seed; none where nothing is tuned."""
    seeds = range(_FIRST_SEED, _FIRST_SEED + study.design.tune_seeds)
    return tuple(
        Run(each.name, seed, each.recipe, Streams(seed, study.design.vary_streams))
        for seed in seeds
        for each in candidates(study)
    )


def pick(study: Study, accuracies: Mapping[str, float | None]) -> Study:
    """Return the study with the best tuned values of each condition.

    The best combination has the highest validation accuracy, averaged over the tuning seeds; of equals, the one
    that the study names first. A combination with a diverged run is out, unless all have one: then the first stays.

    Args:
        study: one that tunes.
        accuracies: key of each tuning run -> its validation accuracy at the last epoch; None for a diverged run.
    """
    values: dict[str, list[float | None]] = {}
    for run in tuning_runs(study):
        values.setdefault(run.condition, []).append(accuracies[run.key])
    picks: dict[str, Mapping[str, str]] = {}
    best: dict[str, float] = {}
    for each in candidates(study):
        kept = [value for value in values[each.name] if value is not None]
        mean = fmean(kept) if len(kept) == len(values[each.name]) else float("-inf")
        if each.condition not in picks or mean > best[each.condition]:
            picks[each.condition], best[each.condition] = each.labels, mean
    return replace(study, picks=picks)


def check_tuning(study: Study) -> None:
    """Raise a StudyError where [tune] has what is varied, too much, or nothing to choose by."""
    for path in study.tune:
        if varied := next((each for each in study.vary if overlaps(each, path)), None):
            wrong = f"is varied too ({place(('vary', varied))})"
            raise StudyError(place(("tune", path)), wrong=wrong, allowed="vary: the question; tune: what is not asked")
    conditions = expand(study)
    for condition in conditions:
        if study.tune and not condition.recipe.data.validation:
            wrong = f"there is no validation split to choose on ({condition.name})"
            raise StudyError("tune", wrong=wrong, allowed="data.validation = 0.1, or a count of images")
    count = len(conditions)
    for levels in study.tune.values():
        count *= len(levels)
    if study.tune and count > _MOST_CANDIDATES:
        wrong = f"asks for {count:,} combinations of conditions and tuned values"
        raise StudyError("tune", wrong=wrong, allowed=f"up to {_MOST_CANDIDATES:,}")
    candidates(study)


def _candidate(condition: Condition, levels: Mapping[str, Level]) -> Candidate:
    table: Mapping[str, object] = condition.recipe.model_dump(exclude_unset=True)
    for path, level in levels.items():
        table = put(table, path, level.value)
    try:
        recipe = validated(Recipe, table)
    except StudyError as error:
        blamed = next((each for each in levels if f"{error.where}.".startswith((f"{each}.", f"{each}["))), None)
        where = place(("tune", blamed)) if blamed else "tune"
        wrong = error.wrong if blamed else f"does not go with {condition.name}: {error.where}: {error.wrong}"
        raise StudyError(where, wrong=wrong, allowed=error.allowed, nearest=error.nearest) from None
    return Candidate(condition.name, {path: level.label for path, level in levels.items()}, recipe)
