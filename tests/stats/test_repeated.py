import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from paribus.core import StudyError
from paribus.stats import levels
from paribus.stats.repeated import level, overall


def smallest_p(looks, *, sides, studies=200_000):
    """The smallest p over all looks when there is no difference, straight from simulated values."""
    values = np.random.Generator(np.random.Philox(key=7)).normal(size=(studies, looks[-1]))
    smallest = np.ones(studies)
    for n in looks:
        t = values[:, :n].mean(axis=1) / (values[:, :n].std(axis=1, ddof=1) / np.sqrt(n))
        p = stats.t.sf(t, n - 1) if sides == 1 else 2 * stats.t.sf(np.abs(t), n - 1)
        smallest = np.minimum(smallest, p)
    return smallest


@pytest.mark.parametrize(
    ("looks", "contrasts", "published", "close"),
    [
        ((3, 5, 8, 12, 20), 1, 0.0128, 0.0002),
        ((3, 5, 8, 12, 20), 4, 0.0029, 0.0001),
        ((5, 10, 20), 1, 0.0194, 0.0002),
        ((5, 10, 20), 4, 0.0046, 0.0001),
    ],
)
def test_constant_levels_are_those_of_a_large_simulation(looks, contrasts, published, close):
    assert levels(looks, alpha=0.05, contrasts=contrasts).difference == pytest.approx(published, abs=close)


@pytest.mark.parametrize("looks", [(3, 5, 8, 12, 20), (2, 3, 20), (3, 4)])
@pytest.mark.parametrize("sides", [1, 2])
def test_the_overall_rate_is_the_share_of_simulated_studies_that_ever_reach_the_level(looks, sides):
    smallest = smallest_p(looks, sides=sides)
    for p in (0.2, 0.03, 0.01, 0.002):
        seen = np.mean(smallest <= p)
        assert overall(p, looks=looks, sides=sides) == pytest.approx(seen, abs=4 * np.sqrt(seen / len(smallest)))


def test_at_one_look_nothing_is_corrected():
    p = np.array([1e-14, 1e-7, 0.003, 0.05, 0.6, 1.0])
    assert overall(p, looks=(6,), sides=2) == pytest.approx(p)
    assert level(0.0125, looks=(6,), sides=1) == pytest.approx(0.0125)


@settings(deadline=None)  # the first call simulates
@given(st.floats(0, 1), st.floats(0, 1))
def test_the_overall_p_keeps_the_order_and_lies_between_p_and_the_sum_over_looks(one, other):
    looks = (3, 4)
    low, high = overall(sorted((one, other)), looks=looks, sides=2).tolist()
    assert low <= high
    for p, found in zip(sorted((one, other)), (low, high), strict=True):
        assert p * 0.995 <= found <= min(2.01 * p, 1)


@pytest.mark.parametrize("error_rate", [0.2, 0.05, 0.001, 1e-8])
def test_the_level_has_the_error_rate_that_it_is_for(error_rate):
    chosen = level(error_rate, looks=(3, 5, 8, 12, 20), sides=2)
    assert overall(chosen, looks=(3, 5, 8, 12, 20), sides=2) == pytest.approx(error_rate, rel=1e-9)


@pytest.mark.parametrize("looks", [(), (1, 3), (3, 3), (5, 3)])
def test_looks_have_to_increase_from_two_seeds_on(looks):
    with pytest.raises(StudyError, match=r"design\.seeds: cannot be judged at .*seeds"):
        levels(looks, alpha=0.05, contrasts=1)
