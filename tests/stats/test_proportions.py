import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from paribus.core import StudyError
from paribus.stats import clopper_pearson, wilson


@pytest.mark.parametrize(
    ("interval", "right", "expected"),
    [
        (wilson, 9705, (0.966999, 0.973640)),
        (clopper_pearson, 9705, (0.966994, 0.973729)),
        (wilson, 9655, (0.961740, 0.968902)),
        (clopper_pearson, 9655, (0.961735, 0.968991)),
    ],
)
def test_accuracies_on_ten_thousand_images(interval, right, expected):
    assert interval(right, 10_000) == pytest.approx(expected, abs=5e-7)


def test_mendels_peas():
    assert clopper_pearson(682, 925) == pytest.approx((0.7076683, 0.7654066), abs=5e-8)


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.001, 0.3))
def test_agrees_with_scipys_binomial_intervals(counts, alpha):
    oracle = stats.binomtest(*counts)
    for interval, method in ((wilson, "wilson"), (clopper_pearson, "exact")):
        expected = oracle.proportion_ci(1 - alpha, method)
        assert interval(*counts, alpha=alpha) == pytest.approx((expected.low, expected.high), abs=1e-9)


@pytest.mark.parametrize("counts", [(1, 0), (-1, 5), (6, 5)])
def test_what_is_no_share_is_refused(counts):
    with pytest.raises(StudyError, match="is no share"):
        wilson(*counts)
