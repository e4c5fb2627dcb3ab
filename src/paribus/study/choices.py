"""Which combinations of levels a design asks for, before any of them is a recipe."""

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from paribus.core import StudyError, nearest
from paribus.study.complaints import place
from paribus.study.design import Design
from paribus.study.levels import (
    Factors,
    Level,
    check_label,
    check_path,
    ends_condition,
    find_level,
    flat,
    read_level,
)
from paribus.study.paths import overlaps, own_value
from paribus.study.values import described, same

MOST_RUNS = 100_000


@dataclass(frozen=True, slots=True)
class Choice:
    """A condition to be.

    Attributes:
        levels: a level for each path.
        telling: the paths that tell it from the others; its name shows these.
        where: its place in the file.
        name: as given in the file, or "".
    """

    levels: Mapping[str, Level]
    telling: tuple[str, ...]
    where: str
    name: str = ""

    @property
    def labels(self) -> dict[str, str]:
        """The label of each path's level."""
        return {path: level.label for path, level in self.levels.items()}


def choices(design: Design, factors: Factors) -> tuple[Choice, ...]:
    """Return all choices, the baseline first; the design's baseline must be complete.

    Raises:
        StudyError: more runs than a study may have, or a condition that names no level.
    """
    _check_size(design, factors)
    if design.kind == "explicit":
        found = list(_explicit(design, factors))
    else:
        base = {path: find_level(design.baseline[path], levels, "design.baseline") for path, levels in factors.items()}
        found = list(_grid(factors) if design.kind == "grid" else _one_at_a_time(factors, base))
    return tuple(sorted(found, key=lambda choice: choice.labels != design.baseline))


def complete_baseline(design: Design, factors: Factors, recipe: Mapping[str, object]) -> Mapping[str, Level]:
    """Return the baseline's level of each path.

    A factor that the design does not name has the recipe's own value, where that is a level, else its first
    level; the baseline of explicit conditions is the first of them if none is named.

    Raises:
        StudyError: the design names what is no factor, no level, or no condition.
    """
    if design.kind == "explicit":
        return _explicit_baseline(design, factors).levels
    named = flat(design.baseline, stop=lambda path, _: path in factors)
    for path in named:
        if path not in factors:
            wrong = "is not varied" if factors else "is not varied: the study has no factors"
            where = place(("design", "baseline", path))
            raise StudyError(where, wrong=wrong, allowed=", ".join(factors), nearest=nearest(path, factors))
    return {path: _baseline_level(path, levels, named, recipe) for path, levels in factors.items()}


def _baseline_level(
    path: str, levels: tuple[Level, ...], named: Mapping[str, object], recipe: Mapping[str, object]
) -> Level:
    if path in named:
        return find_level(named[path], levels, place(("design", "baseline", path)))
    own = own_value(recipe, path)
    return next((level for level in levels if same(level.value, own)), levels[0])


def _one_at_a_time(factors: Factors, base: Mapping[str, Level]) -> Iterator[Choice]:
    yield Choice(base, tuple(base), "design.baseline")
    for path, levels in factors.items():
        for index, level in enumerate(levels):
            if level != base[path]:
                yield Choice({**base, path: level}, (path,), place(("vary", path, index)))


def _grid(factors: Factors) -> Iterator[Choice]:
    for combination in itertools.product(*factors.values()):
        yield Choice(dict(zip(factors, combination, strict=True)), tuple(factors), "vary")


def _explicit(design: Design, factors: Factors) -> Iterator[Choice]:
    for index, raw in enumerate(design.conditions):
        where = place(("design", "conditions", index))
        levels: dict[str, Level] = {}
        for path, value in _named_paths(raw, factors).items():
            here = f"{where}.{place((path,))}"
            check_path(path, here)
            if twin := next((each for each in levels if overlaps(each, path)), None):
                raise StudyError(here, wrong=f"overlaps with {twin}", allowed="one of the two")
            levels[path] = find_level(value, factors[path], here) if path in factors else read_level(value, here)
        yield Choice(levels, tuple(levels), where, _given_name(raw, where))


def _named_paths(raw: Mapping[str, object], factors: Factors) -> dict[str, object]:
    settings = {key: value for key, value in raw.items() if key != "label"}
    return flat(settings, stop=lambda path, table: path in factors or ends_condition(path, table))


def _given_name(raw: Mapping[str, object], where: str) -> str:
    if "label" not in raw:
        return ""
    label = raw["label"]
    if not isinstance(label, str):
        raise StudyError(f"{where}.label", wrong=f"{described(label)}, not text", allowed="text")
    check_label(label, f"{where}.label")
    return label


def _explicit_baseline(design: Design, factors: Factors) -> Choice:
    found = list(_explicit(design, factors))
    if not design.baseline:
        return found[0]
    label = _given_name(design.baseline, "design.baseline")
    named = _named_paths(design.baseline, factors)
    fitting = [each for each in found if _fits(each, label, named)]
    if len(fitting) != 1:
        wrong = f"fits {len(fitting) or 'none'} of the conditions"
        allowed = 'exactly one: name it by its levels or its label: baseline = { label = "NAME" }'
        labels = [each.name for each in found if each.name]
        raise StudyError("design.baseline", wrong=wrong, allowed=allowed, nearest=nearest(label, labels))
    return fitting[0]


def _fits(choice: Choice, label: str, named: Mapping[str, object]) -> bool:
    levels = choice.levels
    chosen = (levels[path].label == value or same(levels[path].value, value) for path, value in named.items())
    return (not label or choice.name == label) and named.keys() <= levels.keys() and all(chosen)


def _check_size(design: Design, factors: Factors) -> None:
    sizes = [len(levels) for levels in factors.values()]
    counts = {
        "one-at-a-time": 1 + sum(size - 1 for size in sizes),
        "grid": math.prod(sizes),
        "explicit": len(design.conditions),
    }
    conditions = counts[design.kind]
    seeds = design.most_seeds
    if conditions * seeds > MOST_RUNS:
        wrong = f"{conditions:,} conditions with {seeds:,} seeds are {conditions * seeds:,} runs"
        raise StudyError("design.seeds", wrong=wrong, allowed=f"up to {MOST_RUNS:,} runs")
