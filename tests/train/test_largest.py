"""The search for the largest batch, and the processes that try and may die of it."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import MLP, make_images, make_recipe

from paribus.core import Streams, StudyError
from paribus.data import share_images
from paribus.train import Trial, largest_batch
from paribus.train.largest import next_batch, without_single
from paribus.train.trying import _plans

OWN = """
import os, signal
from torch import nn


class Hungry(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Flatten(), nn.Linear(64, 4))

    def forward(self, x):
        if self.training and len(x) > 5:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.training and len(x) > 4:
            raise MemoryError("no more")
        return super().forward(x)


class Wide(nn.Sequential):  # 18 MB an image of 96 x 96, and little to compute
    def __init__(self):
        layers = [nn.Tanh() for _ in range(30)]
        super().__init__(nn.Conv2d(1, 16, 1), *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 4))


class Wrong(Hungry):
    def forward(self, x):
        if self.training:
            raise ValueError("not my shape")
        return nn.Sequential.forward(self, x)
"""


@pytest.fixture
def make_trial(tmp_path):
    (tmp_path / "own.py").write_text(OWN, encoding="utf-8")

    def make(recipe, *, side=8, limit=None):
        images = share_images(make_images(60, test=10, shape=(1, side, side)), folder=tmp_path / "arrays")
        return Trial(recipe, Streams(0), images, tmp_path, "cpu", limit=limit, workers=1)

    return make


def own(name):
    recipe = make_recipe()
    model = recipe.model.model_copy(update={"layers": None, "module": f"own.py:{name}"})
    return recipe.model_copy(update={"model": model})


@given(most=st.integers(1, 10**6), threshold=st.integers(0, 10**6))
@settings(deadline=None)
def test_doubling_and_bisection_find_a_threshold_in_few_tries(most, threshold):
    fits, fails, tried = 0, None, []
    while (size := next_batch(fits=fits, fails=fails, most=most)) is not None:
        tried.append(size)
        fits, fails = (size, fails) if size <= threshold else (fits, size)
    truth = min(threshold, most)
    assert fits <= truth <= fits + fits // 64
    assert max(tried) <= min(most, max(2, 2 * threshold))  # never far beyond what fits
    assert len(tried) <= math.log2(max(2, truth)) + 9
    assert len(set(tried)) == len(tried)


@given(batch=st.integers(1, 500), images=st.integers(1, 500))
def test_no_last_batch_has_a_single_image(batch, images):
    found = without_single(batch, images=images)
    every = [size for size in range(1, batch + 1) if size == 1 or images % size != 1]
    assert found == max(every)


def test_a_size_that_kills_the_process_or_is_refused_memory_does_not_fit(make_trial):
    found = largest_batch(make_trial(own("Hungry")), most=6)
    assert (found.batch, found.certain, found.tried) == (4, True, 4)  # 2, 4, 6, 5


def test_the_plans_that_may_need_the_most_memory_are_tried(make_trial):
    trial = make_trial(make_recipe(MLP))
    tried = {dark: _plans(trial, make_images(dark=dark)) for dark in (0.0, 0.8)}
    assert {each[0].linear for each in tried.values()} == {"tiles", "sparse"}
    assert all(each[-1].path == "reference" for each in tried.values())


def test_when_time_is_up_it_is_what_is_known_to_fit(make_trial):
    found = largest_batch(make_trial(make_recipe(MLP)), most=60, seconds=0)
    assert (found.batch, found.certain) == (2, False)


def test_what_fails_for_another_reason_is_no_question_of_memory(make_trial):
    with pytest.raises(StudyError, match="a batch of 2 images cannot be trained: ValueError: not my shape"):
        largest_batch(make_trial(own("Wrong")), most=60)


def test_where_not_one_image_fits_that_is_said(make_trial):
    with pytest.raises(StudyError, match="not even one image fits into memory"):
        largest_batch(make_trial(make_recipe(MLP), limit=1_000_000), most=1)


def test_a_limit_of_memory_is_kept(make_trial):
    recipe = own("Wide")
    least = largest_batch(make_trial(recipe, side=96), most=2).peak
    limit = least + 45 * 2**20
    found = largest_batch(make_trial(recipe, side=96, limit=limit), most=6)
    assert 2 <= found.batch < 6
    assert found.certain
    assert found.peak <= found.limit == limit
