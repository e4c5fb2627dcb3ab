"""What `import paribus as pb` promises: few names, all there, all explained."""

import inspect
import types

import paribus
import pytest

MOST_NAMES = 15


def test_the_public_names_are_few_and_sorted():
    names = list(paribus.__all__)
    assert names == sorted(set(names), key=str.lower)
    assert 0 < len(names) <= MOST_NAMES


def test_every_public_name_is_there_and_explained():
    for name in paribus.__all__:
        value = getattr(paribus, name)
        assert not isinstance(value, types.ModuleType), f"{name} is a room, not a thing to use"
        if callable(value):
            assert inspect.getdoc(value), f"{name} has no docstring"


def test_nothing_else_is_public():
    visible = {
        name
        for name in vars(paribus)
        if not name.startswith("_") and not isinstance(getattr(paribus, name), types.ModuleType)
    }
    assert visible <= set(paribus.__all__)


def test_a_name_that_does_not_exist_is_refused():
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        _ = paribus.lode
