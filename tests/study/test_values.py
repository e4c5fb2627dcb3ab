import pytest

from paribus.study.values import described, same, shown, toml_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e-05, "1e-5"),
        (0.1, "0.1"),
        (1.0, "1.0"),
        (1e22, "1e22"),
        (True, "true"),
        (float("-inf"), "-inf"),
        ('a"\\\n\x1b\x7f', '"a\\"\\\\\\n\\u001b\\u007f"'),
        ({"a b": (1, {})}, '{ "a b" = [1, {}] }'),
    ],
)
def test_values_look_as_in_a_study_file(value, text):
    assert toml_text(value) == text


def test_a_message_shows_what_a_value_is_and_never_all_of_a_long_one():
    assert described("0.1") == '"0.1" is text'
    assert described((1,)) == "[1] is a list"
    assert len(shown("x" * 10_000)) < 80


def test_numbers_are_the_same_setting_however_they_are_written():
    assert same(1, 1.0)
    assert not same(1, True)
    assert not same("1", 1)
