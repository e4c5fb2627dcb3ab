import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paribus.core import StudyError
from paribus.study.reading import decoded, read_toml
from paribus.study.values import toml_key, toml_text

TRAPS = [
    ("a = [1, 2", "x.toml:1: .*"),
    ("a = 1\nb = adam", "x.toml:2: this is no TOML value; text needs quotes, in: b = adam"),
    ("a = 1,5", "x.toml:1: something is left over"),
    ("a 1", "x.toml:1: a key must be followed by ="),
    ("[a]\nb = 1\n[a]\nc = 1", "x.toml:3: the same table is given twice"),
    ("a.b = 1\na = 2", "x.toml:2: the same key is given twice"),
    ("a = 1\na.b = 2", "x.toml:2: the same key is given twice"),
    ("a = '\x00'", "x.toml:1: .*"),
    ("a = 1\rb = 2", "x.toml:1: .*"),
    ("a = 2020-13-45", "x.toml:1: .*"),
    ("a = " + "9" * 5000, "x.toml: a number in it is too large"),
    ("a = 0x" + "f" * 5000, "x.toml: a whole number in it is too large"),
    ("a = 9223372036854775808", "x.toml: a whole number in it is too large"),
    ("a = " + "[" * 100_000, "x.toml: is nested too deeply"),
    ("a = " + "{a = " * 100_000, "x.toml: is nested too deeply"),
    ("a." * 50_000 + "a = 1", "x.toml:1: is nested too deeply"),
    ("[" + "a." * 20 + "a]", "x.toml: is nested too deeply"),
    ("a = '\ud800'", "x.toml:1: half a character"),
    ("#" * 1_000_001, "x.toml: is too large"),
]


@pytest.mark.parametrize(("text", "words"), TRAPS)
def test_what_is_no_toml_is_refused_with_its_line(text, words):
    with pytest.raises(StudyError, match=f"^{words}"):
        read_toml(text, where="x.toml")


def test_lists_come_as_tuples_and_values_as_toml_means_them():
    text = "\ufeffa = [1e-3, [inf], true]\r\nb = { c = 9223372036854775807 }"
    assert read_toml(text, where="x") == {"a": (0.001, (float("inf"),), True), "b": {"c": 2**63 - 1}}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_other_encodings_are_named(encoding):
    with pytest.raises(StudyError, match="is UTF-16, not UTF-8"):
        decoded("question = 1".encode(encoding), where="x.toml")


# TOML knows no second pass of an hour.
TIMES = st.times().map(lambda time: time.replace(fold=0))
SCALARS = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.dates() | TIMES | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=6)


@given(st.text(), VALUES)
def test_what_is_written_is_read_again(key, value):
    # The standard library's parser is the judge; repr tells nan, -0.0 and true apart.
    assert repr(tomllib.loads(f"{toml_key(key)} = {toml_text(value)}")) == repr({key: value})
