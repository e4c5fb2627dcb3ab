import itertools

import numpy as np
import pytest

from paribus.core import StudyError
from paribus.stats import RunTable, grid_effects, judge
from paribus.stats.best import best_by_level
from paribus.stats.grid import grid_of

MARGIN = 0.004


def normal(seed, *shape):
    return np.random.Generator(np.random.Philox(key=seed)).normal(size=shape)


def grid(values, *factors):
    """A table and its levels from an array: one axis per factor, seeds last; the baseline has the first levels."""
    levels, runs = {}, {}
    for place in itertools.product(*(range(size) for size in values.shape[:-1])):
        name = ", ".join(f"{factor}={level}" for factor, level in zip(factors, place, strict=True))
        levels[name] = {factor: str(level) for factor, level in zip(factors, place, strict=True)}
        runs[name] = dict(enumerate(values[place].tolist()))
    return RunTable(runs, next(iter(runs)), 10_000), levels


def cells(main_a, main_b, crossed, *, noise=0.0005, seeds=6, key=1):
    a, b = np.asarray(main_a), np.asarray(main_b)
    exact = 0.9 + a[:, None] + b[None, :] + np.asarray(crossed)
    return exact[..., None] + noise * normal(key, len(a), len(b), seeds) + 0.02 * normal(key + 1, seeds)


def test_each_interaction_is_the_contrast_of_contrasts_by_seed():
    values = cells([0, 0.01, -0.02], [0, 0.03], [[0, 0], [0, 0.02], [0, 0]], key=7)
    found = grid_effects(*grid(values, "lr", "batch"), smallest_effect=MARGIN)
    assert [(each.first.level, each.second.level) for each in found.interactions] == [("1", "1"), ("2", "1")]
    for each, row in zip(found.interactions, (1, 2), strict=True):
        by_hand = (values[row, 1] - values[row, 0]) - (values[0, 1] - values[0, 0])
        assert [d for _, d in each.estimate.differences] == pytest.approx(by_hand, abs=1e-12)
    assert [each.estimate.verdict for each in found.interactions] == ["different", "equivalent"]


def test_simple_and_main_effects_are_differences_of_cell_means_by_seed():
    values = cells([0, 0.01, -0.02], [0, 0.03], [[0, 0], [0, 0.02], [0, 0]])
    found = grid_effects(*grid(values, "lr", "batch"), smallest_effect=MARGIN)
    simple = {(each.change.factor, each.change.level, each.at): each.estimate for each in found.simple}
    assert len(simple) == 2 * 2 + 1 * 3
    assert simple["lr", "2", ("batch", "1")].difference == pytest.approx((values[2, 1] - values[0, 1]).mean())
    assert simple["batch", "1", ("lr", "1")].difference == pytest.approx((values[1, 1] - values[1, 0]).mean())
    main = {(each.change.factor, each.change.level): each.estimate for each in found.main}
    over_lr = values.mean(axis=0)
    assert [d for _, d in main["batch", "1"].differences] == pytest.approx(over_lr[1] - over_lr[0], abs=1e-12)
    assert {each.estimate.family for each in found.simple} == {7}
    assert {each.estimate.family for each in found.main} == {3}


def test_other_factors_are_averaged_over():
    values = 0.9 + 0.01 * normal(3, 2, 2, 3, 5)
    found = grid_effects(*grid(values, "a", "b", "c"), smallest_effect=None)
    first = found.interactions[0]
    assert (first.first.factor, first.second.factor, first.averaged) == ("a", "b", ("c",))
    mean = values.mean(axis=2)
    by_hand = (mean[1, 1] - mean[1, 0]) - (mean[0, 1] - mean[0, 0])
    assert [d for _, d in first.estimate.differences] == pytest.approx(by_hand, abs=1e-12)
    assert len(found.interactions) == 1 + 2 + 2


def test_the_best_level_depends_only_where_the_sets_do_not_meet():
    crossing = cells([0, 0], [0, 0], [[0.03, 0], [0, 0.03]])
    depends = {each.factor: each for each in grid_effects(*grid(crossing, "a", "b"), smallest_effect=MARGIN).best}
    assert [depends["b"].sets[level].levels for level in "01"] == [("0",), ("1",)]
    assert depends["a"].depends
    assert depends["b"].depends
    ordinal = cells([0, 0.03], [0, 0.03], [[0, 0], [0, 0.05]])  # an interaction, and yet one best level
    found = grid_effects(*grid(ordinal, "a", "b"), smallest_effect=MARGIN)
    assert found.interactions[0].estimate.verdict == "different"
    assert not any(each.depends for each in found.best)


def test_a_level_that_diverged_now_and_then_keeps_the_best_open():
    table, levels = grid(cells([0, 0], [0, 0], [[0.03, 0], [0, 0.03]]), "a", "b")
    table.values["a=1, b=0"][2] = None
    found = {each.factor: each for each in grid_effects(table, levels, smallest_effect=MARGIN).best}
    assert found["b"].sets["1"].unjudged == ("0",)
    assert not found["b"].depends


def test_a_diverged_or_missing_run_leaves_no_test():
    table, levels = grid(cells([0, 0], [0, 0], np.zeros((2, 2))), "a", "b")
    table.values["a=1, b=1"][0] = None
    (broken,) = grid_effects(table, levels, smallest_effect=MARGIN).interactions
    assert (broken.estimate.verdict, broken.estimate.p, broken.estimate.n) == ("diverged", None, 5)
    table.values["a=1, b=1"].clear()
    (absent,) = grid_effects(table, levels, smallest_effect=MARGIN).interactions
    assert (absent.estimate.verdict, absent.estimate.p) == (None, None)
    assert absent.estimate.reason == "No run of “a=1, b=1” has finished."


def test_false_interactions_and_false_dependence_stay_at_the_error_rate():
    interactions = dependence = 0
    studies = 500
    table, levels = grid(cells([0, 0, 0], [0, 0, 0], np.zeros((3, 3))), "a", "b")
    found = grid_effects(table, levels, smallest_effect=None)
    questions, shape = [each.estimate.weights for each in found.interactions], grid_of(table, levels)
    for study in range(studies):
        values = cells([0, 0, 0], [0, 0, 0], np.zeros((3, 3)), noise=0.01, seeds=5, key=100 + 2 * study)
        table, _ = grid(values, "a", "b")
        judged = judge(table, questions, smallest_effect=None)
        interactions += any(each.verdict == "different" for each in judged)
        dependence += best_by_level(table, shape, factor="a", within="b").depends
    assert 0 < interactions / studies < 0.05 + 0.025
    assert dependence / studies < 0.05 + 0.025


def test_declared_interactions_are_the_family():
    table, levels = grid(0.9 + 0.01 * normal(3, 2, 2, 2, 5), "a", "b", "c")
    (alone,) = grid_effects(table, levels, smallest_effect=None, declared=[("c", "a")]).interactions
    assert alone.estimate.p_adjusted == alone.estimate.p
    assert (alone.first.factor, alone.second.factor) == ("c", "a")


@pytest.mark.parametrize(
    ("change", "declared", "message"),
    [
        (lambda levels: levels.pop("a=1, b=1"), None, "no condition has a=1, b=1"),
        (lambda levels: levels["a=1, b=1"].update(a="0"), None, '"a=0, b=1" and "a=1, b=1" have the same levels'),
        (lambda levels: levels["a=1, b=1"].pop("a"), None, '"a" is in one of them only'),
        (lambda levels: [levels.pop(f"a=1, b={b}") for b in (0, 1)], None, "1 factor has more than one level"),
        (lambda levels: levels.update(x={"a": "0", "b": "0"}), None, 'no condition is called "x"'),
        (lambda levels: levels.pop("a=0, b=0"), None, '"a=0, b=0" has no levels'),
        (lambda _: None, [("a", "bb")], r'"bb" is no factor of the grid\n  did you mean: b'),
        (lambda _: None, [("a", "a")], '"a" cannot interact with itself'),
    ],
)
def test_what_is_no_grid_is_refused(change, declared, message):
    table, levels = grid(cells([0, 0], [0, 0], np.zeros((2, 2))), "a", "b")
    change(levels)
    with pytest.raises(StudyError, match=message):
        grid_effects(table, levels, smallest_effect=None, declared=declared)
