"""Bytes from a stranger's study become exhibits, or are refused; nothing else happens."""

import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paribus.core import Histogram, Inside, Picture, Planes
from paribus.store.codec import DamageError
from paribus.store.exhibits import histograms_of, inside_of, packed_histograms, packed_inside

finite = st.floats(allow_nan=False, allow_infinity=False)
names = st.text(st.characters(codec="utf-8"), max_size=20)
sides = st.integers(0, 4)


@st.composite
def pictures(draw):
    shape = draw(st.tuples(sides, sides, sides))
    size = shape[0] * shape[1] * shape[2]
    return Picture(
        draw(st.integers(0, 99)), draw(st.integers(0, 9)), shape, draw(st.binary(min_size=size, max_size=size))
    )


@st.composite
def planes(draw):
    shape = draw(st.tuples(sides, sides, sides, sides))
    size = shape[0] * shape[1] * shape[2] * shape[3]
    values = draw(st.binary(min_size=size, max_size=size))
    of, image = draw(st.sampled_from(["filters", "maps"])), draw(st.none() | st.integers(0, 2))
    return Planes(draw(names), of, draw(st.integers(0, 999)), shape, draw(finite), draw(finite), values, image)


@given(st.lists(pictures(), max_size=3), st.lists(planes(), max_size=3))
def test_what_is_inside_comes_back_as_it_was(shown, drawn):
    inside = Inside(tuple(shown), tuple(drawn))
    assert inside_of(packed_inside(inside), what="it", run="r") == inside


@given(st.lists(st.builds(Histogram, names, names, finite, finite, st.lists(st.integers(0, 2**50)).map(tuple))))
def test_histograms_come_back_as_they_were(found):
    assert histograms_of(packed_histograms(tuple(found)), what="it", run="r") == tuple(found)


def head(**changes):
    said = {"pictures": [[0, 1, [1, 1, 2]]], "planes": [["1.", "maps", 1, [1, 1, 1, 1], 0.0, 1.0, 0]]} | changes
    return json.dumps(said).encode()


STRANGE = {
    "not compressed": b"no bytes of zlib",
    "cut short": zlib.compress(head() + b"\nabc")[:-6],
    "too few pixels": zlib.compress(head() + b"\nab"),
    "a negative side": zlib.compress(head(pictures=[[0, 1, [1, 1, -2]]]) + b"\nabc"),
    "another kind": zlib.compress(head(planes=[["1.", "code", 1, [1, 1, 1, 1], 0.0, 1.0, 0]]) + b"\nabc"),
    "a key gone": zlib.compress(b'{"pictures": []}\n'),
    "another shape of JSON": zlib.compress(b"[[[[]]]]\n"),
    "nested too deeply": zlib.compress(b"[" * 200_000),
    "no text": zlib.compress(b"\xff\xfe\n"),
    "endless": zlib.compress(bytes(2**25 + 1), 1),
}


@pytest.mark.parametrize("blob", STRANGE.values(), ids=STRANGE)
def test_what_is_no_exhibit_is_damage(blob):
    for read in (histograms_of, inside_of):
        with pytest.raises(DamageError, match="the exhibits"):
            read(blob, what="the exhibits", run="r")
