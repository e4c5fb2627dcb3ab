"""[tune]: nuisance settings that every condition tries, with equal budget, on seeds that are not compared."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from paribus.core import Streams, StudyError, digest
from paribus.study.complaints import place, validated
from paribus.study.expand import Condition, Run, expand
from paribus.study.largest import numbered
from paribus.study.levels import Level
from paribus.study.paths import overlaps, put
from paribus.study.recipe import Recipe
from paribus.study.study import Study
from paribus.study.values import shown

# Far from the seeds that are compared, which are 0, 1, ...
_FIRST_SEED = 1_000_000
_MOST_CANDIDATES = 1_000
# What decides which images are validated on: accuracies on other images are no choice between settings.
_JUDGING = ("data.source", "data.validation", "data.split", "data.on_bad_image")


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
        _candidate(condition, dict(zip(study.tune, levels, strict=True)), largest=study.largest)
        for condition in expand(replace(study, picks={}, largest={}))
        for levels in combinations
    )


def possible(study: Study) -> tuple[tuple[str, Recipe], ...]:
    """Return name and recipe of all that a study may train: its conditions, with each combination of tuned values."""
    tried = candidates(study)
    named: Sequence[Candidate | Condition] = tried or expand(study)
    return tuple((each.name, each.recipe) for each in named)


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
    tried = candidates(study)
    runs = tuning_runs(study)  # seed by seed, so that a candidate's runs are as far apart as there are candidates
    picks: dict[str, Mapping[str, str]] = {}
    best: dict[str, float] = {}
    for position, each in enumerate(tried):
        mean = mean_accuracy([accuracies[run.key] for run in runs[position :: len(tried)]])
        worth = float("-inf") if mean is None else mean
        if each.condition not in picks or worth > best[each.condition]:
            picks[each.condition], best[each.condition] = each.labels, worth
    return replace(study, picks=picks)


def mean_accuracy(values: Sequence[float | None]) -> float | None:
    """Return what a combination of tuned values is chosen by; None with a diverged run, or without any."""
    kept = [value for value in values if value is not None]
    return fmean(kept) if kept and len(kept) == len(values) else None


def check_tuning(study: Study) -> None:
    """Raise a StudyError where [tune] has what is varied, too much, or nothing to choose by."""
    if not study.tune:
        return
    conditions = expand(study)
    for path in study.tune:
        _refuse_asked(path, study, conditions)
        if any(overlaps(path, each) for each in _JUDGING):
            wrong = "decides which images are validated on, so nothing could be chosen by them"
            raise StudyError(place(("tune", path)), wrong=wrong, allowed="settings of the training or the network")
    for condition in conditions:
        if not condition.recipe.data.validation:
            wrong = f"there is no validation split to choose on ({condition.name})"
            raise StudyError("tune", wrong=wrong, allowed="data.validation = 0.1, or a count of images")
    count = len(conditions) * math.prod(len(levels) for levels in study.tune.values())
    if count > _MOST_CANDIDATES:
        wrong = f"asks for {count:,} combinations of conditions and tuned values"
        raise StudyError("tune", wrong=wrong, allowed=f"up to {_MOST_CANDIDATES:,}")
    _refuse_twins(candidates(study))


def _refuse_asked(path: str, study: Study, conditions: Sequence[Condition]) -> None:
    """Refuse to tune what the study asks about: the tuned value would take the place of the level."""
    where, allowed = place(("tune", path)), "vary: the question; tune: what is not asked"
    if varied := next((each for each in study.vary if overlaps(each, path)), None):
        raise StudyError(where, wrong=f"is varied too ({place(('vary', varied))})", allowed=allowed)
    for condition in conditions:
        if asked := next((each for each in condition.levels if overlaps(each, path)), None):
            raise StudyError(where, wrong=f"{asked} is set by the condition {condition.name}", allowed=allowed)


def _refuse_twins(tried: Sequence[Candidate]) -> None:
    seen: dict[str, Candidate] = {}
    for each in tried:
        twin = seen.setdefault(digest(each.recipe.identity), each)
        if twin is not each:
            wrong = f"{shown(twin.name)} and {shown(each.name)} are the same recipe"
            raise StudyError("tune", wrong=wrong, allowed="each value once")


def _candidate(condition: Condition, levels: Mapping[str, Level], *, largest: Mapping[str, int]) -> Candidate:
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
    labels = {path: level.label for path, level in levels.items()}
    return Candidate(condition.name, labels, numbered(recipe, largest))
