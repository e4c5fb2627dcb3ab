import math

import numpy as np
import pytest
from scipy import stats

from paribus.core import StudyError
from paribus.stats import RunTable, describe


def only(runs, **settings):
    (estimate,) = describe(RunTable({"a": runs}, baseline="a", images=10_000), **settings)
    return estimate


def test_mean_spread_and_interval_over_seeds():
    values = [0.9705, 0.9712, 0.9698, 0.9701, 0.9709]
    estimate = only({seed: values[seed] for seed in (4, 2, 0, 1, 3)}, alpha=0.1)
    assert estimate.values == tuple(enumerate(values))
    assert (estimate.n, estimate.diverged, estimate.reason) == (5, 0, "")
    assert (estimate.mean, estimate.sd) == pytest.approx((np.mean(values), np.std(values, ddof=1)))
    expected = stats.t.interval(0.9, 4, loc=np.mean(values), scale=stats.sem(values))
    assert estimate.interval == pytest.approx(expected)


def test_conditions_keep_the_tables_order():
    table = RunTable({"z": {0: 0.5}, "a": {0: 0.4}, "m": {}}, baseline="a", images=100)
    assert [each.name for each in describe(table)] == ["z", "a", "m"]


@pytest.mark.parametrize(
    ("runs", "n", "diverged", "mean", "sd", "reason"),
    [
        ({}, 0, 0, None, None, "No run has finished."),
        ({3: 0.9}, 1, 0, 0.9, None, "One seed: the spread between seeds is unknown"),
        ({0: 0.9, 1: 0.9}, 2, 0, 0.9, 0.0, "All 2 seeds gave the same value"),
        ({0: None, 1: math.nan}, 0, 2, None, None, "2 of 2 runs diverged: there is no mean."),
        ({0: 0.9, 1: None, 2: 0.8}, 2, 1, 0.85, 0.0707, "1 of 3 runs diverged: the mean is descriptive"),
    ],
)
def test_says_why_there_is_no_interval(runs, n, diverged, mean, sd, reason):
    estimate = only(runs)
    assert (estimate.n, estimate.diverged, estimate.interval) == (n, diverged, None)
    assert estimate.mean == (mean if mean is None else pytest.approx(mean))
    assert estimate.sd == (sd if sd is None else pytest.approx(sd, abs=1e-4))
    assert estimate.reason.startswith(reason)


def test_an_error_rate_is_a_fraction():
    with pytest.raises(StudyError, match="0 is no error rate"):
        only({0: 0.5}, alpha=0)
