import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from paribus.core import StudyError
from paribus.stats import clopper_pearson, improvement, improvement_sentence, superiority

A = [0.9705, 0.9712, 0.9698, 0.9701, 0.9709]
B = [0.9655, 0.9702, 0.9690, 0.9710, 0.9688]


def test_five_seed_example():
    assert superiority(A, B) == pytest.approx(0.76)
    found = improvement([a - b for a, b in zip(A, B, strict=True)])
    assert (found.share, found.wins, found.ties, found.losses) == (0.8, 4, 0, 1)
    assert found.interval == clopper_pearson(4, 5)


def test_the_average_of_two_tasks():
    x, y = np.array([[1, 2], [2, 2], [1, 1], [2, 1]]), np.array([[1, 1], [2, 2], [3, 3]])
    assert np.mean([superiority(x[:, task], y[:, task]) for task in (0, 1)]) == pytest.approx(1 / 3)


@given(*(st.lists(st.integers(0, 6), min_size=1, max_size=8),) * 2)
def test_superiority_is_scipys_u(condition, baseline):
    expected = (
        stats.mannwhitneyu(condition, baseline, method="asymptotic").statistic if set(condition + baseline) else 0
    )
    assert superiority(condition, baseline) == pytest.approx(expected / len(condition) / len(baseline))
    assert superiority(baseline, condition) == pytest.approx(1 - superiority(condition, baseline))


@given(st.lists(st.sampled_from([-0.01, 0.0, 0.01]), min_size=1, max_size=12))
def test_ties_widen_the_interval_both_ways(differences):
    found = improvement(differences)
    n = len(differences)
    assert found.share == pytest.approx((np.sign(differences).sum() / n + 1) / 2)
    assert found.interval[0] == clopper_pearson(found.wins, n)[0]
    assert found.interval[1] == clopper_pearson(n - found.losses, n)[1]
    assert ("tied" in found.reason) == (found.ties > 0)


@pytest.mark.parametrize(
    ("differences", "reason"),
    [([], "There are no seeds."), ([0.1, None], "1 of 2 pairs diverged: there is no share.")],
)
def test_no_share_without_all_pairs(differences, reason):
    found = improvement(differences)
    assert (found.share, found.interval, found.reason) == (None, None, reason)
    assert improvement_sentence(found, condition="a", baseline="b", alpha=0.05) == (
        f"How often a beats b is not known. {reason}"
    )


def test_the_sentence_counts_seeds():
    said = improvement_sentence(improvement([0.1, 0.2, 0.0, -0.1]), condition="a", baseline="b", alpha=0.05)
    assert said == (
        "a was better than b in 2 of 4 seeds (95 % interval of the share: 7 to 99 %). "
        "1 seed is tied: it counts half in the share, and either way in the interval."
    )


def test_superiority_needs_runs_on_both_sides():
    with pytest.raises(StudyError, match="a side has no runs"):
        superiority([], B)
