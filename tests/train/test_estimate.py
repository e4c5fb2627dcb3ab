from pathlib import Path

import pytest
from making import make_recipe

from paribus.core import StudyError
from paribus.train import Plan, measure_speed


def speed(*augment):
    recipe = make_recipe(augment=augment)
    return measure_speed(recipe, image_shape=(3, 8, 8), classes=4, base_dir=Path(), plan=Plan())


def test_speed_is_measured_with_the_augmentation_on():
    assert speed("RandomCrop(8, padding=1)", "mixup(0.2)").training > 0
    with pytest.raises(StudyError, match="makes 32 x 32"):  # it was drawn, or this would have passed
        speed("RandomCrop(32, padding=4)")
