"""One contrast in depth: two conditions seed by seed, image by image, class by class."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from paribus.core import StudyError
from paribus.lab.comparison import Comparison
from paribus.lab.matrices import correct, same_images, test_labels
from paribus.lab.naming import require_condition
from paribus.lab.places import Place
from paribus.lab.reading import read
from paribus.lab.results import Results
from paribus.lab.settling import looks_of
from paribus.stats import (
    ContrastEstimate,
    Correct,
    RunTable,
    class_differences,
    contrasts,
    image_screen,
    improvement,
    improvement_sentence,
    mcnemar,
    mcnemar_sentence,
    pairing,
    pairing_sentence,
    sentence,
    two_errors,
    two_errors_sentence,
)
from paribus.stats import image_screen_sentence as screen_sentence
from paribus.store import open_reader

_MOST_IMAGES = 25


def compared(place: Place, condition: str, baseline: str) -> Comparison:
    """Compare two conditions of a study that was run.

    Raises:
        StudyError: the study has no such condition, or they are the same.
    """
    results = read(place.directory, place.study)
    _check_names(results, condition, baseline)
    estimate, declared = _estimate(results, condition, baseline)
    table = _table(results, condition, baseline)
    alpha, margin = results.study.design.alpha, results.margin[0]
    won = improvement([difference for _, difference in estimate.differences], alpha=alpha)
    together = pairing(table, condition, alpha=alpha)
    said = [
        sentence(estimate, alpha=alpha, smallest_effect=margin),
        improvement_sentence(won, condition=condition, baseline=baseline, alpha=alpha),
        pairing_sentence(together, alpha=alpha),
    ]
    with open_reader(results.directory) as store:
        right = correct(results, store)
        labels = test_labels(results, store, condition)
    found = Comparison(
        results.study.name, results.directory, condition, baseline, results.response, declared, estimate,
        won, together, None, None, None, (), None, tuple(said),
        _why_sealed(results, right, condition, baseline), _by_seed(table, estimate),
    )  # fmt: skip
    if found.sealed or labels is None:
        return found
    first, second = right[condition], right[baseline]
    return _with_images(found, first, second, labels=labels, classes=_classes(results, condition), alpha=alpha)


def _with_images(
    found: Comparison, first: Correct, second: Correct, *, labels: Any, classes: tuple[str, ...], alpha: float
) -> Comparison:
    """Return the comparison with what the predictions of single images add."""
    errors = two_errors(first, second, alpha=alpha)
    said = [*found.sentences, two_errors_sentence(errors, alpha=alpha)]
    common = sorted(set(first.seeds) & set(second.seeds))
    networks = None
    if common:
        rows = (each.right[each.seeds.index(common[0])] for each in (first, second))
        networks = mcnemar(*rows, alpha=alpha)
        names = {"first": f"{found.condition} (seed {common[0]})", "second": f"{found.baseline} (seed {common[0]})"}
        said.append(mcnemar_sentence(networks, **names, alpha=alpha))
    screen = image_screen(first, second, alpha=alpha, most=_MOST_IMAGES)
    said.append(screen_sentence(screen))
    return dataclasses.replace(
        found,
        errors=errors,
        networks=networks,
        network_seed=common[0] if common else None,
        classes=class_differences(first, second, labels=labels, classes=classes, alpha=alpha),
        screen=screen,
        sentences=tuple(said),
    )


def _check_names(results: Results, *names: str) -> None:
    known = [each.name for each in results.conditions]
    for name in names:
        require_condition(name, known)
    if len(set(names)) < len(names):
        raise StudyError(names[0], wrong="cannot be compared with itself", allowed="two conditions of the study")


def _estimate(results: Results, condition: str, baseline: str) -> tuple[ContrastEstimate, bool]:
    """Return the declared contrast where there is one, either way round, else an exploratory one."""
    declared = {each.condition: each for each in results.contrasts}
    if baseline == results.conditions[0].name:
        return declared[condition], True
    if condition == results.conditions[0].name:
        return _reversed(declared[baseline]), True
    table = _table(results, condition, baseline)
    design = results.study.design
    (found,) = contrasts(
        table, smallest_effect=results.margin[0], alpha=design.alpha, declared=(), looks=looks_of(results.study)
    )
    return found, False


def _reversed(found: ContrastEstimate) -> ContrastEstimate:
    """Return a contrast the other way round: all its tests are two-sided, so that nothing else changes."""
    return dataclasses.replace(
        found,
        condition=found.baseline,
        baseline=found.condition,
        differences=tuple((seed, -difference) for seed, difference in found.differences),
        difference=None if found.difference is None else -found.difference,
        interval=None if found.interval is None else (-found.interval[1], -found.interval[0]),
    )


def _table(results: Results, condition: str, baseline: str) -> RunTable:
    values = {each.name: dict(each.values) for each in results.estimates if each.name in (condition, baseline)}
    return RunTable(values, baseline=baseline, images=1)


def _by_seed(table: RunTable, estimate: ContrastEstimate) -> tuple[tuple[int, tuple[float, float], float], ...]:
    treated, base = table.values[estimate.condition], table.values[estimate.baseline]
    return tuple(
        (seed, (treated[seed] or 0.0, base[seed] or 0.0), difference) for seed, difference in estimate.differences
    )


def _why_sealed(results: Results, right: Mapping[str, Correct], condition: str, baseline: str) -> str:
    if results.look is None:
        return "The test set is sealed: single images are compared after it is opened."
    if condition not in right or baseline not in right:
        return "Single images cannot be compared: no finished run, or a store from before labels were kept."
    if not same_images(results, condition, baseline):
        return "Single images cannot be compared: the two conditions are judged on different test sets."
    return ""


def _classes(results: Results, condition: str) -> tuple[str, ...]:
    used = results.facts["study"]["data"]
    key = next(key for key, names in used.items() if condition in names)
    return tuple(results.facts["data"][key]["classes"])
