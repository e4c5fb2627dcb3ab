import pytest
import torch
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from torch import nn

from paribus.core import ModelError
from paribus.models.expressions import Site
from paribus.models.shapes import output_shape

QUIET = settings(deadline=None, max_examples=60)  # a busy machine is no failure

SIZES = st.integers(1, 12) | st.tuples(st.integers(1, 12), st.integers(1, 12))
PADDINGS = st.integers(0, 5) | st.tuples(st.integers(0, 5), st.integers(0, 5))
IMAGES = st.tuples(st.just(2), st.integers(1, 20), st.integers(1, 20))


def agrees_with_torch(layer, shape):
    """The oracle is torch running the layer: the same shape, or a refusal from both."""
    try:
        expected = tuple(layer(torch.zeros(1, *shape)).shape[1:])
    except RuntimeError:
        expected = ()
    if expected:
        assert output_shape(layer, site=Site(0, "Layer", shape)) == expected
    else:
        with pytest.raises(ModelError, match=r"does not fit|more than half"):
            output_shape(layer, site=Site(0, "Layer", shape))


@QUIET
@given(kernel=SIZES, stride=SIZES, padding=PADDINGS | st.just("valid"), dilation=SIZES, shape=IMAGES)
def test_convolutions(kernel, stride, padding, dilation, shape):
    agrees_with_torch(nn.Conv2d(2, 3, kernel, stride, padding, dilation), shape)


@QUIET
@given(kernel=SIZES, stride=SIZES, padding=PADDINGS, dilation=SIZES, ceil=st.booleans(), shape=IMAGES)
@example(kernel=2, stride=3, padding=1, dilation=1, ceil=True, shape=(2, 4, 4))
def test_max_pools(kernel, stride, padding, dilation, ceil, shape):
    agrees_with_torch(nn.MaxPool2d(kernel, stride, padding, dilation, ceil_mode=ceil), shape)


@QUIET
@given(kernel=SIZES, stride=SIZES, padding=PADDINGS, ceil=st.booleans(), shape=IMAGES)
def test_average_pools(kernel, stride, padding, ceil, shape):
    agrees_with_torch(nn.AvgPool2d(kernel, stride, padding, ceil_mode=ceil), shape)


@QUIET
@given(kernel=st.integers(1, 7), dilation=st.integers(1, 3), shape=IMAGES)
def test_same_convolutions(kernel, dilation, shape):
    assume(kernel % 2 == 1)  # torch warns of a copy where one side gets more padding
    agrees_with_torch(nn.Conv2d(2, 3, kernel, padding="same", dilation=dilation), shape)
