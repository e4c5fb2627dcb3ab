import itertools
import re
import textwrap

import pytest
import torch
from networks import (
    CLASSES,
    AlwaysDropping,
    Classified,
    Counting,
    Detached,
    Empty,
    EndsInRelu,
    ExtraState,
    FailsAlone,
    FilledIn,
    Frozen,
    ImageLeftOut,
    InAList,
    Infinite,
    InPlace,
    LateLayer,
    Lazy,
    LogProbabilities,
    Mixing,
    NeedsArguments,
    NumpyNoise,
    OtherGenerator,
    OtherInTraining,
    OwnNormalisation,
    Plain,
    PlainAttribute,
    Raises,
    ReadsStrides,
    Remembering,
    Seeded,
    SeededAtTheEnd,
    Sigmoid,
    Softmax,
    Squeezed,
    StartsAtZero,
    TimesZero,
    TooMany,
    Tuples,
    TuplesInTraining,
    Unused,
    Usual,
    ZeroBesideTheImage,
    make_plain,
)
from torch.nn import functional

from paribus.core import ModelError, Streams
from paribus.models import build
from paribus.study import ModelSpec
from paribus.testing import check_model

SHAPE = (2, 6, 6)


def check(network, **options):
    return check_model(network, image_shape=SHAPE, classes=CLASSES, **options)


@pytest.mark.parametrize(
    "network", [Plain, Usual, Lazy, OwnNormalisation, Frozen, StartsAtZero, LogProbabilities, make_plain]
)
def test_a_sound_network_keeps_the_contract(network):
    before = torch.get_rng_state()
    found = check(network)
    assert found, str(found)
    assert len(found.satisfied) == 13  # every check has spoken
    assert torch.equal(torch.get_rng_state(), before)


def test_what_is_no_fault_is_said_all_the_same():
    assert "(requires_grad): conv.weight, conv.bias" in " ".join(check(Frozen).satisfied)
    assert 'loss = "nll" would say so' in " ".join(check(LogProbabilities).satisfied)


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (Tuples, "in evaluation mode it returns a tuple, not one tensor [4, 4]"),
        (TuplesInTraining, "in training mode it returns a tuple"),
        (TooMany, "in evaluation mode it makes [4, 5] (torch.float32) of 4 images, not [4, 4]"),
        (Classified, "in evaluation mode it makes [4] (torch.int64)"),
        (
            Raises,
            r"while it is checked that there is one number for each class of each image: networks.py, line",
        ),
        (NeedsArguments, "the constructor of NeedsArguments needs width; allowed: a class that can be made without"),
        (lambda: 3, "<lambda>() makes a int, not a network"),
        (Empty, "it has no parameters: there is nothing to train"),
        (OtherGenerator, "two networks of one seed start from different weights (fc.weight)"),
        (Seeded, "every seed gives the same first weights: the constructor sets a seed"),
        (SeededAtTheEnd, "fc.weight, fc.bias are the same for every seed: the constructor sets a seed before"),
        (FilledIn, "fc.weight is the same for every seed"),
        (TimesZero, "every image gives the same output, also after training: forward multiplies by 0"),
        (ImageLeftOut, "every image gives the same output, also after training"),
        (ZeroBesideTheImage, "the gradient of every parameter is exactly 0"),
        (AlwaysDropping, "it draws random numbers: write F.dropout(x, training=self.training)"),
        (Counting, "it changes itself, or draws from a generator that is not torch's"),
        (Squeezed, "of a batch of one image it makes [4], not [1, 4]: squeeze()"),
        (FailsAlone, "a batch of one image fails (networks.py, line"),
        (Mixing, "an image's output depends on the other images of its batch"),
        (OtherInTraining, "although dropout and normalisation layers are off: forward asks self.training"),
        (Softmax, "its output is probabilities: it ends in a softmax, and cross_entropy applies another"),
        (Sigmoid, "its output is numbers from 0 to 1: it ends in a sigmoid"),
        (EndsInRelu, "its output is no negative numbers: it ends in a ReLU"),
        (InPlace, "forward changes its input images in place"),
        (Detached, "no gradient reaches any parameter: forward loses it"),
        (Unused, "no gradient reaches extra.weight, extra.bias: forward does not use them"),
        (NumpyNoise, "a training step gives other numbers when it is repeated"),
        (PlainAttribute, "gives other outputs (forward changes running): something that matters is neither"),
        (Remembering, "forward changes what no saved state keeps (calls): a run that is resumed starts without"),
        (
            InAList,
            "gives other outputs: something that matters is neither; use register_buffer, nn.Parameter or nn.Mod",
        ),
        (LateLayer, "forward makes parameters that the optimizer never sees (late.weight, late.bias)"),
        (ExtraState, "its state holds what is no tensor (_extra_state)"),
        (ReadsStrides, "the output changes with the memory format (channels_last)"),
    ],
)
def test_what_breaks_a_clause_is_named_and_nothing_else_is(network, words):
    found = check(network)
    assert not found
    assert words in found.against[0]
    assert len(found.against) == 1, str(found)


def test_a_loss_that_is_not_finite_is_named():
    assert any("the loss is nan before the first update" in each for each in check(Infinite).against)


def test_the_ending_is_judged_by_the_loss():
    assert check(LogProbabilities, loss="nll")
    (against,) = check(Plain, loss="nll").against
    assert "gives scores, but loss" in against
    assert check(Softmax, loss="mse")


def test_a_view_that_needs_contiguous_images_is_no_fault_because_it_gets_them():
    class View(Plain):
        def hidden(self, x):
            return functional.relu(self.conv(x)).view(len(x), -1)

    found = check(View)
    assert found
    assert "channels_last fails (test_check_model.py, line" in found.satisfied[-1]


def test_layers_of_a_study_file_can_be_checked_as_well():
    layers = ("Conv2d(4, 3)", "BatchNorm2d", "ReLU", "Dropout(0.5)", "Flatten", "Linear(classes)")
    spec, seeds = ModelSpec(layers=layers), itertools.count()

    def network():
        where = {"image_shape": SHAPE, "classes": CLASSES, "base_dir": None}
        return build(spec, streams=Streams(next(seeds)), **where)

    (against,) = check(network).against  # its weights follow the streams that it is given, not torch's generator
    assert "two networks of one seed start from different weights" in against


# --- files


def write(directory, text):
    head = "import os, torch\nfrom torch import nn\n"
    (directory / "nets.py").write_text(head + textwrap.dedent(text))


GOOD = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(72, 4)
        def forward(self, x):
            return self.fc(x.flatten(1))
"""


def test_a_file_is_checked_in_a_process_of_its_own(tmp_path):
    write(tmp_path, GOOD)
    found = check("nets.py:Net", base_dir=tmp_path)
    assert found.subject == "nets.py:Net"
    assert found, str(found)
    assert str(found).startswith("nets.py:Net keeps its contract\n  + ")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD.replace("super().__init__()", "os._exit(3)"), "did not return: the process ended by itself"),
        (GOOD.replace("72", "71"), r"forward raises on a batch \[2, 2, 6, 6\]: nets\.py, line 9: RuntimeError"),
    ],
)
def test_a_file_whose_network_cannot_be_made_is_one_sentence(tmp_path, text, words):
    write(tmp_path, text)
    (against,) = check("nets.py:Net", base_dir=tmp_path).against
    assert re.search(words, against)


def test_what_is_no_network_at_all_is_the_callers_mistake(tmp_path):
    with pytest.raises(ModelError, match=r"nets\.py cannot be read: there is no such file"):
        check("nets.py:Net", base_dir=tmp_path)
    with pytest.raises(ModelError, match=r"'nets\.Net' names no class\n  allowed: \"FILE\.py:CLASS\""):
        check("nets.Net")
    with pytest.raises(ModelError, match="this Plain is one network already"):
        check(Plain())
