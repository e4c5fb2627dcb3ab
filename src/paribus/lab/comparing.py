"""One contrast in depth: two conditions seed by seed, image by image, class by class."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paribus.core import StudyError, nearest
from paribus.lab.matrices import correct, test_labels
from paribus.lab.places import Place
from paribus.lab.reading import read
from paribus.lab.results import Results
from paribus.lab.settling import looks_of
from paribus.stats import (
    ClassDifference,
    ContrastEstimate,
    Correct,
    ImageScreen,
    Improvement,
    McNemar,
    Pairing,
    RunTable,
    TwoErrors,
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


@dataclass(frozen=True)
class Comparison:
    """Condition A against condition B of one study.

    Attributes:
        study, directory: whose.
        condition, baseline: A and B.
        response: "test" or "validation".
        declared: whether this contrast was planned, so that its verdict counts.
        estimate: difference, interval, test.
        improvement, pairing: over seeds.
        errors: both sources of error; None while sealed.
        networks: exact McNemar for the two networks of the smallest common seed; None while sealed.
        network_seed: that seed.
        classes: differences class by class; empty while sealed.
        screen: images fixed and broken; None while sealed.
        sentences: what may be said, in order.
        sealed: why parts are missing; empty where none are.
        by_seed: seed, accuracies of A and of B, their difference, for the seeds that both have.
    """

    study: str
    directory: Path
    condition: str
    baseline: str
    response: str
    declared: bool
    estimate: ContrastEstimate
    improvement: Improvement
    pairing: Pairing
    errors: TwoErrors | None
    networks: McNemar | None
    network_seed: int | None
    classes: tuple[ClassDifference, ...]
    screen: ImageScreen | None
    sentences: tuple[str, ...]
    sealed: str
    by_seed: tuple[tuple[int, tuple[float, float], float], ...]

    def json(self) -> dict[str, Any]:
        """Return the comparison as the command prints it with --json."""
        screen = self.screen
        return {
            "study": self.study,
            "directory": str(self.directory),
            "condition": self.condition,
            "baseline": self.baseline,
            "response": self.response,
            "declared": self.declared,
            "estimate": dataclasses.asdict(self.estimate),
            "improvement": dataclasses.asdict(self.improvement),
            "pairing": dataclasses.asdict(self.pairing),
            "errors": dataclasses.asdict(self.errors) if self.errors else None,
            "networks": {**dataclasses.asdict(self.networks), "seed": self.network_seed} if self.networks else None,
            "classes": [dataclasses.asdict(each) for each in self.classes],
            "images": {"fixed": list(screen.fixed), "broken": list(screen.broken), "reason": screen.reason}
            if screen
            else None,
            "sentences": list(self.sentences),
            "sealed": self.sealed,
        }


def compare(place: Place, condition: str, baseline: str) -> Comparison:
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
        if name not in known:
            allowed = ", ".join(known[:20])
            raise StudyError(name, wrong="is no condition of this study", allowed=allowed, nearest=nearest(name, known))
    if len(set(names)) < len(names):
        raise StudyError(names[0], wrong="cannot be compared with itself", allowed="two conditions of the study")


def _estimate(results: Results, condition: str, baseline: str) -> tuple[ContrastEstimate, bool]:
    """Return the declared contrast where there is one, else an exploratory one."""
    if baseline == results.conditions[0].name:
        return next(each for each in results.contrasts if each.condition == condition), True
    table = _table(results, condition, baseline)
    design = results.study.design
    (found,) = contrasts(
        table, smallest_effect=results.margin[0], alpha=design.alpha, declared=(), looks=looks_of(results.study)
    )
    return found, False


def _table(results: Results, condition: str, baseline: str) -> RunTable:
    values = {each.name: dict(each.values) for each in results.estimates if each.name in (condition, baseline)}
    return RunTable(values, baseline=baseline, images=1)


def _by_seed(table: RunTable, estimate: ContrastEstimate) -> tuple[tuple[int, tuple[float, float], float], ...]:
    treated, base = table.values[estimate.condition], table.values[estimate.baseline]
    return tuple(
        (seed, (treated[seed] or 0.0, base[seed] or 0.0), difference) for seed, difference in estimate.differences
    )


def _why_sealed(results: Results, right: object, condition: str, baseline: str) -> str:
    if results.look is None:
        return "The test set is sealed: single images are compared after it is opened."
    assert isinstance(right, dict)
    if condition not in right or baseline not in right:
        return "Single images cannot be compared: no finished run, or a store from before labels were kept."
    return ""


def _classes(results: Results, condition: str) -> tuple[str, ...]:
    used = results.facts["study"]["data"]
    key = next(key for key, names in used.items() if condition in names)
    return tuple(results.facts["data"][key]["classes"])
