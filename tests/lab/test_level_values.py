"""What a labelled level is, beside its label: as the study file has it, and only where the label does not say it."""

from types import SimpleNamespace

import pytest

from paribus.lab.level_values import level_values
from paribus.study import expand, parse_study

STUDY = """
question = "?"
data = { source = "digits", validation = 0.2 }
model = { layers = ["Flatten", "Linear(classes)"] }
train = { lr = 0.1, batch_size = 8, epochs = 1 }
design = { seeds = 1 }
[vary]
LEVELS
"""


def found(text, tmp_path):
    study = parse_study(text, name="s", base_dir=tmp_path)
    return level_values(SimpleNamespace(study=study, conditions=expand(study)))


BOTH = """"train.augment" = [
  { label = "none", value = [] },
  { label = "both", value = ["RandomCrop(padding=4)", "RandomHorizontalFlip"] },
]"""
TABLES = """model = [
  { label = "wide", layers = ["Flatten", "Linear(9)", "Linear(classes)"] },
  { label = "none", layers = ["Flatten", "Linear(classes)"], init = "xavier_uniform" },
]"""
EXPLICIT = """
question = "?"
data = { source = "digits", validation = 0.2 }
model = { layers = ["Flatten", "Linear(classes)"] }
train = { lr = 0.1, batch_size = 8, epochs = 1 }
[design]
seeds = 1
kind = "explicit"
[[design.conditions]]
label = "a"
"train.augment" = { label = "flips", value = ["RandomHorizontalFlip"] }
[[design.conditions]]
label = "b"
"train.augment" = { label = "no flips", value = [] }
"""


@pytest.mark.parametrize(
    ("levels", "values"),
    [
        (
            BOTH,
            {
                "none": {"train.augment": "[]"},
                "both": {"train.augment": "[RandomCrop(padding=4), RandomHorizontalFlip]"},
            },
        ),
        ('"train.lr" = [0.1, 1e-5]', {}),
        ('"train.lr" = [{ label = "usual", value = 0.1 }, 1e-5]', {"usual": {"train.lr": "0.1"}}),
        (
            TABLES,
            {
                "wide": {"model": "layers = [Flatten, Linear(9), Linear(classes)]"},
                "none": {"model": "layers = [Flatten, Linear(classes)], init = xavier_uniform"},
            },
        ),
        ('"train.schedule" = ["constant", { exponential = 0.95 }]', {}),
    ],
)
def test_a_label_that_does_not_say_its_value_has_it_beside_it(levels, values, tmp_path):
    assert found(STUDY.replace("LEVELS", levels), tmp_path) == values


def test_a_level_that_only_an_explicit_condition_has_is_told_too(tmp_path):
    told = found(EXPLICIT, tmp_path)
    assert told == {"a": {"train.augment": "[RandomHorizontalFlip]"}, "b": {"train.augment": "[]"}}
