"""Ticks of logarithmic axes."""

from hypothesis import assume, given
from hypothesis import strategies as st

from paribus.figures.draw_lines import log_ticks


@given(st.floats(1e-12, 1e6), st.floats(1.01, 1e12))
def test_a_logarithmic_axis_has_a_few_ticks_and_all_of_them_on_it(low, ratio):
    high = low * ratio
    assume(high < 1e12)
    found = log_ticks(low, high)
    assert 3 <= len(found) <= 8
    assert found == sorted(set(found))
    assert all(low * 0.999999 <= value <= high * 1.000001 for value in found)


def test_decades_where_there_are_enough_and_parts_of_them_where_not():
    assert log_ticks(0.0004, 3) == [0.001, 0.01, 0.1, 1]
    assert log_ticks(0.8, 1.7) == [0.8, 1, 1.5]
    assert log_ticks(1.125, 1.1953125) == [1.14, 1.16, 1.18]
    assert log_ticks(1e-9, 1e9) == [1e-9, 1e-6, 1e-3, 1, 1e3, 1e6, 1e9]
