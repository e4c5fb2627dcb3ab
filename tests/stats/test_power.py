import numpy as np
import pytest
from scipy import integrate, stats

from paribus.core import StudyError
from paribus.stats import MOST_SEEDS, detectable
from paribus.stats.power import (
    difference_power,
    equivalence_power,
    equivalence_ratio,
    seeds_needed,
    seeds_to_differ,
    upper_sd,
)

DESIGNS = [
    (n, level, delta)
    for n in (2, 3, 5, 10, 50, 300, 10_000)
    for level in (0.4, 0.05, 0.0125, 0.05 / 2000)
    for delta in (0.5, 3.0, 12.0)
]


def array(value):
    return np.array([float(value)])


def one(power_of, ratio, n, level):
    return power_of(array(ratio), array(n), level)[0]


def least_seeds(power_of, ratio):
    return next(n for n in range(2, 500) if one(power_of, ratio, n, 0.05) >= 0.8)


@pytest.mark.parametrize(("n", "d_z"), [(3, 3.26), (5, 1.68), (8, 1.16), (10, 1.00), (20, 0.66), (30, 0.53)])
def test_detectable_differences(n, d_z):
    assert detectable(n, alpha=0.05) == pytest.approx(d_z, abs=0.005)


@pytest.mark.parametrize(
    ("d_z", "n"),
    [(0.3, 89.1), (0.5, 33.4), (0.8, 14.3), (1.0, 9.94), (1.2, 7.6), (1.5, 5.7), (2, 4.2), (3, 3.1)],
)
def test_seeds_for_a_difference(d_z, n):
    assert least_seeds(difference_power, d_z) == np.ceil(n)


@pytest.mark.parametrize(("ratio", "normal"), [(0.3, 95.2), (0.5, 34.3), (1.0, 8.6)])
def test_seeds_for_equivalence_exceed_the_normal_approximation_a_little(ratio, normal):
    assert normal < least_seeds(equivalence_power, ratio) < normal + 3


@pytest.mark.parametrize(("n", "level", "delta"), DESIGNS)
def test_difference_power_is_the_noncentral_t(n, level, delta):
    critical = stats.t.isf(level / 2, n - 1)
    expected = stats.nct.sf(critical, n - 1, delta) + stats.nct.sf(critical, n - 1, -delta)
    assert one(difference_power, delta / np.sqrt(n), n, level) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("n", "level", "delta"), DESIGNS)
def test_equivalence_power_is_the_integral_over_the_spread(n, level, delta):
    critical = stats.t.isf(level, n - 1)
    spread = stats.chi(n - 1, scale=1 / np.sqrt(n - 1))
    ends = spread.ppf(1e-14), min(spread.isf(1e-14), delta / critical)
    expected = 0.0
    if ends[0] < ends[1]:
        steps = np.clip([(delta - z) / critical for z in (0, 1, 3, 6)], *ends)
        expected, _ = integrate.quad(
            lambda u: (2 * stats.norm.cdf(delta - critical * u) - 1) * spread.pdf(u),
            *ends,
            points=steps,
            limit=300,
        )
    assert one(equivalence_power, delta / np.sqrt(n), n, level) == pytest.approx(expected, abs=1e-8)


def test_power_without_a_difference_is_the_error_rate():
    assert one(difference_power, 0, 7, 0.05) == pytest.approx(0.05, abs=1e-12)


def test_several_contrasts_share_the_error_rate():
    assert detectable(6, alpha=0.05, contrasts=5) == pytest.approx(detectable(6, alpha=0.01))
    assert equivalence_ratio(6, alpha=0.05, contrasts=5) == pytest.approx(equivalence_ratio(6, alpha=0.01))


def test_seeds_needed_are_the_least_that_serve_both_claims():
    ratios = np.array([0.25, 0.6, 1.0, 2.5, 40.0])
    for ratio, n in zip(ratios, seeds_needed(ratios, alpha=0.05, contrasts=4), strict=True):
        enough = [one(power, ratio, n, 0.0125) for power in (difference_power, equivalence_power)]
        assert min(enough) >= 0.8
        if n > 2:
            fewer = [one(power, ratio, n - 1, 0.0125) for power in (difference_power, equivalence_power)]
            assert min(fewer) < 0.8


def test_seeds_needed_stop_at_the_most():
    assert seeds_needed(np.array([1e-9, 1e9]), alpha=0.05, contrasts=1).tolist() == [MOST_SEEDS, 2]


def test_upper_limit_of_a_spread():
    assert upper_sd(array(2), array(5))[0] == pytest.approx(2 * np.sqrt(4 / stats.chi2.ppf(0.2, 4)))


def test_one_seed_detects_nothing():
    assert detectable(1, alpha=0.05) is None
    assert equivalence_ratio(1, alpha=0.05) is None


def test_an_error_rate_is_a_fraction():
    with pytest.raises(StudyError, match=r"design\.alpha: 5 is no error rate"):
        detectable(5, alpha=5)


def test_seeds_to_differ_are_the_least_for_the_t_test_alone():
    ratios = np.array([0.25, 1.0, 2.5])
    for ratio, n in zip(ratios, seeds_to_differ(ratios, alpha=0.05, contrasts=4), strict=True):
        assert one(difference_power, ratio, n, 0.0125) >= 0.8 > one(difference_power, ratio, n - 1, 0.0125)
