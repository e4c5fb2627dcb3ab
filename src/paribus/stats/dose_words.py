"""The sentences that an ordered factor licenses, and no more."""

from collections.abc import Iterator

from paribus.stats.dose import DoseResponse
from paribus.stats.effect_words import verdict_words
from paribus.stats.names import listed, named

_DIRECTION = {"smallest": "smaller", "largest": "larger"}


def dose_sentences(found: DoseResponse, *, alpha: float) -> tuple[str, ...]:
    """Return what an ordered factor shows: shape, line, cliffs, the best and where it may lie."""
    return tuple(
        filter(None, (_shape(found), *_lines(found, alpha), *_cliffs(found, alpha), *_best(found), *_edges(found)))
    )


def _shape(found: DoseResponse) -> str:
    match found.shape:
        case "rising":
            return "As far as is shown, the response rises from level to level: no fall is shown."
        case "falling":
            return "As far as is shown, the response falls from level to level: no rise is shown."
        case "bent":
            return "The response does not go one way: it rises between some levels and falls between others."
        case "undecided":
            return "Neither a rise nor a fall along the levels is shown, which does not mean that there is none."


def _lines(found: DoseResponse, alpha: float) -> Iterator[str]:
    yield found.reason
    if found.trend is None or found.bend is None:
        return
    left_out = f", without {listed(found.diverged)} (diverged)" if found.diverged else ""
    line = "Along a straight line over the levels' logarithms, the response changes from the smallest to the largest by"
    yield f"{line} {verdict_words(found.trend, alpha=alpha)}{left_out}."
    if found.bend.verdict == "different":
        said = f"That line describes it badly, it bends: {verdict_words(found.bend, alpha=alpha)}"
        yield f"{said} in the middle of the range, against the line between its ends."


def _cliffs(found: DoseResponse, alpha: float) -> Iterator[str]:
    for name in found.diverged:
        yield f"{named(name)} diverged in a run or more: a cliff, whatever its other runs gave."
    if found.cliff is not None:
        step = found.cliff
        numbers = verdict_words(step.estimate, alpha=alpha)
        yield f"The largest step between neighbours is from {named(step.before)} to {named(step.after)}: {numbers}."


def _best(found: DoseResponse) -> Iterator[str]:
    best = found.best
    if best.observed is None:
        yield "No level can be called best."
        return
    sure = f"{100 * (1 - best.alpha):g} %"
    if len(best.levels) == 1 and not best.unjudged:
        yield f"The best of these levels is {named(best.observed)} (found with {sure} confidence, all levels compared)."
    else:
        yield (
            f"{named(best.observed)} has the largest mean; with {sure} confidence the best of the levels is among "
            f"{listed((*best.levels, *best.unjudged))}."
        )
    if best.unjudged:
        yield f"{listed(best.unjudged)} could not be compared, and may be the best."
    yield best.reason
    if len(found.plateau) > 1:
        first, last = named(found.plateau[0]), named(found.plateau[-1])
        yield f"From {first} to {last} no level is shown to be worse than the best."
    if len(found.flat) > 1:
        first, last = named(found.flat[0]), named(found.flat[-1])
        yield f"From {first} to {last} the levels are equivalent, every two of them."


def _edges(found: DoseResponse) -> Iterator[str]:
    if found.edge is not None:
        yield f"The best level, {found.best.observed}, is the {found.edge} tried: try {_DIRECTION[found.edge]} ones."
    for end in found.open_ends:
        if end != found.edge:
            side = _DIRECTION[end]
            yield f"The {end} level tried is not shown to be worse than the best: a better one may be {side} still."
