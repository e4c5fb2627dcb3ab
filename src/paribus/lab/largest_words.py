"""What "largest" is in numbers, for readers: of a check, of results, of a report."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from paribus.study import Study, asks_for_largest, expand, memory_key

Facts = Mapping[str, Mapping[str, Any]]


def largest_sentences(study: Study, facts: Facts) -> tuple[str, ...]:
    """Return a sentence for each number that stands for "largest", with the conditions that have it.

    Args:
        study: with the numbers that are known.
        facts: what is kept of them, by key; empty where nothing is.
    """
    users: dict[str, list[str]] = {}
    for condition in expand(replace(study, largest={})):
        if asks_for_largest(condition.recipe):
            users.setdefault(memory_key(condition.recipe), []).append(condition.name)
    return tuple(_sentence(study.largest.get(key), _fact(key, facts), names) for key, names in users.items())


def _fact(asked: str, facts: Facts) -> Mapping[str, Any]:
    return next((fact for fact in facts.values() if fact["asked"] == asked), {})


def _sentence(number: int | None, fact: Mapping[str, Any], names: list[str]) -> str:
    if number is None:
        return f"{_listed(names)}: the largest batch is not known yet; paribus run finds it"
    said = f"{_listed(names)}: the largest batch is {number:,} image{'s' if number != 1 else ''}"
    if not fact:
        return said
    if not fact["certain"]:
        return f"{said} or more: it takes longer to find out, and paribus run does"
    if number == fact["images"]:
        return f"{said}, all that train"
    workers = f", shared by {fact['workers']} workers" if fact["workers"] > 1 else ""
    return f"{said} of {fact['images']:,}, by the memory of {fact['device']}{workers}"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
