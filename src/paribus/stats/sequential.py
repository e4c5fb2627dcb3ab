"""Seeds that are added only where a contrast is open, looking at validation only; the test set judges once, at the end.

Nothing that happens at a look can raise the error rates of the final verdicts: `contrasts(..., looks=...)` corrects for
the worst that any way of stopping at these looks could do, however validation and test go together. So the rule of
`decide` is free to ask for what is useful: not that validation just passes its test, but that it is so clear that
the test set, whose luck is another, will most likely confirm it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from paribus.core import StudyError
from paribus.stats.compare import contrasts
from paribus.stats.repeated import check_looks
from paribus.stats.tables import ContrastEstimate, RunTable

_GROWTH = 1.6
# A contrast stops at a tenth of alpha. At alpha itself, validation and test with the correlation 0.5, a third of what
# validation had decided came out undecided on the test set, with seeds left to add (docs/statistics.md).
STOP_SHARE = 0.1

State = Literal["decided", "open", "diverged", "waiting"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one contrast stands at a look.

    Attributes:
        state: "decided": no more seeds; "open": more, where there are; "diverged": a run of it diverged, no more seeds
            can help; "waiting": a run that belongs to this look is not there, so it cannot be judged.
        seeds: seeds 0, 1, ... that it is judged on: as many as at the look where it stopped, or at this one.
    """

    state: State
    seeds: int


def looks(start: int, most: int) -> tuple[int, ...]:
    """Return the numbers of seeds at which a sequential design looks: each about 1.6 times the one before.

    Raises:
        StudyError: start is below 2, or most is not above start.

    """
    if not 2 <= start < most:
        wrong = f"{start} to {most} seeds leaves nothing to look at, or nothing to add"
        raise StudyError("design.seeds", wrong=wrong, allowed='{ start = 3, most = 20, until = "decided" }')
    steps = max(round(math.log(most / start) / math.log(_GROWTH)), 1)
    return tuple(round(start * (most / start) ** (step / steps)) for step in range(steps + 1))


def decide(
    table: RunTable,
    *,
    look: int,
    looks: Sequence[int],
    alpha: float,
    smallest_effect: float | None,
    declared: Sequence[str] | None = None,
) -> Mapping[str, Standing]:
    """Return where each declared contrast stands when every open condition has `look` seeds.

    All looks up to this one are repeated from the table, so that the answer depends on nothing but the runs: a
    contrast that was decided at an earlier look stays so, and runs beyond that look are not looked at. A contrast is
    decided as `contrasts` decides it, at a tenth of alpha.

    Args:
        table: validation accuracies; seeds are 0, 1, ...
        look: one of the looks.
        looks: all of them.
        alpha: error rate of the study.
        smallest_effect: the smallest difference that matters, a fraction; None: only a difference can be decided.
        declared: conditions whose contrasts were planned, by default all.

    Raises:
        StudyError: as `contrasts`, or the look is none of the looks.

    """
    every = check_looks(looks)
    if look not in every:
        allowed = ", ".join(map(str, every))
        raise StudyError("design.seeds", wrong=f"{look} seeds are no look of this design", allowed=allowed)
    names = [name for name in table.values if name != table.baseline] if declared is None else list(declared)
    standings: dict[str, Standing] = {}
    for at in every[: every.index(look) + 1]:
        open_ones = [name for name in names if name not in standings or standings[name].state in ("open", "waiting")]
        standings |= {name: Standing("open", at) for name in open_ones}
        estimates = contrasts(
            judged(table, standings),
            smallest_effect=smallest_effect,
            alpha=STOP_SHARE * alpha,
            declared=names,
            looks=every,
        )
        found = {each.condition: each for each in estimates}
        standings |= {name: Standing(_state(found[name], at), at) for name in open_ones}
    return standings


def next_seeds(
    table: RunTable, standings: Mapping[str, Standing], *, look: int, looks: Sequence[int]
) -> Mapping[str, int]:
    """Return how many seeds each condition of the table has to have next; unchanged where nothing is to be added.

    An open contrast goes to the next look, one that is waiting stays at this one, and the baseline has every seed that
    any condition has. Conditions that were not declared keep the seeds of the first look.

    Args:
        table: as in `decide`; only its names are used.
        standings: what `decide` said.
        look: the look it was said at.
        looks: all of them.

    """
    every = check_looks(looks)
    following = next((at for at in every if at > look), look)
    seeds = {name: following if standing.state == "open" else standing.seeds for name, standing in standings.items()}
    counts = {name: seeds.get(name, every[0]) for name in table.values if name != table.baseline}
    most = max(counts.values(), default=every[0])
    return {name: counts.get(name, most) for name in table.values}


def judged(table: RunTable, standings: Mapping[str, Standing]) -> RunTable:
    """Return the table with the runs that its verdicts rest on: each condition's seeds up to where it stopped.

    Give it the test accuracies and what `decide` said at the last look that was reached, and its answer to
    `contrasts` with the same looks. The baseline keeps all its runs; the others pair with those that they share.
    """
    kept = {
        name: {seed: value for seed, value in runs.items() if seed < standings[name].seeds}
        if name in standings
        else runs
        for name, runs in table.values.items()
    }
    return replace(table, values=kept)


def _state(estimate: ContrastEstimate, look: int) -> State:
    if estimate.verdict == "diverged":
        return "diverged"
    if estimate.n < look:
        return "waiting"
    return "open" if estimate.verdict in (None, "undecided") else "decided"
