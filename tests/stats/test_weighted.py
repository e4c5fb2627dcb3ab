import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from paribus.core import StudyError
from paribus.stats import RunTable, contrasts, judge

MARGIN = 0.002
accuracies = st.integers(512, 1024).map(lambda right: right / 1024)
runs = st.dictionaries(st.integers(0, 5), st.none() | accuracies, max_size=6)
tables = st.lists(runs, min_size=2, max_size=5).map(
    lambda columns: RunTable({f"c{i}": column for i, column in enumerate(columns)}, "c0", 1024)
)


@given(tables, st.sampled_from([None, MARGIN]))
def test_a_contrast_with_the_baseline_is_what_contrasts_says_it_is(table, margin):
    names = [name for name in table.values if name != "c0"]
    ours = judge(table, [{name: 1.0, "c0": -1.0} for name in names], smallest_effect=margin, outlook=True)
    fields = ("n", "diverged", "difference", "sd", "interval", "p", "p_adjusted", "equivalence_p_adjusted", "verdict")
    for mine, known in zip(ours, contrasts(table, smallest_effect=margin), strict=True):
        assert mine.differences == known.differences
        for field in (*fields, "seeds_needed"):
            expected = getattr(known, field)
            assert getattr(mine, field) == (pytest.approx(expected) if isinstance(expected, float) else expected)
        if mine.p is None:
            assert mine.reason


@given(st.lists(st.tuples(accuracies, accuracies, accuracies), min_size=3, max_size=8))
def test_a_weighted_sum_is_tested_as_scipy_tests_it(rows):
    columns = np.array(rows).T
    table = RunTable({f"c{i}": dict(enumerate(each.tolist())) for i, each in enumerate(columns)}, "c0", 1024)
    (found,) = judge(table, [{"c0": 0.5, "c1": 0.5, "c2": -1.0}], smallest_effect=None)
    sums = (columns[0] + columns[1]) / 2 - columns[2]
    assert found.difference == pytest.approx(sums.mean(), abs=1e-12)
    if found.p is None:
        assert np.ptp(sums) == 0
    else:
        assert found.p == pytest.approx(stats.ttest_1samp(sums, 0).pvalue, rel=1e-9)


def test_a_sum_needs_all_its_conditions_and_says_what_is_left_out():
    table = RunTable(
        {"a": {0: 0.9, 1: 0.8, 2: 0.7}, "b": {0: 0.8, 1: 0.75, 2: 0.6, 3: 0.5}, "c": {}, "d": {7: 0.1}, "e": {0: None}},
        "a",
        100,
    )
    both, empty, apart, lost = judge(
        table,
        [{"a": 1, "b": -1}, {"a": 1, "c": -1}, {"a": 1, "d": -1}, {"a": 1, "e": -1}],
        smallest_effect=MARGIN,
    )
    assert [seed for seed, _ in both.differences] == [0, 1, 2]
    assert both.reason == "Only the 3 seeds that all have are used; 1 other runs are left out."
    assert both.p_adjusted == pytest.approx(4 * both.p)  # the untestable count in the family
    assert empty.reason == "No run of c has finished."
    assert apart.reason == "a and d have no seed in common: their runs cannot be paired."
    assert (lost.verdict, lost.p, lost.reason[:21]) == ("diverged", None, "1 of 4 runs diverged:")


def test_an_unknown_condition_is_refused():
    with pytest.raises(StudyError, match=r'no condition is called "aa"\n  did you mean: a'):
        judge(RunTable({"a": {0: 0.5}}, "a", 10), [{"aa": 1, "a": -1}], smallest_effect=None)
