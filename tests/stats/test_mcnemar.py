import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from paribus.core import StudyError
from paribus.stats import mcnemar, mcnemar_counts, mcnemar_sentence

counts = st.tuples(st.integers(0, 60), st.integers(0, 60))


@pytest.mark.parametrize(
    ("b", "c", "p", "mid_p", "within"),
    [(25, 15, 0.15386, 0.11728, 5e-6), (11, 1, 0.00634765625, 0.003418, 5e-7)],
)
def test_published_counts(b, c, p, mid_p, within):
    found = mcnemar_counts(b, c, images=10_000)
    assert found.p == pytest.approx(p, abs=within)
    assert found.mid_p == pytest.approx(mid_p, abs=within)


@pytest.mark.parametrize(
    ("both", "p"), [(60, 1e-11), (100, 5.6e-7), (200, 0.0005), (300, 0.0046), (400, 0.014), (500, 0.028)]
)
def test_half_a_point_on_ten_thousand_images_depends_on_the_overlap(both, p):
    found = mcnemar_counts(both // 2 + 25, both // 2 - 25, images=10_000)
    assert found.difference == pytest.approx(0.005)
    assert found.p == pytest.approx(p, rel=0.1)


@given(counts)
def test_p_is_scipys_sign_test_and_sides_do_not_matter(pair):
    found, back = mcnemar_counts(*pair, images=200), mcnemar_counts(*reversed(pair), images=200)
    assert (found.p, found.mid_p, found.difference) == (back.p, back.mid_p, -back.difference)
    if not sum(pair):
        assert found.p is None
        assert "right and wrong on the same images" in found.reason
        return
    assert found.p == pytest.approx(stats.binomtest(pair[0], sum(pair)).pvalue, rel=1e-9)
    point = stats.binom.pmf(min(pair), sum(pair), 0.5)
    below = stats.binom.cdf(min(pair) - 1, sum(pair), 0.5)
    assert found.mid_p == pytest.approx(2 * below + point, rel=1e-9)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=60))
def test_the_interval_is_that_of_the_mean_difference_per_image(rows):
    first, second = np.array(rows).T
    found = mcnemar(first, second, alpha=0.1)
    difference = first.astype(float) - second
    assert found.difference == pytest.approx(difference.mean())
    if np.ptp(difference) == 0:
        assert found.interval is None
    else:
        expected = stats.norm.interval(0.9, difference.mean(), difference.std() / np.sqrt(len(rows)))
        assert found.interval == pytest.approx(expected)


def test_the_sentence_is_about_two_networks_and_not_their_settings():
    said = mcnemar_sentence(mcnemar_counts(75, 25, images=10_000), first="A", second="B", alpha=0.05)
    assert said.startswith(
        "On 10,000 images the two networks differ (exact McNemar p < 0.001): 75 are right with A only"
    )
    assert said.endswith("Whether the setting matters takes several seeds.")
    said = mcnemar_sentence(mcnemar_counts(25, 15, images=10_000), first="A", second="B", alpha=0.05)
    assert "no difference between the two networks is shown (exact McNemar p = 0.154)" in said


@pytest.mark.parametrize("bad", [(-1, 2, 10), (6, 5, 10), (0, 0, 0)])
def test_impossible_counts_are_refused(bad):
    with pytest.raises(StudyError, match="are no discordant counts"):
        mcnemar_counts(*bad[:2], images=bad[2])


def test_other_images_are_refused():
    with pytest.raises(StudyError, match="not one right or wrong per image"):
        mcnemar(np.ones(3, bool), np.ones(4, bool))
