"""Which training images a report shows: one of each class first, fewer views before fewer images, within a budget."""

from dataclasses import replace

import numpy as np
import pytest
from pictures import RGB, fill, noise, png

from paribus.core import DataFacts
from paribus.data import load_images
from paribus.lab.pixels import unpacked
from paribus.lab.prepare import Shelf, prepare
from paribus.lab.sampling import _affordable, _smaller, keep_samples
from paribus.store import open_writer
from paribus.study import parse_study, runs

CLASSES = ("animals", "food", "plants", "town", "vehicles")
STUDY = """
question = "?"
data = { source = "folder:photos", validation = 0.2 }
model = { layers = ["Flatten", "Linear(classes)"] }
train = { lr = 0.1, batch_size = 8, epochs = 1 }
design = { seeds = 1 }
[vary]
"train.augment" = [
  { label = "as they are", value = [] },
  { label = "flip", value = ["RandomHorizontalFlip"] },
  { label = "flip and crop", value = ["RandomCrop(padding=4)", "RandomHorizontalFlip"] },
]
"""


def facts(classes, shape):
    counts = (20,) * classes
    names = tuple(map(str, range(classes)))
    return DataFacts("folder:x", names, shape, counts, counts, counts, "train", "fixed", (), "", "")


def affordable(classes, shape, *, augmented=2):
    groups = [("a", ())] + [("a", (f"RandomCrop(padding={each})",)) for each in range(augmented)]
    return _affordable(groups, [facts(classes, shape)] * len(groups))


@pytest.mark.parametrize(
    ("classes", "shape", "augmented", "images", "views"),
    [
        (5, (3, 64, 64), 2, 5, 4),  # a folder of colour photographs, three conditions
        (10, (1, 28, 28), 2, 10, 4),
        (100, (3, 32, 32), 2, 10, 4),
        (2, (3, 64, 64), 2, 4, 4),
        (3, (1, 8, 8), 0, 6, 4),
        (10, (3, 64, 64), 2, 9, 2),  # first fewer views, then fewer images
        (5, (3, 224, 224), 2, 5, 2),  # kept smaller than they are
        (10, (3, 96, 96), 11, 1, 2),
    ],
)
def test_images_of_the_first_ten_classes_are_kept_as_far_as_they_fit(classes, shape, augmented, images, views):
    assert affordable(classes, shape, augmented=augmented) == (images, views)


def test_what_is_kept_stays_within_the_budget_where_more_than_one_image_is():
    for classes in (2, 5, 10):
        for side in (8, 28, 64, 96):
            for augmented in range(12):
                count, views = affordable(classes, (3, side, side), augmented=augmented)
                assert count == 1 or count * 3 * side**2 * (1 + augmented * views) <= 600_000


def test_large_images_are_kept_as_means_of_squares_of_pixels():
    pixels = noise(1, 2, 3, 200, 150)
    small = _smaller(pixels)
    assert small.shape == (2, 3, 66, 50)
    assert small[1, 2, 5, 7] == np.rint(pixels[1, 2, 15:18, 21:24].mean())
    assert _smaller(pixels[:, :, :96, :96]) is not small
    assert np.array_equal(_smaller(pixels[:, :, :96, :96]), pixels[:, :, :96, :96])


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A study of a folder of colour photographs 64 x 64 of five classes, with three augmentations."""
    folder = tmp_path_factory.mktemp("photographs")
    keys = [(name, number) for name in CLASSES for number in range(12)]
    files = {
        f"photos/{name}/{number:02}.png": png(noise(key, 64, 64, 3), colour=RGB)
        for key, (name, number) in enumerate(keys)
    }
    fill(folder, files)
    return parse_study(STUDY, name="mine", base_dir=folder)


def kept(store):
    return [unpacked(each) for each in store.reader.facts("samples").values()]


def test_each_of_five_classes_of_colour_photographs_is_seen_in_four_views_of_each_augmentation(study, tmp_path):
    shelf = Shelf(study.base_dir)
    prepared = prepare(study, runs(study), shelf=shelf)
    images = load_images(study.base.data, base_dir=study.base_dir)
    with open_writer(tmp_path / "store") as store:
        keep_samples(store, prepared, shelf=shelf, pool=None)
        plain, *changed = sorted(kept(store), key=len)
        assert [each.label for each in plain] == [0, 1, 2, 3, 4]
        for each in plain:
            assert each.pixels == images.train_images[each.index].tobytes()
        assert [len(each) for each in changed] == [20, 20]
        for views in changed:
            assert {each.index for each in views} == {each.index for each in plain}
            assert any(view.pixels != images.train_images[view.index].tobytes() for view in views)


def test_what_an_earlier_version_kept_of_one_image_is_kept_anew_of_all_and_then_left_alone(
    study, tmp_path, monkeypatch
):
    shelf = Shelf(study.base_dir)
    prepared = prepare(study, runs(study), shelf=shelf)
    with open_writer(tmp_path / "store") as store:
        with monkeypatch.context() as patch:
            patch.setattr("paribus.lab.sampling._MOST_BYTES", 150_000)
            keep_samples(store, prepared, shelf=shelf, pool=None)
        assert sorted(map(len, kept(store))) == [2, 4, 4]
        keep_samples(store, prepared, shelf=shelf, pool=None)
        assert sorted(map(len, kept(store))) == [5, 20, 20]
        monkeypatch.setattr(shelf, "take", None)
        keep_samples(store, replace(prepared, runs=prepared.runs[:2]), shelf=shelf, pool=None)
