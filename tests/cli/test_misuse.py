"""Mistakes in options are told in plain words, not in those of the library that found them."""

import pytest


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--table", "html"), "'html' is not one of 'markdown', 'latex'"),
        (("--workers", "two"), "Invalid value for '--workers': "),
        (("--workers", "0"), "Invalid value for '--workers': "),
        (("--tabel", "latex"), "--table"),
    ],
)
def test_a_wrong_option_is_told_without_the_words_of_a_library(words, said, paribus, tmp_path):
    done = paribus("check", "quickstart", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    for strange in ("Value error", "Input should", "unable to parse", "Traceback"):
        assert strange not in done.stderr
