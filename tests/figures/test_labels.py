import pytest
from hypothesis import given
from hypothesis import strategies as st

from paribus.figures import dots_data, draw_dots, short_labels, to_svg, visible
from paribus.stats import ConditionEstimate


@given(st.lists(st.text(max_size=60), max_size=12))
def test_labels_are_short_and_all_different(names):
    labels = short_labels(names, most=20)
    assert set(labels) == set(names)
    assert len(set(labels.values())) == len(set(names))
    assert all(0 < len(label) <= 20 for label in labels.values())


@pytest.mark.parametrize("name", ["constructor", "toString", "valueOf", "hasOwnProperty", "__proto__"])
def test_names_that_javascript_has_itself_can_be_drawn(name):
    estimates = tuple(
        ConditionEstimate(each, ((1, value), (2, value)), 2, 0, value, 0.01, None, "")
        for each, value in ((name, 0.5), ("other", 0.6))
    )
    drawn = to_svg(draw_dots(dots_data(estimates, "test accuracy")).to_dict())
    assert name in drawn


@given(st.text())
def test_visible_text_keeps_its_length_and_can_be_written(text):
    shown = visible(text)
    assert len(shown) == len(text)
    assert not any(ord(letter) < 32 and letter not in "\t\n" for letter in shown)
    shown.encode()


@pytest.mark.parametrize("code", [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
def test_what_turns_the_direction_of_text_is_made_visible(code):
    name = f"photo{chr(code)}gnp.exe"
    assert visible(name) == short_labels([name])[name] == "photo\ufffdgnp.exe"


def test_letters_keep_the_direction_they_have():
    assert visible("العربية עברית 👩\u200d🔬") == "العربية עברית 👩\u200d🔬"


@pytest.mark.parametrize(
    ("name", "label"),
    [("lr = 0.1", "lr = 0.1"), ("", "(empty)"), ("a\n  b", "a b"), ("x\x1b[31m", "x\ufffd[31m"), ("é—日本", "é—日本")],
)
def test_ordinary_names_stay_as_they_are(name, label):
    assert short_labels([name]) == {name: label}


def test_two_long_names_that_begin_alike_are_told_apart():
    first, second = "a" * 300, "a" * 301
    assert short_labels([first, second], most=10) == {first: "a" * 9 + "…", second: "a" * 5 + "… (2)"}
