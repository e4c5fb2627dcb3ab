"""Grids of factors: does the effect of one depend on the level of another, and what are their effects."""

import functools
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from paribus.core import StudyError, nearest
from paribus.stats.best import BestByLevel, best_by_level
from paribus.stats.grid import Change, Grid, Weights, grid_of
from paribus.stats.tables import RunTable
from paribus.stats.weighted import EffectEstimate, judge


@dataclass(frozen=True, slots=True)
class Interaction:
    """How much more `first` changes the response after `second` than before it.

    Attributes:
        first, second: the two changes away from the baseline levels.
        averaged: the other factors, over whose levels the response is averaged.
        estimate: of (y_ab - y_a0) - (y_0b - y_00); its verdict "different" is read as an interaction.
    """

    first: Change
    second: Change
    averaged: tuple[str, ...]
    estimate: EffectEstimate


@dataclass(frozen=True, slots=True)
class FactorEffect:
    """The effect of one change: at one level of another factor (simple), or over all levels (main, `at` is None).

    Attributes:
        change: what is changed.
        at: factor and level that are held, or None.
        averaged: the factors over whose levels the response is averaged.
        estimate: mean response after the change minus before it.
    """

    change: Change
    at: tuple[str, str] | None
    averaged: tuple[str, ...]
    estimate: EffectEstimate


@dataclass(frozen=True, slots=True)
class GridEffects:
    """All that a grid is asked. Each tuple is a family of its own for Holm.

    Attributes:
        interactions: of the declared pairs of factors, for every two changes.
        simple: each factor's changes at each level of each other factor.
        main: each factor's changes, over all levels of the others.
        best: for each two factors, in both orders, whether the best level of one depends on the other.
    """

    interactions: tuple[Interaction, ...]
    simple: tuple[FactorEffect, ...]
    main: tuple[FactorEffect, ...]
    best: tuple[BestByLevel, ...]


def grid_effects(
    table: RunTable,
    levels: Mapping[str, Mapping[str, str]],
    *,
    smallest_effect: float | None,
    alpha: float = 0.05,
    declared: Sequence[tuple[str, str]] | None = None,
) -> GridEffects:
    """Return interactions, simple and main effects of a complete grid, paired by seed.

    With levels a of the first and b of the second factor, 0 for the baseline's, the interaction of a seed is
    d = (y_ab - y_a0) - (y_0b - y_00); a t test, an interval and two one-sided tests on d over the seeds. With three
    or more factors every y is the mean over the levels of the others. Interactions, simple effects and main effects
    are three families; Holm holds the error rate within each. The smallest effect is a difference of accuracies in
    all three; of an interaction it is the smallest difference between two effects that matters.

    Args:
        table: responses.
        levels: condition -> factor -> label of its level.
        smallest_effect: a fraction, or None: nothing can be equivalent.
        alpha: error rate of each family.
        declared: the pairs of factors whose interactions were planned; by default every pair.

    Raises:
        StudyError: the conditions form no complete grid of two or more factors; a declared factor is not in it;
            alpha or the smallest effect is out of range.

    """
    grid = grid_of(table, levels)
    pairs = _pairs(grid, declared)
    ask = functools.partial(judge, table, smallest_effect=smallest_effect, alpha=alpha)
    crossed = [(first, second) for a, b in pairs for first in grid.changes(a) for second in grid.changes(b)]
    places = [
        (change, (other, level))
        for factor, other in itertools.permutations(grid.factors, 2)
        for change in grid.changes(factor)
        for level in grid.factors[other]
    ]
    alone = [(change, None) for factor in grid.factors for change in grid.changes(factor)]
    estimates = ask([_interaction(grid, *both) for both in crossed], outlook=True)
    return GridEffects(
        interactions=tuple(
            Interaction(first, second, _others(grid, (first.factor, second.factor)), estimate)
            for (first, second), estimate in zip(crossed, estimates, strict=True)
        ),
        simple=_effects(grid, places, ask([_effect(grid, change, dict([at])) for change, at in places])),
        main=_effects(grid, alone, ask([_effect(grid, change, {}) for change, _ in alone], outlook=True)),
        best=tuple(
            best_by_level(table, grid, factor=factor, within=within, alpha=alpha)
            for factor, within in itertools.permutations(grid.factors, 2)
        ),
    )


def _effects(
    grid: Grid,
    places: Sequence[tuple[Change, tuple[str, str] | None]],
    estimates: Sequence[EffectEstimate],
) -> tuple[FactorEffect, ...]:
    return tuple(
        FactorEffect(change, at, _others(grid, (change.factor, *(at or ())[:1])), estimate)
        for (change, at), estimate in zip(places, estimates, strict=True)
    )


def _pairs(grid: Grid, declared: Sequence[tuple[str, str]] | None) -> tuple[tuple[str, str], ...]:
    if declared is None:
        return tuple(itertools.combinations(grid.factors, 2))
    for pair in declared:
        for name in pair:
            if name not in grid.factors:
                raise StudyError(
                    "design.interactions",
                    wrong=f'"{name}" is no factor of the grid',
                    allowed=", ".join(grid.factors),
                    nearest=nearest(name, grid.factors),
                )
        if pair[0] == pair[1]:
            wrong = f'"{pair[0]}" cannot interact with itself'
            raise StudyError("design.interactions", wrong=wrong, allowed="two different factors")
    return tuple(declared)


def _others(grid: Grid, named: Iterable[str]) -> tuple[str, ...]:
    return tuple(factor for factor in grid.factors if factor not in named)


def _interaction(grid: Grid, first: Change, second: Change) -> Weights:
    a, b = first.factor, second.factor
    return grid.weights(
        [
            (1.0, {a: first.level, b: second.level}),
            (-1.0, {a: first.level, b: second.baseline}),
            (-1.0, {a: first.baseline, b: second.level}),
            (1.0, {a: first.baseline, b: second.baseline}),
        ]
    )


def _effect(grid: Grid, change: Change, at: Mapping[str, str]) -> Weights:
    return grid.weights([(1.0, {change.factor: change.level, **at}), (-1.0, {change.factor: change.baseline, **at})])
