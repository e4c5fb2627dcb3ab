import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from paribus.stats import benjamini_hochberg

FIFTEEN = [
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0),
]


def test_benjamini_and_hochbergs_fifteen():
    adjusted = benjamini_hochberg(FIFTEEN)
    assert adjusted[:4] == pytest.approx([0.0015, 0.003, 0.0095, 0.035625])
    assert adjusted[4] == pytest.approx(0.0603)
    assert (adjusted <= 0.05).sum() == 4


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_agrees_with_scipy_in_any_order(p, random):
    random.shuffle(p)
    assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p), abs=1e-15)
    assert benjamini_hochberg([p, p])[1].tolist() == benjamini_hochberg(p).tolist()
