"""What runs were trained in, and what is said where that differs."""

from paribus.lab.numerics import Numerics, mixed, values_of

PLAIN = {"torch": "2.13", "path": "plain PyTorch"}
NATIVE = {"torch": "2.13", "path": "native, tiles for Linear", "numba": "0.68"}


def test_one_environment_is_not_mixed():
    assert mixed((Numerics(("a", "b"), PLAIN),)) == ""
    assert mixed(()) == ""


def test_conditions_that_were_trained_otherwise_are_named_with_what_differs_only():
    found = (Numerics(("norm",), PLAIN), Numerics(("a", "b", "c", "d", "e", "f"), NATIVE))
    assert mixed(found) == (
        "norm: path plain PyTorch; a, b, c, d, 2 more: path native, tiles for Linear. "
        "These agree but for rounding; `paribus run --verify` shows how closely."
    )
    assert values_of(found)["numba"] == ["none", "0.68"]


def test_a_run_that_went_on_elsewhere_is_named_twice():
    said = mixed((Numerics(("a",), NATIVE), Numerics(("a",), {**NATIVE, "torch": "2.14"})))
    assert said.startswith("a: torch 2.13; a: torch 2.14.")
