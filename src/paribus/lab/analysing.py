"""What the numbers say beyond the declared contrasts: each part a title, sentences and perhaps a table.

Nothing here changes a verdict. What was not declared says that it is exploratory.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from paribus.lab.footing import Footing, footing_sentence, footings
from paribus.lab.matrices import correct, same_images
from paribus.lab.results import Results
from paribus.lab.roles import caveats, varied_paths
from paribus.lab.table import Table
from paribus.stats import (
    best_sentence,
    dose_response,
    dose_sentences,
    effect_sentence,
    grid_effects,
    interaction_sentence,
    noise_floor,
    noise_floor_sentence,
    pairing,
    pairing_sentence,
    two_errors,
    two_errors_sentence,
)
from paribus.store import StoreReader
from paribus.study import Recipe, Study, candidates, mean_accuracy

_MOST = 20  # sentences of one kind
_LEAST_DOSES = 3


@dataclass(frozen=True)
class Analysis:
    """One part of a report's findings.

    Attributes:
        title: what it is about.
        explained: what its words mean, in a sentence or two, for who has not met them.
        sentences: what was found.
        table: numbers beside the sentences, None where there are none.
        timed: whether it rests on measured times, which differ from one run of the same study to the next.
    """

    title: str
    explained: str
    sentences: tuple[str, ...]
    table: Table | None = None
    timed: bool = False


def analyses(results: Results, store: StoreReader) -> tuple[Analysis, ...]:
    """Return the parts that a study gives rise to, in the order in which they are read."""
    parts: list[Analysis] = [*_tuning(results)]
    if results.judged and results.complete and results.contrasts:
        parts += [*_doses(results), *_grid(results), *_footings(results, store), *_pairing(results)]
        parts += _test_images(results, store)
    parts += _largest(results)
    held = caveats(results)
    if held:
        words = "A setting that is the same for all conditions is a condition of the conclusion."
        parts.append(Analysis("What the conclusion rests on", words, held))
    return tuple(parts)


def _largest(results: Results) -> Iterator[Analysis]:
    if results.largest:
        words = (
            "The largest batch that fits was looked for on the machine that began the study, and kept: all seeds, and "
            "all conditions that need the same memory, have the same one."
        )
        yield Analysis("The largest batch", words, tuple(f"{each}." for each in results.largest))


def _doses(results: Results) -> Iterator[Analysis]:
    """Yield one part for each numeric factor with three levels or more, all else as in the baseline."""
    design = results.study.design
    for path in varied_paths(results.conditions):
        doses = _levels_of(results, path)
        if len(doses) < _LEAST_DOSES:
            continue
        found = dose_response(results.responses, doses, alpha=design.alpha, smallest_effect=results.margin[0])
        words = (
            "The levels of this factor are numbers, so their order says more than single comparisons: a trend, a "
            "plateau of levels that are not shown to be worse than the best, a cliff between neighbours. Exploratory."
        )
        sentences = dose_sentences(found, alpha=design.alpha)
        yield Analysis(f"Along {path.rpartition('.')[2]}", words, sentences)


def _levels_of(results: Results, path: str) -> dict[str, float]:
    """Return condition -> its number at a path, for conditions that differ from the baseline in nothing else."""
    base = results.conditions[0]
    found: dict[str, float] = {}
    for each in results.conditions:
        others = [other for other in {*base.levels, *each.levels} if other != path]
        alike = all(each.levels.get(other) == base.levels.get(other) for other in others)
        value = _number(each.recipe, path)
        if alike and value is not None:
            found[each.name] = value
    return found


def _number(recipe: Recipe, path: str) -> float | None:
    section, _, name = path.partition(".")
    value = getattr(getattr(recipe, section), name, None)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _grid(results: Results) -> Iterator[Analysis]:
    design = results.study.design
    if design.kind != "grid" or len(varied_paths(results.conditions)) < 2:
        return
    levels = {each.name: {_short(path): label for path, label in each.levels.items()} for each in results.conditions}
    found = grid_effects(results.responses, levels, smallest_effect=results.margin[0], alpha=design.alpha)
    words = (
        "An interaction is a difference between differences: the effect of one factor at two levels of another. "
        "Interactions, main effects (averaged over the other factors) and the best levels are each corrected for "
        "their number (Holm). Exploratory, but for the declared contrasts above."
    )
    sentences = (
        *(best_sentence(each) for each in found.best),
        *(interaction_sentence(each, alpha=design.alpha) for each in islice(found.interactions, _MOST)),
        *(effect_sentence(each, alpha=design.alpha) for each in islice(found.main, _MOST)),
    )
    columns = ("factor", "from", "to", "where", "difference", "low", "high", "p (corrected)", "verdict")
    rows = [
        (
            *(effect.change.factor, effect.change.baseline, effect.change.level),
            "=".join(effect.at) if effect.at else "",
            *(effect.estimate.difference, *(effect.estimate.interval or (None, None))),
            *(effect.estimate.p_adjusted, effect.estimate.verdict),
        )
        for effect in (*found.main, *found.simple)
    ]
    yield Analysis("How the factors act together", words, sentences, Table(columns, rows))


def _short(path: str) -> str:
    return path.rpartition(".")[2]


def _footings(results: Results, store: StoreReader) -> Iterator[Analysis]:
    """Yield equal epochs and updates as one part, and equal time, which no machine repeats, as another."""
    found = footings(results, store)
    words = (
        'The conditions do not make the same number of updates, so "all else equal" has more than one meaning. The '
        "verdicts above stand on the ends of the runs; here every run is read where the shortest budget ends. "
    )
    counted = [each for each in found if not each.timed]
    if counted:
        yield _footing_part("Equal epochs and updates", f"{words}Exploratory.", counted, results, timed=False)
    timed = [each for each in found if each.timed]
    if timed:
        said = f"{words}Times depend on the machine, and on what else it did. Exploratory."
        yield _footing_part("Equal training time", said, timed, results, timed=True)


def _footing_part(title: str, explained: str, found: Sequence[Footing], results: Results, *, timed: bool) -> Analysis:
    columns = ("footing", "condition", "budget used", "difference", "low", "high", "p (corrected)", "verdict")
    rows: list[tuple[object, ...]] = []
    for footing in found:
        estimates = {each.condition: each for each in footing.contrasts}
        for condition in results.conditions:
            each = estimates.get(condition.name)
            numbers = (
                (None,) * 4 if each is None else (each.difference, *(each.interval or (None, None)), each.p_adjusted)
            )
            verdict = each.verdict if each else "not compared" if condition.name in footing.apart else ""
            rows.append((footing.name, condition.name, footing.reached.get(condition.name), *numbers, verdict))
    sentences = tuple(footing_sentence(each) for each in found)
    return Analysis(title, explained, sentences, Table(columns, rows), timed=timed)


def _pairing(results: Results) -> Iterator[Analysis]:
    """Yield what pairing by seed was worth, where that can be known."""
    alpha = results.study.design.alpha
    found = [pairing(results.responses, each.condition, alpha=alpha) for each in islice(results.contrasts, _MOST)]
    sentences = tuple(pairing_sentence(each, alpha=alpha) for each in found if each.correlation is not None)
    if sentences:
        words = (
            "Runs with the same seed share what chance decides; where that makes them alike, fewer seeds are needed."
        )
        yield Analysis("What pairing by seed was worth", words, sentences)


def _test_images(results: Results, store: StoreReader) -> Iterator[Analysis]:
    """Yield where the uncertainty comes from, and the floor under the noise, once the test set is opened."""
    alpha, base = results.study.design.alpha, results.conditions[0].name
    right = correct(results, store)
    both = tuple(
        two_errors_sentence(two_errors(right[each.condition], right[base], alpha=alpha), alpha=alpha)
        for each in islice(results.contrasts, _MOST)
        if {each.condition, base} <= right.keys() and same_images(results, each.condition, base)
    )
    if both:
        words = (
            "A difference has two sources of error: other seeds would give other networks, and another test set other "
            "images. The verdicts hold for other seeds on this test set."
        )
        yield Analysis("Other seeds, other test images", words, both)
    floors = [noise_floor(each, alpha=alpha) for each in islice(right.values(), _MOST) if len(each.seeds) > 1]
    if floors:
        words = (
            "Were the mistakes of runs independent from image to image, accuracies would still differ from seed to "
            "seed. A ratio near 1 means that this is all there is; well above 1, some runs are worse networks."
        )
        sentences = tuple(noise_floor_sentence(each, alpha=alpha) for each in floors)
        yield Analysis("The floor under the spread", words, sentences)


def _tuning(results: Results) -> Iterator[Analysis]:
    study = results.study
    if not study.tune:
        return
    tried = _tried(results)
    columns = ("condition", *(_short(path) for path in study.tune), "mean validation accuracy", "taken")
    rows = [
        (
            *(each.condition, *each.labels.values(), tried.get(each.name)),
            "yes" if study.picks.get(each.condition) == each.labels else "",
        )
        for each in candidates(study)
    ]
    words = (
        "Every condition tried the same values of these settings, on seeds of their own, and took those with the "
        "highest mean validation accuracy: each is compared at its best, and none was given more tries."
    )
    sentences = tuple(
        f"{name}: {', '.join(f'{_short(path)} = {label}' for path, label in labels.items())}."
        + _outcome(study, name, labels, tried)
        for name, labels in study.picks.items()
    )
    yield Analysis("Settings tuned inside every condition", words, sentences, Table(columns, rows))


def _outcome(study: Study, condition: str, labels: Mapping[str, str], tried: Mapping[str, float]) -> str:
    """Say what a reader of a condition's tuned values should know."""
    if not any(each.name in tried for each in candidates(study) if each.condition == condition):
        return " Every combination had a run that diverged, so the first was taken."
    return "".join(_at_the_edge(study.tune[path], path, label) for path, label in labels.items())


def _at_the_edge(levels: tuple[object, ...], path: str, label: str) -> str:
    """Say so where the best value is the smallest or the largest of those that were tried."""
    values: Mapping[str, float] = {
        getattr(level, "label", ""): value
        for level in levels
        if isinstance(value := getattr(level, "value", None), int | float)
    }
    if len(values) < max(_LEAST_DOSES, len(levels)) or label not in values:
        return ""
    ends = {min(values.values()): ("smallest", "smaller"), max(values.values()): ("largest", "larger")}
    if values[label] not in ends:
        return ""
    end, more = ends[values[label]]
    return f" That is the {end} {_short(path)} tried: try {more} ones."


def _tried(results: Results) -> dict[str, float]:
    """Return candidate -> mean validation accuracy over its seeds; without those that have a diverged run."""
    names = [each.name for each in candidates(results.study)]
    values = [results.validation_accuracy(run) for run in results.tuning]
    means = {name: mean_accuracy(values[position :: len(names)]) for position, name in enumerate(names)}
    return {name: mean for name, mean in means.items() if mean is not None}
