"""Fill in the tables of docs/statistics.md: error rates, coverage and savings of the verdicts, by simulation.

python docs/simulate.py [STUDIES]

Every study is drawn with a known truth and judged by the functions of paribus.stats. The tests broadcast, so that all
studies of a row are judged in one call; some studies of every row are judged once more, one by one, by `contrasts`,
`decide` and `judged`, and the script stops if a single verdict or interval differs. Nothing is random but by
counted draws: the same numbers come out on every machine, up to the last bits of its arithmetic. Only the
block between the two marks of the page is rewritten.
"""

import platform
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from paribus.core import Streams
from paribus.stats import RunTable, contrasts, decide, judged, looks
from paribus.stats.repeated import level, overall
from paribus.stats.sequential import STOP_SHARE
from paribus.stats.student import half_width, holm, two_one_sided, two_sided

Floats = NDArray[np.float64]
Noise = Literal["normal", "heavy tails", "skewed"]

PAGE = Path(__file__).with_name("statistics.md")
BEGIN, END = "<!-- simulated: begin -->", "<!-- simulated: end -->"
ALPHA = 0.05
NOISES: tuple[Noise, ...] = ("normal", "heavy tails", "skewed")
LOOKS = looks(3, 20)
FEW_MARGINS = (1.0, 3.0)  # in standard deviations of a difference
CENTRE, SCALE = 0.9, 0.01  # responses look like accuracies: 90 %, a difference has a standard deviation of 1 pp
CANDIDATES, TUNING_SEEDS = (0.0, 0.5, 1.0), 3  # how much better each tuned value is; the same for all conditions
BY_HAND = 6  # studies of each case that are judged one by one as well
Z = 1.959964


@dataclass(frozen=True)
class Case:
    """Studies with one truth.

    Attributes:
        truth: true differences, studies x contrasts, in standard deviations of a difference.
        validation, test: responses, studies x seeds x conditions; the baseline is condition 0.
        margin: the smallest effect, in standard deviations of a difference.
        looks: where a sequential design looks; None: all seeds are used.
    """

    truth: Floats
    validation: Floats
    test: Floats
    margin: float
    looks: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Judged:
    """What the verdicts of a case said, studies x contrasts; n: seeds of each contrast."""

    differs: NDArray[np.bool_]
    equal: NDArray[np.bool_]
    covers: NDArray[np.bool_]
    n: NDArray[np.int64]


@dataclass(frozen=True)
class Rate:
    """How often, of how many."""

    times: int = 0
    of: int = 1

    @property
    def share(self) -> float:
        """The rate as a fraction."""
        return self.times / self.of


@dataclass(frozen=True)
class Row:
    """Rates of one row: errors count studies, `covered` intervals."""

    different: Rate
    equivalent: Rate
    covered: float


def generator(*counters: int) -> np.random.Generator:
    """Return the draws of one case."""
    return np.random.Generator(np.random.Philox(key=Streams(1).key("bootstrap", *counters)))


def noise(draws: np.random.Generator, kind: Noise, shape: tuple[int, ...]) -> Floats:
    """Return seed noise with mean 0; that of a difference of two conditions has standard deviation 1.

    "heavy tails" is Student's t with 5 degrees of freedom. "skewed" is an exponential distribution's tail of
    bad runs under every condition but the baseline, which is normal: of two equal skews nothing would be left.
    """
    if kind == "heavy tails":
        return draws.standard_t(5, shape) * np.sqrt(3 / 5) / np.sqrt(2)
    if kind == "normal":
        return draws.standard_normal(shape) / np.sqrt(2)
    drawn = 1 - draws.standard_exponential(shape)
    drawn[..., 0] = draws.standard_normal(shape[:-1])
    return drawn / np.sqrt(2)


def case(
    key: int,
    truth: Sequence[float],
    *,
    kind: Noise,
    seeds: int,
    margin: float,
    correlation: float = 0.0,
    looks: tuple[int, ...] | None = None,
    studies: int,
) -> Case:
    """Return studies whose contrasts have these true differences.

    Args:
        key: counter of the draws.
        truth: in standard deviations of a difference.
        kind: of the noise.
        seeds: of each condition.
        margin: smallest effect, in the same unit.
        correlation: of validation and test over seeds.
        looks: of a sequential design.
        studies: how many.

    """
    draws, shape = generator(key), (studies, seeds, len(truth) + 1)
    test = noise(draws, kind, shape)
    validation = test
    if correlation < 1 and looks is not None:
        validation = correlation * test + np.sqrt(1 - correlation**2) * noise(draws, kind, shape)
    effects = np.array([0.0, *truth])
    return Case(
        np.broadcast_to(effects[1:], (studies, len(truth))), validation + effects, test + effects, margin, looks
    )


def tuned(key: int, truth: Sequence[float], *, kind: Noise, seeds: int, margin: float, studies: int) -> Case:
    """Return studies whose conditions each chose one of three tuned values, on seeds that are not compared.

    Of the tuned values, some are truly better: what two conditions chose is then part of their true difference.
    """
    draws, conditions = generator(key), len(truth) + 1
    effects, gains = np.array([0.0, *truth]), np.array(CANDIDATES)
    tried = np.stack([noise(draws, kind, (studies, TUNING_SEEDS, conditions)) for _ in gains], axis=-1) + gains
    chosen = tried.mean(axis=1).argmax(axis=-1)
    means = effects + gains[chosen]
    test = noise(draws, kind, (studies, seeds, conditions)) + means[:, None, :]
    return Case(means[:, 1:] - means[:, :1], test, test, margin)


def tuned_on_the_same_seeds(key: int, *, seeds: int, studies: int) -> Case:
    """Return what Paribus does not do: one condition takes the best of ten equal values on the seeds compared."""
    draws = generator(key)
    tried = noise(draws, "normal", (studies, seeds, 11))
    best = tried[..., 1:].mean(axis=1).argmax(axis=-1)
    chosen = np.take_along_axis(tried[..., 1:], best[:, None, None], axis=-1)[..., 0]
    test = np.stack((tried[..., 0], chosen), axis=-1)
    return Case(np.zeros((studies, 1)), test, test, 1.0)


def judge(studied: Case, *, stop_share: float = STOP_SHARE) -> Judged:
    """Return the verdicts on the test responses of all studies at once."""
    seeds = studied.test.shape[1]
    if studied.looks is None:
        n = np.full(studied.truth.shape, seeds)
    else:
        n = stops(studied.validation, studied.looks, margin=studied.margin, alpha=stop_share * ALPHA)
    mean, sd = summary(sums(studied.test), n)
    p, equal = tests(mean, sd, n, margin=studied.margin, looks=studied.looks)
    width_level = ALPHA if studied.looks is None else level(ALPHA, looks=studied.looks, sides=2)
    covers = np.abs(mean - studied.truth) <= half_width(sd, n, alpha=width_level)
    return Judged(holm(p) <= ALPHA, holm(equal) <= ALPHA, covers, n)


def stops(responses: Floats, every: tuple[int, ...], *, margin: float, alpha: float) -> NDArray[np.int64]:
    """Return the number of seeds at which each contrast stops: `decide`, for all studies at once."""
    n = np.full((responses.shape[0], responses.shape[2] - 1), every[0])
    is_open, added_up = np.ones(n.shape, bool), sums(responses)
    for at in every:
        n = np.where(is_open, at, n)
        p, equal = tests(*summary(added_up, n), n, margin=margin, looks=every)
        is_open &= ~((holm(p) <= alpha) | (holm(equal) <= alpha))
    return n


def sums(responses: Floats) -> tuple[Floats, Floats]:
    """Return the sums of the differences, and of their squares, up to each seed."""
    differences = responses[..., 1:] - responses[..., :1]
    return differences.cumsum(axis=1), (differences**2).cumsum(axis=1)


def summary(added_up: tuple[Floats, Floats], n: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of each contrast's first n differences."""
    first, second = (np.take_along_axis(each, n[:, None, :] - 1, axis=1)[:, 0] for each in added_up)
    mean = first / n
    return mean, np.sqrt((second - n * mean**2) / (n - 1))


def tests(
    mean: Floats, sd: Floats, n: NDArray[np.int64], *, margin: float, looks: tuple[int, ...] | None
) -> tuple[Floats, Floats]:
    """Return the p-values of difference and equivalence, before Holm."""
    p, equal = two_sided(mean, sd, n), np.maximum(*two_one_sided(mean, sd, n, margin=margin))
    if looks is None:
        return p, equal
    return overall(p, looks=looks, sides=2), overall(equal, looks=looks, sides=1)


def by_hand(studied: Case, said: Judged, *, count: int = BY_HAND) -> int:
    """Judge some studies one by one, as a report does, and return how many.

    Raises:
        SystemExit: a verdict, an interval or a number of seeds differs.

    """
    for index in range(min(count, len(studied.test))):
        table = as_table(studied.test[index])
        if studied.looks is not None:
            standings = decide(
                as_table(studied.validation[index]),
                look=studied.looks[-1],
                looks=studied.looks,
                alpha=ALPHA,
                smallest_effect=studied.margin * SCALE,
            )
            table = judged(table, standings)
        found = contrasts(table, smallest_effect=studied.margin * SCALE, alpha=ALPHA, looks=studied.looks)
        for column, each in enumerate(found):
            assert each.interval is not None
            low, high = each.interval
            one_by_one = (
                each.n,
                each.verdict in ("different", "negligible"),
                each.verdict in ("equivalent", "negligible"),
                low <= studied.truth[index, column] * SCALE <= high,
            )
            at_once = tuple(array[index, column] for array in (said.n, said.differs, said.equal, said.covers))
            if one_by_one != at_once:
                raise SystemExit(f"study {index}, contrast {column}: one by one {one_by_one}, at once {at_once}")
    return min(count, len(studied.test))


def as_table(responses: Floats) -> RunTable:
    """Return one study's responses (seeds x conditions) as its table."""
    columns = (CENTRE + SCALE * responses).T.tolist()
    values = {f"c{number}": dict(enumerate(column)) for number, column in enumerate(columns)}
    return RunTable(values, baseline="c0", images=10_000)


class Simulation:
    """Judges cases, and counts what was judged; `studies` is how many a case has, `first` where its draws start."""

    def __init__(self, studies: int, *, first: int) -> None:
        self.studies = studies
        self.key = first
        self.at_once = 0
        self.one_by_one = 0

    def next_key(self) -> int:
        """Return a counter that no case had."""
        self.key += 1
        return self.key

    def judge(self, studied: Case) -> Judged:
        """Judge all studies at once and some one by one."""
        said = judge(studied)
        self.at_once += len(studied.test)
        self.one_by_one += by_hand(studied, said)
        return said

    def row(self, cases: Iterator[Case]) -> Row:
        """Return the largest error rates and the coverage that is farthest from 95 % over some truths."""
        different, equivalent, covered = Rate(), Rate(), []
        for each in cases:
            said = self.judge(each)
            same, far = np.isclose(each.truth, 0), np.abs(each.truth) >= each.margin - 1e-9
            different = max(different, share(said.differs & same, same), key=lambda rate: rate.share)
            equivalent = max(equivalent, share(said.equal & far, far), key=lambda rate: rate.share)
            covered.append(float(said.covers.mean()))
        return Row(different, equivalent, max(covered, key=lambda rate: abs(rate - 0.95)))


def share(wrong: NDArray[np.bool_], possible: NDArray[np.bool_]) -> Rate:
    """Return how many studies made an error, of those that could; none where a quarter of them could not."""
    could = int(possible.any(axis=1).sum())
    return Rate(int(wrong.any(axis=1).sum()), could) if 4 * could >= len(possible) else Rate()


def truths(contrasts_: int, kind: Noise) -> Iterator[tuple[tuple[float, ...], float]]:
    """Yield (true differences, margin): none, half of them large (where Holm is weakest), and all at the margin.

    Under skewed noise it matters on which side of the baseline they are, so both are tried.
    """
    yield (0.0,) * contrasts_, 1.0
    if contrasts_ > 1:
        yield tuple(8.0 * (index % 2) for index in range(contrasts_)), 1.0
    for margin in FEW_MARGINS:
        yield (margin,) * contrasts_, margin
        if kind == "skewed":
            yield (-margin,) * contrasts_, margin


def fixed_rows(simulation: Simulation) -> Iterator[tuple[str, ...]]:
    """Yield the rows of designs with a fixed number of seeds."""
    for name, count in (("fixed", 1), ("fixed", 4), ("grid 2 x 3", 5)):
        for kind in NOISES:
            for seeds in (3, 5, 10):
                cases = (
                    case(
                        simulation.next_key(), truth, kind=kind, seeds=seeds, margin=margin, studies=simulation.studies
                    )
                    for truth, margin in truths(count, kind)
                )
                yield (name, kind, str(count), str(seeds), *cells(simulation.row(cases)))


def tuned_rows(simulation: Simulation) -> Iterator[tuple[str, ...]]:
    """Yield the rows of tuned designs."""
    for count in (1, 4):
        for kind in NOISES:
            cases = (
                tuned(simulation.next_key(), truth, kind=kind, seeds=5, margin=margin, studies=simulation.studies)
                for truth, margin in truths(count, kind)
            )
            yield ("tuned", kind, str(count), "5", *cells(simulation.row(cases)))


def sequential_rows(simulation: Simulation) -> Iterator[tuple[str, ...]]:
    """Yield the rows of sequential designs."""
    for count in (1, 4):
        for kind in NOISES:
            for correlation in (0.0, 0.5, 0.9, 1.0):
                cases = (
                    case(
                        simulation.next_key(),
                        truth,
                        kind=kind,
                        seeds=LOOKS[-1],
                        margin=margin,
                        correlation=correlation,
                        looks=LOOKS,
                        studies=simulation.studies,
                    )
                    for truth, margin in truths(count, kind)
                )
                found = cells(simulation.row(cases))
                yield (f"{LOOKS[0]} to {LOOKS[-1]}", kind, str(count), f"{correlation:g}", *found)


def cells(row: Row) -> tuple[str, ...]:
    """Return the rates as the page prints them."""
    return with_interval(row.different), with_interval(row.equivalent), f"{100 * row.covered:.1f} %"


def with_interval(found: Rate) -> str:
    """Return a rate with its 95 % interval (Wilson), which says what the simulation does not know."""
    rate, studies = found.share, found.of
    centre = (rate + Z**2 / (2 * studies)) / (1 + Z**2 / studies)
    half = Z * np.sqrt(rate * (1 - rate) / studies + (Z / (2 * studies)) ** 2) / (1 + Z**2 / studies)
    mark = "**" if rate > 0.056 else ""
    return f"{mark}{100 * rate:.1f} %{mark} ({100 * (centre - half):.1f} to {100 * (centre + half):.1f})"


def right(said: Judged, difference: float) -> float:
    """Return the share of contrasts that found what is true: equivalence, or else a difference."""
    return float((said.equal if difference == 0 else said.differs).mean())


def enough_fixed(goal: Sequence[float], *, margin: float, count: int, key: int, studies: int) -> int:
    """Return the least fixed number of seeds that is as often right at a difference of 0 and of the margin."""
    drawn = case(key, (0.0,) * count, kind="normal", seeds=60, margin=margin, studies=studies)
    for seeds in range(2, 61):
        part = drawn.test[:, :seeds]
        rates = []
        for difference in (0.0, margin):
            effects = np.array([0.0, *(difference,) * count])
            moved = Case(np.full((studies, count), difference), part, part + effects, margin)
            rates.append(right(judge(moved), difference))
        if all(rate >= min(wanted, 0.99) for rate, wanted in zip(rates, goal, strict=True)):
            return seeds
    return 60


def saving(
    simulation: Simulation, stop_share: float, *, count: int, margin: float, correlation: float
) -> tuple[str, ...]:
    """Return one row: seeds and right verdicts at a true difference of 0, margin, twice the margin; what is saved."""
    rates, takes = [], []
    for difference in (0.0, margin, 2 * margin):
        drawn = case(
            simulation.next_key(),
            (difference,) * count,
            kind="normal",
            seeds=LOOKS[-1],
            margin=margin,
            correlation=correlation,
            looks=LOOKS,
            studies=simulation.studies,
        )
        said = judge(drawn, stop_share=stop_share)
        simulation.at_once += simulation.studies
        rates.append(right(said, difference))
        takes.append(float((said.n.sum(axis=1) + said.n.max(axis=1)).mean()) / (count + 1))
    fixed = enough_fixed(rates[:2], margin=margin, count=count, key=simulation.next_key(), studies=simulation.studies)
    return (
        f"{stop_share:g}",
        str(count),
        f"{1 / margin:.2g} D",
        f"{correlation:g}",
        *(f"{100 * rate:.0f} %, {taken:.1f}" for rate, taken in zip(rates, takes, strict=True)),
        str(fixed),
        ", ".join(f"{100 * (1 - taken / fixed):+.0f} %" for taken in takes),
        ", ".join(f"{100 * (1 - taken / LOOKS[-1]):+.0f} %" for taken in takes),
    )


def block(studies: int) -> str:
    """Return the simulated part of the page."""
    began = time.monotonic()
    at_start, growing = Simulation(studies, first=0), Simulation(studies // 4, first=1_000)
    rates = ("false different", "false equivalent", "interval covers")
    fixed = table(("design", "noise", "contrasts", "seeds", *rates), [*fixed_rows(at_start), *tuned_rows(at_start)])
    sequential = table(("seeds", "noise", "contrasts", "correlation", *rates), list(sequential_rows(growing)))
    parts = (
        "### A fixed number of seeds",
        fixed,
        same_seeds(at_start),
        "### Seeds until decided",
        sequential,
        "### What it saves",
        savings(growing, stop_shares=(STOP_SHARE,), correlations=(0.0, 0.5, 0.9, 1.0)),
        "Other rules of stopping, for comparison:",
        savings(growing, stop_shares=(1.0, 0.3, 0.03), correlations=(0.5,)),
    )
    about = (
        f"`python docs/simulate.py {studies}`: {at_start.at_once + growing.at_once:,} studies, {at_start.studies:,} "
        f"for each truth of a row with a fixed number of seeds, {growing.studies:,} where seeds are added. Of these, "
        f"{at_start.one_by_one + growing.one_by_one:,} were judged one by one as well, with the same verdicts. numpy "
        f"{np.__version__}, scipy {scipy.__version__}, Python {platform.python_version()}, {processor()}, one core, "
        f"{(time.monotonic() - began) / 60:.0f} minutes."
    )
    return "\n\n".join((about, *parts))


def same_seeds(simulation: Simulation) -> str:
    """Return what goes wrong when values are tuned on the seeds that are compared."""
    said = judge(tuned_on_the_same_seeds(simulation.next_key(), seeds=5, studies=simulation.studies))
    return (
        "What tuning must not do: one condition takes the best of ten equally good values on the very seeds that are "
        f"compared, five of them. False different: {with_interval(Rate(int(said.differs.sum()), said.differs.size))}."
    )


def savings(simulation: Simulation, *, stop_shares: Sequence[float], correlations: Sequence[float]) -> str:
    """Return the table of what sequential designs take and find, beside fixed designs that are right as often."""
    header = ("stops at", "contrasts", "spread", "correlation", "right at 0, seeds", "at D", "at 2 D")
    lines = [
        saving(simulation, stop_share, count=count, margin=margin, correlation=correlation)
        for stop_share in stop_shares
        for count, margin in ((1, 1.0), (1, 1.5), (4, 1.5))
        for correlation in correlations
    ]
    return table((*header, "fixed", "saved", f"saved of {LOOKS[-1]}"), lines)


def processor() -> str:
    """Return the processor's name, where the system tells."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def table(header: tuple[str, ...], lines: Sequence[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    marks = tuple("---" for _ in header)
    return "\n".join("| " + " | ".join(each) + " |" for each in (header, marks, *lines))


def rewritten(page: str, made: str) -> str:
    """Return the page with another simulated block."""
    before, found, rest = page.partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not (found and closed):
        raise SystemExit(f"{PAGE.name} has no block between {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{made}\n\n{END}{after}"


if __name__ == "__main__":
    if len(sys.argv) > 2 or not all(word.isdecimal() and int(word) >= 100 for word in sys.argv[1:]):
        raise SystemExit(f"usage: python {sys.argv[0]} [STUDIES, 100 or more]")
    wanted = int(sys.argv[1]) if len(sys.argv) == 2 else 20_000
    made = block(wanted)
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8"), made), encoding="utf-8")
    print(f"{PAGE.name} is up to date")
