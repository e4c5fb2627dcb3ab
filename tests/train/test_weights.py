"""How far final weights lie apart."""

import math

import torch

from paribus.train import weights_difference
from paribus.train.bench import to_bytes


def _difference(one, other):
    return weights_difference(to_bytes(one), to_bytes(other))


def test_the_largest_difference_is_relative_to_the_largest_weight_of_the_network():
    one = {"a": torch.tensor([1.0, -8.0]), "b": torch.tensor([[0.25]]), "count": torch.tensor(3)}
    other = {"a": torch.tensor([1.5, -8.0]), "b": torch.tensor([[2.25]]), "count": torch.tensor(900)}
    assert _difference(one, other) == 2 / 8
    assert _difference(one, one) == 0


def test_other_tensors_and_no_numbers_are_infinitely_far():
    one = {"a": torch.tensor([1.0, 2.0])}
    assert _difference(one, {"a": torch.tensor([1.0])}) == math.inf
    assert _difference(one, {"b": torch.tensor([1.0, 2.0])}) == math.inf
    assert _difference(one, {"a": torch.tensor([1.0, math.nan])}) == math.inf
