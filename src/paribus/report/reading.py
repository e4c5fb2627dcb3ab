"""How a reader is led through a report: contrasts by factor, the parts in their places, the best configuration."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from paribus.figures import VERDICTS, short_labels, visible
from paribus.report import numbers
from paribus.report.content import Part, ReportContent
from paribus.report.drawings import json_for_script
from paribus.report.words import level, verdict_words
from paribus.stats import ConditionEstimate, ContrastEstimate

# More boxes than this are no help in choosing; as many conditions as the chart of dots has rows.
_MOST_CHOSEN = 40


@dataclass(frozen=True, slots=True)
class Group:
    """Contrasts that change the same factor.

    Attributes:
        factor: recipe path; "" where there is nothing to tell apart, "*" for several factors at once.
        contrasts: in the study's order.
        parts: what was found along this factor beyond single contrasts.
    """

    factor: str
    contrasts: tuple[ContrastEstimate, ...]
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Best:
    """The condition that was chosen or, where nothing was chosen, the one with the highest mean.

    Attributes:
        chosen: whether it was chosen beforehand; otherwise it only describes.
        levels: recipe path -> label of its level.
        sentences: what may be said of it.
    """

    condition: str
    chosen: bool
    levels: Mapping[str, str]
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the templates need beside the content itself.

    Attributes:
        words: verdict -> what it means.
        tally: verdict -> how many contrasts have it, in the order of the verdicts.
        groups: contrasts by factor.
        more: parts with tables of their own, which are no part of a group.
        trust: parts that say how far the findings carry.
        best: None where there is nothing to choose from.
        commands: (command, what it does).
        conditions: JSON for the page's script: labels, factors and levels.
    """

    words: Mapping[str, str]
    tally: Mapping[str, int]
    groups: tuple[Group, ...]
    more: tuple[Part, ...]
    trust: tuple[Part, ...]
    best: Best | None
    commands: tuple[tuple[str, str], ...]
    conditions: str


def reading(content: ReportContent) -> Reading:
    """Return the order in which this content is read."""
    groups = _groups(content)
    placed = {id(part) for group in groups for part in group.parts}
    rest = [part for part in content.parts if not part.timed and id(part) not in placed]
    verdicts = [each.verdict or "no verdict" for each in content.contrasts]
    return Reading(
        words=dict(verdict_words(content)),
        tally={word: verdicts.count(word) for word in VERDICTS if word in verdicts},
        groups=groups,
        more=tuple(part for part in rest if part.rows or part.title.startswith("Along ")),
        trust=tuple(part for part in rest if not (part.rows or part.title.startswith("Along "))),
        best=_best(content),
        commands=_commands(content),
        conditions=_conditions(content),
    )


def _groups(content: ReportContent) -> tuple[Group, ...]:
    """Return the contrasts by the one factor that differs; those that differ in several stand together, last."""
    by_factor: dict[str, list[ContrastEstimate]] = {}
    for each in content.contrasts:
        by_factor.setdefault(_factor(each, content.levels), []).append(each)
    if len(by_factor) < 2:
        return (Group("", content.contrasts),) if content.contrasts else ()
    order = sorted(by_factor, key=lambda factor: factor == "*")
    return tuple(Group(factor, tuple(by_factor[factor]), _along(factor, content.parts)) for factor in order)


def _factor(contrast: ContrastEstimate, levels: Mapping[str, Mapping[str, str]]) -> str:
    one, other = levels.get(contrast.condition, {}), levels.get(contrast.baseline, {})
    differing = [path for path in {**one, **other} if one.get(path) != other.get(path)]
    return differing[0] if len(differing) == 1 else "*"


def _along(factor: str, parts: Sequence[Part]) -> tuple[Part, ...]:
    titles = {f"Along {factor}", f"Along {factor.rpartition('.')[2]}"}
    return tuple(part for part in parts if part.title in titles and not part.timed)


def _best(content: ReportContent) -> Best | None:
    estimates = {each.name: each for each in content.conditions}
    if content.choice is not None:
        name = content.choice.condition
        said = _accuracy(estimates.get(name), content)
        return Best(name, chosen=True, levels=content.levels.get(name, {}), sentences=(*said, _standing(name, content)))
    whole = [each for each in content.conditions if each.mean is not None and not each.diverged]
    if len(content.conditions) < 2 or not whole:
        return None
    top = max(whole, key=lambda each: each.mean or 0.0)
    said = (*_accuracy(top, content), _standing(top.name, content))
    return Best(top.name, chosen=False, levels=content.levels.get(top.name, {}), sentences=said)


def _accuracy(estimate: ConditionEstimate | None, content: ReportContent) -> tuple[str, ...]:
    if estimate is None or estimate.mean is None:
        return ()
    seeds = f"{estimate.n} seed{'' if estimate.n == 1 else 's'}"
    if estimate.interval is None:
        return (f"Its mean {content.response} accuracy is {numbers.percent(estimate.mean)} % over {seeds}.",)
    low, high = map(numbers.percent, estimate.interval)
    between = f"{level(content)} interval {low} to {high} %"
    return (f"Its mean {content.response} accuracy is {numbers.percent(estimate.mean)} % ({between}, {seeds}).",)


def _standing(name: str, content: ReportContent) -> str:
    if name == content.baseline:
        return "It is the baseline, with which the others were compared."
    return content.sentences.get(name, "It was not compared with the baseline.")


def _commands(content: ReportContent) -> tuple[tuple[str, str], ...]:
    file = shlex.quote(visible(f"{content.name}.toml"))
    return (
        (f"paribus check {file}", "what will be trained, and what so many seeds can show; trains nothing"),
        (f"paribus run {file}", "trains every run, and writes this report"),
        (f"paribus run {file} --verify", "trains a finished run again by the plain loop, and compares the numbers"),
        (f"paribus report {file}", "writes the report again from what is stored"),
    )


def _conditions(content: ReportContent) -> str:
    names = [each.name for each in content.conditions[:_MOST_CHOSEN]]
    labels = short_labels(names)
    chosen = [{"label": labels[name], "levels": _visible(content.levels.get(name, {}))} for name in names]
    return json_for_script(chosen)


def _visible(levels: Mapping[str, str]) -> dict[str, str]:
    return {visible(path): visible(value) for path, value in levels.items()}
