from pathlib import Path

import pytest

from paribus.core import StudyError
from paribus.study import parse_study

BASE = """\
question = "Does the learning rate matter?"

[data]
source = "mnist"
validation = 5000

[model]
layers = ["Flatten", "Linear(classes)"]

[train]
lr = 0.1
batch_size = 32
epochs = 20

[vary]
"train.lr" = [1.0, 0.1, 0.01]

[design]
seeds = 5
"""


@pytest.fixture
def base():
    """A sound study file: three learning rates."""
    return BASE


@pytest.fixture
def parse():
    """Parse a study's text, with overrides."""

    def parsed(text=BASE, *overrides):
        return parse_study(text, name="a-study", base_dir=Path(), overrides=overrides)

    return parsed


@pytest.fixture
def refuse(parse):
    """Return the error that a text, or an override, gives."""

    def refused(text, *overrides):
        with pytest.raises(StudyError, match=r"^\S") as caught:
            parse(text, *overrides)
        return caught.value

    return refused


@pytest.fixture
def change():
    """Return the sound study file with one piece of text replaced."""

    def changed(old, new):
        assert BASE.count(old) == 1
        return BASE.replace(old, new)

    return changed
