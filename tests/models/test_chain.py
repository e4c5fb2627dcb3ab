import math
import re
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from paribus.core import ModelError, Streams
from paribus.models import build, describe
from paribus.models.chain import place
from paribus.models.layers import LAYERS
from paribus.study import ModelSpec

QUIET = settings(deadline=None, max_examples=60)  # a busy machine is no failure

IMAGE = (4, 9, 8)
# every name of the allow-list: expressions, and the shapes that they are tried on
ON_IMAGES = [
    "Conv2d(6, 3)", "Conv2d(6, (3, 2), stride=2, padding=(1, 0), dilation=2, groups=2, bias=False)",
    'Conv2d(6, 3, padding="same", dilation=2)',
    "Conv2d(6, 3, 1, 1)", 'Conv2d(6, 3, padding="valid")', "MaxPool2d(2)",
    "MaxPool2d(3, 2, 1, ceil_mode=True)", "AvgPool2d((2, 3))", "AvgPool2d(2, ceil_mode=True)",
    "AdaptiveAvgPool2d(1)", "AdaptiveAvgPool2d((3, 2))", "AdaptiveMaxPool2d(2)", "BatchNorm2d",
    "BatchNorm2d(affine=False, momentum=None)", "Dropout2d(0.3)", "GroupNorm(2)",
]  # fmt: skip
ON_ROWS = ["Linear(7)", "Linear(7, bias=False)", "BatchNorm1d(1e-3, 0.2)"]
ON_BOTH = [
    "Flatten", "Identity", "Dropout", "LayerNorm", "LayerNorm(bias=False)",
    "LayerNorm(elementwise_affine=False)", "ReLU", "ReLU6", "LeakyReLU(0.1)", "PReLU(init=0.1)",
    "ELU(0.5)", "SELU", "GELU", 'GELU("tanh")', "SiLU", "Mish", "Hardswish", "Hardtanh(-2, 2)",
    "Sigmoid", "Tanh", "Softplus(2)", "Softsign", "Softmax", "LogSoftmax", "Softmax(-1)",
]  # fmt: skip
CASES = [
    *[(text, IMAGE) for text in ON_IMAGES + ON_BOTH],
    *[(text, (24,)) for text in [*ON_ROWS, *ON_BOTH, "GroupNorm(3)"]],
]


def network(*layers: str, image_shape=IMAGE, classes=10):
    spec = ModelSpec(layers=layers)
    where = {"image_shape": image_shape, "classes": classes, "base_dir": Path()}
    return build(spec, streams=Streams(seed=0), **where), describe(spec, **where)


def refusal(*layers: str, image_shape=IMAGE, classes=10) -> ModelError:
    with pytest.raises(ModelError, match=r"model\.layers") as caught:
        place(layers, image_shape=image_shape, classes=classes)
    return caught.value


def test_the_cases_below_cover_the_allow_list():
    assert {text.split("(")[0] for text, _ in CASES} == set(LAYERS)


@pytest.mark.parametrize(("text", "shape"), CASES)
def test_every_layer_runs_and_does_what_its_row_says(text, shape):
    before = [] if shape == IMAGE else ["Flatten", "Linear(24)"]
    module, facts = network(*before, text, "Flatten", "Linear(classes)")
    row = facts.layers[len(before)]
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        outputs = [torch.randn(3, *IMAGE)]
        for layer in module.eval():
            outputs.append(layer(outputs[-1]))
    assert row.name == text
    assert tuple(outputs[len(before)].shape) == (3, *shape)
    assert row.output_shape == tuple(outputs[len(before) + 1].shape[1:])
    assert row.parameters == sum(each.numel() for each in module[len(before)].parameters())
    assert row.parameters == sum(math.prod(map(int, term.split("*"))) for term in row.sum.split(" + ") if term)
    assert facts.parameters == sum(each.numel() for each in module.parameters())
    assert 3 * facts.multiply_adds * 2 == counter.get_total_flops()


@pytest.mark.parametrize(("text", "shape"), CASES)
def test_every_layer_trains(text, shape):
    before = [] if shape == IMAGE else ["Flatten", "Linear(24)"]
    module, _ = network(*before, text, "Flatten", "Linear(classes)")
    for layer in module.counted:
        layer.key = 1
    module(torch.randn(3, *IMAGE)).square().sum().backward()
    assert all(each.grad is not None and each.grad.isfinite().all() for each in module.parameters())


@pytest.mark.parametrize(
    ("layers", "index", "wrong", "allowed"),
    [
        (["Linear(10)"], 0, '"Linear(10)" takes a row of features [N]: add "Flatten" before it', ""),
        (["ReLU", "Linear(10)"], 1, "(the shape that reached it: [4, 9, 8])", ""),
        (["Flatten", "Conv2d(3, 3)"], 1, "takes an image [C, H, W] (the shape that reached it: [288])", ""),
        (["MaxPool2d(4)", "MaxPool2d(4)"], 1, "[4, 2, 2]", "a pool less"),
        (["Conv2d(6, 11)"], 0, "has a window of 11 x 11, which does not fit", "a smaller kernel"),
        (["MaxPool2d(2, padding=2)"], 0, "pads by more than half of its window", ""),
        (["Hardtanh(2, -2)"], 0, "is refused by torch", ""),
        (["Conv2d(6, 3, groups=3)"], 0, "is refused by torch: in_channels must be divisible by groups", ""),
        (
            ["Conv2d(6, 3, 2, 'same')"],
            0,
            "is refused by torch: padding='same' is not supported for strided",
            "",
        ),
        (
            ["GroupNorm(3)"],
            0,
            "is refused by torch: num_channels (4) must be divisible by num_groups (3)",
            "",
        ),
        (
            ["Conv2d(10, 1)"],
            0,
            'last layer "Conv2d(10, 1)" gives [10, 9, 8], not [10]',
            '"Flatten", "Linear(classes)"',
        ),
        (["Conv2d(10, (9, 8))"], 0, "gives [10, 1, 1], not [10]", 'after it: "Flatten"'),
        (["Flatten", "Linear(12)"], 1, "gives 12 numbers but there are 10 classes", '"Linear(classes)"'),
        (["Flatten", "Linear(65536)", "Linear(65536)"], 2, "over 268,435,456 parameters", ""),
        (["AdaptiveAvgPool2d(4096)", "Conv2d(10, 1)"], 1, "gives [10, 4096, 4096], more than 67,108,864", ""),
    ],
)
def test_shapes_that_do_not_fit_are_named(layers, index, wrong, allowed):
    error = refusal(*layers)
    assert error.where == f"model.layers[{index}]"
    assert wrong in error.wrong
    assert allowed in error.allowed


@QUIET
@given(
    texts=st.lists(
        st.sampled_from([text for text, _ in CASES] + ["Linear(classes)", "MaxPool2d(3)", "Linaer(4)"]),
        min_size=1,
        max_size=6,
    ),
    image_shape=st.tuples(st.integers(1, 4), st.integers(1, 32), st.integers(1, 32)),
)
def test_any_list_of_layers_ends_in_the_classes_or_in_the_one_error(texts, image_shape):
    try:
        placed = place(texts, image_shape=image_shape, classes=10)
    except ModelError as error:
        assert re.match(r"model\.layers\[\d\]", error.where)  # noqa: PT017  # either outcome is right
    else:
        assert placed[-1].gives == (10,)
        assert all(min(each.gives) >= 1 for each in placed)
