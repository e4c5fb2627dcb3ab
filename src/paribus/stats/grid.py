"""A grid of factors: which condition stands at which combination of levels, and what can be asked of it."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from paribus.core import StudyError
from paribus.stats.responses import check_names
from paribus.stats.tables import RunTable

Weights = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Change:
    """A factor taken from one level to another: "lr", "0.1" to "0.01"."""

    factor: str
    level: str
    baseline: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A complete grid.

    Attributes:
        factors: levels of each factor, the baseline's first, the others in the table's order.
        at: the condition at each combination of levels, which stand in the order of the factors.
    """

    factors: Mapping[str, tuple[str, ...]]
    at: Mapping[tuple[str, ...], str]

    def changes(self, factor: str) -> tuple[Change, ...]:
        """Return the changes of one factor away from its baseline level."""
        baseline, *others = self.factors[factor]
        return tuple(Change(factor, level, baseline) for level in others)

    def cells(self, fixed: Mapping[str, str]) -> tuple[str, ...]:
        """Return the conditions with these levels, over all levels of the other factors, in one order."""
        choices = [(fixed[name],) if name in fixed else levels for name, levels in self.factors.items()]
        return tuple(self.at[levels] for levels in itertools.product(*choices))

    def weights(self, terms: Sequence[tuple[float, Mapping[str, str]]]) -> Weights:
        """Return the weighted sum of cell means: each term is a weight and the levels that it fixes."""
        total: dict[str, float] = {}
        for weight, fixed in terms:
            cells = self.cells(fixed)
            for cell in cells:
                total[cell] = total.get(cell, 0.0) + weight / len(cells)
        return total


def grid_of(table: RunTable, levels: Mapping[str, Mapping[str, str]]) -> Grid:
    """Return the grid that these conditions form; a factor with one level only is left out.

    Args:
        table: responses; its baseline has the baseline level of every factor.
        levels: condition -> factor -> label of its level.

    Raises:
        StudyError: a condition is unknown, or has no level of a factor; a combination is missing or there twice;
            fewer than two factors vary.

    """
    check_names(table, [name for name in levels if name != table.baseline])
    if table.baseline not in levels:
        raise StudyError("design.baseline", wrong=f'"{table.baseline}" has no levels', allowed="a level per factor")
    factors = _factors(levels, levels[table.baseline])
    if len(factors) < 2:
        raise StudyError(
            "vary",
            wrong=f"{len(factors)} factor{'s have' if len(factors) != 1 else ' has'} more than one level",
            allowed="two or more: an interaction is between factors",
        )
    at: dict[tuple[str, ...], str] = {}
    for name, own in levels.items():
        twin = at.setdefault(tuple(own[factor] for factor in factors), name)
        if twin != name:
            wrong = f'"{twin}" and "{name}" have the same levels'
            raise StudyError("vary", wrong=wrong, allowed="one condition per combination of levels")
    for combination in itertools.product(*factors.values()):
        if combination not in at:
            missing = ", ".join(f"{factor}={level}" for factor, level in zip(factors, combination, strict=True))
            raise StudyError("design.kind", wrong=f"no condition has {missing}", allowed='every combination ("grid")')
    return Grid(factors, at)


def _factors(levels: Mapping[str, Mapping[str, str]], baseline: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    for name, own in levels.items():
        if own.keys() != baseline.keys():
            odd = min(own.keys() ^ baseline.keys())
            wrong = f'"{name}" and the baseline do not have the same factors: "{odd}" is in one of them only'
            raise StudyError("vary", wrong=wrong, allowed="a level of every factor for every condition")
    found = {
        factor: tuple(dict.fromkeys((baseline[factor], *(own[factor] for own in levels.values()))))
        for factor in baseline
    }
    return {factor: each for factor, each in found.items() if len(each) > 1}
