"""What `import paribus as pb` promises: few names, all there, all explained."""

import inspect

import pytest
from house import in_order, rooms

import paribus

MOST_NAMES = 15


def test_the_public_names_are_few_and_sorted():
    names = list(paribus.__all__)
    assert names == sorted(set(names), key=in_order)
    assert 0 < len(names) <= MOST_NAMES


def test_every_public_name_is_there_and_explained():
    for name in paribus.__all__:
        value = getattr(paribus, name)
        assert not callable(value) or inspect.getdoc(value), f"{name} has no docstring"


def test_no_public_name_is_a_rooms_name():
    # Python puts a room into the package's namespace when it is first imported, over whatever stands there.
    assert set(paribus.__all__) & set(rooms()) == set()


def test_nothing_else_is_offered():
    assert set(dir(paribus)) == set(paribus.__all__)


def test_a_name_that_does_not_exist_is_refused():
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        _ = paribus.lode
