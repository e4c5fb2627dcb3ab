import re

import pytest

from paribus.study import directory_name
from paribus.study.study import safe_name


def test_the_directory_is_pinned(parse):
    # A change here makes every stored study start again in another directory.
    assert directory_name(parse()) == "a-study-a9ed94e4"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("seeds = 5", "seeds = 6"),
        ("[1.0, 0.1, 0.01]", "[0.3, 1.0, 0.1, 0.01]"),
        ('"train.lr" = [1.0, 0.1, 0.01]', '"train.lr" = [0.1]\n"train.momentum" = [0.9, 0.5, 0.0]'),
        ("matter?", "count?"),
        ("seeds = 5", "alpha = 0.01\nbaseline = { 'train.lr' = 1.0 }"),
    ],
)
def test_levels_seeds_and_words_leave_the_directory(parse, change, old, new):
    assert directory_name(parse(change(old, new))) == directory_name(parse())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("lr = 0.1", "lr = 0.3"),
        ("epochs = 20", "epochs = 21"),
        ("5000", "5001"),
        ('"mnist"', '"digits"'),
        ("Linear(classes)", "Linear(10)"),
    ],
)
def test_another_base_recipe_has_another_directory(parse, change, old, new):
    assert directory_name(parse(change(old, new))) != directory_name(parse())


def test_a_new_first_level_of_an_open_path_leaves_the_directory(parse, change):
    text = change("lr = 0.1\n", "")
    assert directory_name(parse(text)) == directory_name(parse(text.replace("[1.0,", "[0.5, 1.0,")))


@pytest.mark.parametrize("text", ["a/b", "..", "", "-x-", "日本", "Ä" * 500, "a b\n", "\x00", "con.v2"])
def test_a_name_is_always_safe(text):
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,59}", safe_name(text))
