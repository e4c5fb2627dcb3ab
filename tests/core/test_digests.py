import hashlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paribus.core import digest, digest_bytes

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()


def test_the_digest_is_the_hash_of_the_value_written_out():
    written = '{"a":[1,true,null],"b":{"float":"0.1"}}'
    assert digest({"b": 0.1, "a": (1, True, None)}) == hashlib.sha256(written.encode()).hexdigest()
    assert digest_bytes(b"abc") == hashlib.sha256(b"abc").hexdigest()


@given(st.dictionaries(st.text(), SCALARS, min_size=2))
def test_the_order_of_keys_does_not_count(table):
    assert digest(dict(reversed(table.items()))) == digest(table)


# repr tells 1, 1.0 and True apart, as a digest must
@given(st.lists(SCALARS | st.lists(SCALARS, max_size=3), unique_by=repr))
def test_values_that_differ_have_digests_that_differ(values):
    assert len({digest(value) for value in values}) == len(values)


@pytest.mark.parametrize("value", [math.nan, math.inf, b"bytes", {1: "key"}, object()])
def test_what_has_no_lasting_form_has_no_digest(value):
    with pytest.raises(TypeError, match="no digest for"):
        digest([value])
