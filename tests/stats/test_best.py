import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from paribus.stats import RunTable, best_set
from paribus.stats.best import all_pairs


def table_of(values):
    return RunTable({f"c{i}": dict(enumerate(row)) for i, row in enumerate(values)}, "c0", 10_000)


@given(st.lists(st.lists(st.integers(0, 64), min_size=4, max_size=4), min_size=2, max_size=5))
def test_a_level_leaves_the_set_when_one_beats_it_in_scipys_one_sided_test(rows):
    values = np.array(rows) / 64
    found = best_set(table_of(values.tolist()))
    for place, name in enumerate(found.p_worse):
        others = [other for index, other in enumerate(values) if index != place and np.ptp(other - values[place]) > 0]
        p = [stats.ttest_rel(other, values[place], alternative="greater").pvalue for other in others]
        expected = min(1.0, (len(rows) - 1) * min(p)) if p else None
        assert found.p_worse[name] == (None if expected is None else pytest.approx(expected))
        assert (name in found.levels) == (expected is None or expected > 0.05)
    assert found.observed in found.levels
    assert values[int(found.observed[1:])].mean() == pytest.approx(values.mean(axis=1).max())


def shares_without_the_best(means, *, seeds, spread, studies=800):
    """How often the set misses level 0, which is (one of) the best, and how often it holds the worst level."""
    generator = np.random.Generator(np.random.Philox(key=11))
    missed = worst = 0
    for _ in range(studies):
        blocks = generator.normal(size=seeds)
        noise = generator.normal(size=(len(means), seeds)) * np.asarray(spread)[:, None]
        found = best_set(table_of((np.asarray(means)[:, None] + noise + blocks).tolist()))
        missed += "c0" not in found.levels
        worst += f"c{len(means) - 1}" in found.levels
    return missed / studies, worst / studies


def test_the_true_best_is_in_the_set_in_at_least_95_of_100_studies():
    all_equal, _ = shares_without_the_best([0.0] * 6, seeds=5, spread=[1] * 6)
    assert 0.005 < all_equal < 0.05 + 0.016
    unlike, _ = shares_without_the_best([0, 0, -0.5, -1], seeds=4, spread=[3, 0.3, 1, 1])
    assert unlike < 0.05 + 0.016
    clear, worst = shares_without_the_best([0, -0.5, -1, -6], seeds=8, spread=[1] * 4)
    assert clear < 0.05
    assert worst < 0.02


def test_diverged_levels_are_out_or_open():
    values = {
        "good": {0: 0.95, 1: 0.96, 2: 0.955},
        "bad": {0: 0.5, 1: 0.52, 2: 0.49},
        "gone": {0: None, 1: float("nan"), 2: None},
        "once": {0: 0.97, 1: None, 2: 0.97},
        "to come": {},
    }
    found = best_set(RunTable(values, "good", 100))
    assert (found.levels, found.observed) == (("good",), "good")
    assert (found.diverged, found.unjudged) == (("gone",), ("once", "to come"))
    assert found.p_worse["gone"] is None


def test_one_seed_excludes_nothing():
    found = best_set(table_of([[0.9], [0.1], [0.5]]))
    assert found.levels == ("c0", "c1", "c2")
    assert found.reason == "3 pairs have fewer than two seeds in common: not tested, so neither leaves the set for it."


def test_equal_differences_are_not_tested_even_when_they_only_round():
    found = best_set(table_of([[0.97, 0.11, 0.3], [0.96, 0.1, 0.29]]))
    assert found.levels == ("c0", "c1")
    assert "1 pair differs by the same amount in every seed" in found.reason


@given(st.lists(st.lists(st.sampled_from([np.nan, 0.25, 0.5, 0.875]), min_size=4, max_size=4), min_size=1, max_size=4))
def test_pairs_use_the_seeds_that_both_have(rows):
    values = np.array(rows)
    pairs = all_pairs(values)
    for i, j in np.ndindex(pairs.n.shape):
        both = (values[i] - values[j])[np.isfinite(values[i] - values[j])]
        assert pairs.n[i, j] == both.size
        if both.size:
            assert pairs.mean[i, j] == pytest.approx(both.mean())
        testable = both.size > 1 and np.ptp(both) > 0
        assert pairs.sd[i, j] == (pytest.approx(both.std(ddof=1)) if testable else pytest.approx(np.nan, nan_ok=True))
