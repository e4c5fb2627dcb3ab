from pathlib import Path

import numpy as np
import pytest
from making import make_recipe

from paribus.core import StudyError
from paribus.train import Plan, measure_speed
from paribus.train.estimate import random_images


def speed(*augment):
    recipe = make_recipe(augment=augment)
    return measure_speed(recipe, image_shape=(3, 8, 8), classes=4, base_dir=Path(), plan=Plan())


def test_speed_is_measured_with_the_augmentation_on():
    assert speed("RandomCrop(8, padding=1)", "mixup(0.2)").training > 0
    with pytest.raises(StudyError, match="makes 32 x 32"):  # it was drawn, or this would have passed
        speed("RandomCrop(32, padding=4)")


@pytest.mark.parametrize("batch", [1, 20_000])
@pytest.mark.parametrize("path", ["native", "reference"])
def test_speed_is_measured_for_the_smallest_and_for_more_images_than_an_epoch_has(batch, path):
    recipe, plan = make_recipe(batch_size=batch), Plan(path=path, linear="tiles", convolution="tiles")
    found = measure_speed(recipe, image_shape=(3, 8, 8), classes=4, base_dir=Path(), plan=plan)
    assert found.training > 0
    assert found.measuring > 0


@pytest.mark.parametrize("dark", [0.0, 0.3, 0.8])
def test_random_images_are_as_dark_as_they_are_asked_to_be_and_more_so_in_some_places(dark):
    pixels = random_images(600, image_shape=(1, 28, 28), classes=10, dark=dark).train_images
    assert np.mean(pixels == 0) == pytest.approx(max(dark, 1 / 256), abs=0.02)
    assert np.std((pixels == 0).mean(axis=0)) == pytest.approx(0.25 if dark else 0.0, abs=0.06)
