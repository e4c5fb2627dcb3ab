"""Calls in a process apart: what a user's code does there stays there."""

import os

import pytest

from paribus.core import ModelError
from paribus.models import describe
from paribus.study import ModelSpec
from paribus.train import apart

OWN = """
import os
from torch import nn

print("loud " * 1000)


class Good(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Flatten(), nn.Linear(64, 4))
        print("and louder")


class Leaves(Good):
    def forward(self, x):
        os._exit(3)


class Raises(Good):
    def forward(self, x):
        raise ValueError("no")
"""


@pytest.fixture
def call(tmp_path):
    (tmp_path / "own.py").write_text(OWN, encoding="utf-8")

    def described(name):
        spec = ModelSpec(module=f"own.py:{name}")
        return apart(describe, spec, image_shape=(1, 8, 8), classes=4, base_dir=tmp_path)

    return described


def test_the_answer_comes_back_and_the_noise_does_not(call, capfd):
    assert call("Good").parameters == 64 * 4 + 4
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("name", "said"), [("Leaves", "exit code 3"), ("Raises", "ValueError: no")])
def test_what_goes_wrong_there_is_an_error_here(call, name, said):
    with pytest.raises(ModelError, match=said):
        call(name)


def test_it_is_another_process():
    assert apart(os.getpid) != os.getpid()
