"""What is found out before anything is trained."""

from pathlib import Path

import pytest

from paribus.core import StudyError
from paribus.lab.prepare import Shelf, prepare
from paribus.study import parse_study, runs

STUDY = """
question = "q"
[data]
source = "digits"
validation = 288
[model]
layers = ["Flatten", "Linear(16)", "BatchNorm1d", "Linear(classes)"]
[train]
lr = 0.1
batch_size = 383
epochs = 1
"""


def prepared(*overrides):
    study = parse_study(STUDY, name="batches", base_dir=Path(), overrides=overrides)
    return prepare(study, runs(study), shelf=Shelf(Path()))


@pytest.mark.parametrize("override", ["train.batch_size=383", "train.batch_size=1"])  # 1,150 images: 3 x 383 + 1
def test_a_batch_of_one_image_is_refused_where_a_layer_needs_two(override):
    with pytest.raises(StudyError, match="BatchNorm1d needs two"):
        prepared(override)


@pytest.mark.parametrize(
    "override",
    ["train.batch_size=384", "train.steps=3", "data.train_images=1149", 'model.layers=["Flatten", "Linear(10)"]'],
)
def test_and_accepted_where_none_comes_or_none_minds(override):
    assert len(prepared(override).runs) == 5


def test_an_augmentation_that_does_not_fit_the_images_is_refused_with_the_fix():
    with pytest.raises(StudyError, match="makes 32 x 32 of images that are 8 x 8") as caught:
        prepared("train.batch_size=64", 'train.augment=["RandomHorizontalFlip", "RandomCrop(32, padding=4)"]')
    assert caught.value.where == "train.augment[2]"
    assert "data.resize = 32" in caught.value.allowed
    assert prepared("train.batch_size=64", 'train.augment=["RandomCrop(8, padding=1)"]').runs


def test_a_run_is_known_by_what_it_is_made_of():
    ids = {each.id for each in prepared("train.batch_size=64").runs}
    assert len(ids) == 5
    assert ids == {each.id for each in prepared("train.batch_size=64", "design.seeds=5").runs}
    assert not ids & {each.id for each in prepared("train.batch_size=65").runs}
