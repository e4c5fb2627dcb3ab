import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from paribus.core import StudyError
from paribus.stats import interquartile_mean, resampled_t

NBC = [94.203, 92.754, 95.652, 91.176, 92.647, 91.176, 92.647, 92.647, 86.765, 91.176]
J48 = [92.754, 92.754, 89.855, 89.706, 95.588, 89.706, 95.588, 94.118, 91.176, 92.647]


@pytest.mark.parametrize(("runs", "expected"), [([1, 2, 2, 2, 1, 1, 2, 1], 1.5), ([1, 1, 2, 2, 3, 3], 2.0)])
def test_published_interquartile_means(runs, expected):
    assert interquartile_mean(runs).value == expected


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=40))
def test_the_interquartile_mean_is_scipys_trimmed_mean(runs):
    assert interquartile_mean(runs).value == pytest.approx(stats.trim_mean(runs, 0.25), abs=1e-12)


def test_small_n_is_labelled():
    assert interquartile_mean([1, 2, 9]).label == "with n = 3 nothing is left out: it is the mean."
    assert interquartile_mean([1, 2, 3, 4, 9]).label == "1 run is left out at either end of 5."
    assert interquartile_mean([]).value is None


def test_diverged_runs_are_counted_as_the_lowest_and_never_hidden():
    found = interquartile_mean([0.9, None, 0.8, 0.7, 0.6])
    assert (found.value, found.n) == (pytest.approx(0.7), 5)
    assert found.label == "1 run is left out at either end of 5; 1 diverged, counted as the lowest."
    found = interquartile_mean([0.9, None, 0.8, float("nan"), 0.6])
    assert found.value is None
    assert found.label.endswith("2 diverged, counted as the lowest: too many to be left out.")


@pytest.mark.parametrize(
    ("differences", "share", "variance"),
    [([1, 5, -3], 1 / 2, 13.3333), ([1, 5, -3, 1], 1.0, 16 * 2 / 3 * (1 / 4 + 1))],
)
def test_the_variance_of_overlapping_splits(differences, share, variance):
    found = resampled_t(differences, test_share=share)
    assert (found.mean, found.n) == (1.0, len(differences))
    assert found.standard_error**2 == pytest.approx(variance, abs=5e-5)


def test_ten_folds_of_sonar():
    """The posterior of the Bayesian correlated t test with a flat prior has the same tails."""
    found = resampled_t([a - b for a, b in zip(J48, NBC, strict=True)], test_share=1 / 9)
    assert found.p == pytest.approx(2 * 0.4145119975, abs=1e-9)


def test_without_overlap_it_is_the_t_test():
    found = resampled_t([1, 5, -3, 2], test_share=1e-15)
    assert found.p == pytest.approx(stats.ttest_1samp([1, 5, -3, 2], 0).pvalue)


def test_no_p_without_spread():
    assert (resampled_t([0.1], test_share=1).p, resampled_t([0.1, 0.1], test_share=1).p) == (None, None)
    with pytest.raises(StudyError, match="give no test"):
        resampled_t([], test_share=1)
