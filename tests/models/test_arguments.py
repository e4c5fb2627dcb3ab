import inspect
import re

import pytest

from paribus.core import ModelError
from paribus.models.arguments import bind
from paribus.models.expressions import Site, parse
from paribus.models.layers import LAYERS


def bound(text: str):
    site = Site(0, text, (3, 8, 8))
    expression = parse(site, names={})
    return bind(expression, kind=LAYERS[expression.name], site=site)


@pytest.mark.parametrize("name", LAYERS)
def test_the_allow_list_speaks_torchs_language(name):
    kind = LAYERS[name]
    torchs = list(inspect.signature(kind.torch_class).parameters)
    assert kind.torch_class.__name__ == name
    assert [each for each in torchs if each in kind.arguments] == list(kind.arguments)
    assert not kind.inferred or kind.inferred in torchs


def test_positions_count_as_in_torch():
    assert bound("Conv2d(6, 3, 2, 1)") == {"out_channels": 6, "kernel_size": 3, "stride": 2, "padding": 1}
    # position five of torch's MaxPool2d is return_indices, which is no part of the list
    with pytest.raises(ModelError, match="has the argument return_indices, which cannot be given"):
        bound("MaxPool2d(2, 2, 0, 1, True)")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Linear", "lacks out_features"),
        ("Conv2d", "lacks out_channels and kernel_size"),
        ("ReLU(1)", "has the argument inplace"),
        ("Identity(1, 2)", "has too many arguments"),
        ("Linear(3, out_features=4)", "has the argument out_features twice"),
        ("Linear(3, in_features=4)", "has the argument in_features, which cannot be given here"),
        ("Conv2d(3, kernel_sise=4)", "did you mean: kernel_size"),
        ("Linear(0)", "has out_features = 0"),
        ("Linear(True)", "out_features = True"),
        ("Linear(3.0)", "out_features = 3.0"),
        ("Linear('3')", "out_features = '3'"),
        ("Linear(65537)", "allowed: out_features: a whole number from 1 to 65,536"),
        ("Conv2d(3, (3, 3, 3))", "kernel_size = (3, 3, 3)"),
        (
            "Conv2d(3, 3, padding='full')",
            'allowed: padding: a whole number from 0, a pair of them, "same" or "valid"',
        ),
        ("MaxPool2d(3, padding='same')", "allowed: padding: a whole number from 0, or a pair of them"),
        ("Dropout(1.5)", "allowed: p: a probability, 0 to 1"),
        ("Softmax(0)", "allowed: dim: 1 or -1"),
        ("Linear(3, bias=1)", "allowed: bias: True or False"),
        ("GELU('tan')", "approximate = 'tan'"),
    ],
)
def test_wrong_arguments_are_named(text, message):
    with pytest.raises(ModelError, match=re.escape(message)):
        bound(text)
