import pytest

from paribus.report import numbers

MINUS, NONE = "\N{MINUS SIGN}", "\N{EN DASH}"


@pytest.mark.parametrize(
    ("fraction", "shown"), [(0.97, "97.00"), (1.0, "100.00"), (0.975049, "97.50"), (0.0, "0.00"), (None, NONE)]
)
def test_accuracies_are_percentages_with_two_decimals(fraction, shown):
    assert numbers.percent(fraction) == shown


@pytest.mark.parametrize(
    ("fraction", "shown"),
    [(0.0123, "+1.23"), (-0.0123, f"{MINUS}1.23"), (-0.00001, "0.00"), (0.0, "0.00"), (None, NONE)],
)
def test_differences_carry_their_sign_and_zero_none(fraction, shown):
    assert numbers.points(fraction) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.5, "0.5000"), (9999.0, "9999.0000"), (1e30, "1.000e+30"), (float("inf"), NONE), (None, NONE)],
)
def test_losses_have_four_decimals_until_they_are_huge(value, shown):
    assert numbers.loss(value) == shown


@pytest.mark.parametrize(("p", "shown"), [(0.0314, "0.031"), (0.0009, "< 0.001"), (1.0, "1.000"), (None, NONE)])
def test_small_p_values_are_not_called_zero(p, shown):
    assert numbers.probability(p) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(None, NONE), (True, "true"), ((), "[]"), ([1, "a", False], "[1, a, false]"), (0.1, "0.1")]
)
def test_settings_look_as_in_a_study_file(value, shown):
    assert numbers.plain(value) == shown


@pytest.mark.parametrize(
    ("value", "column", "shown"),
    [
        (0.0123, "difference", "+1.23 pp"), (-0.0123, "low", f"{MINUS}1.23 pp"), (0.0, "high", "0.00 pp"),
        (0.0004, "p (corrected)", "< 0.001"), (0.0314, "p", "0.031"), (0.97, "mean validation accuracy", "97.00 %"),
        (1.1667, "budget used", "116.7 %"), (None, "difference", NONE), ("0.1", "lr", "0.1"), (3, "n", "3"),
    ],
)  # fmt: skip
def test_a_cell_is_written_as_its_column_says(value, column, shown):
    assert numbers.cell(value, column) == shown
