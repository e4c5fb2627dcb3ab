"""Folders that a study refuses, shown without what is in the way, against a folder that never had it."""

from pathlib import Path

import numpy as np
import pytest
from pictures import fill, flat, saved, smooth

from paribus.core import DataError
from paribus.data import image_names, load_images, look_at_folder, tell_nobody
from paribus.study import DataSpec

GOOD = {
    f"{part}/{name}/{n}.png": flat(100 * at + n)
    for at, (part, name) in enumerate((p, c) for p in ("train", "val", "test") for c in ("cats", "dogs"))
    for n in range(4)
}
FLAT = {f"{name}/{n}.png": flat(100 * at + n) for at, name in enumerate(("cats", "dogs")) for n in range(10)}
TORN = saved(smooth(1, 40, 40), "JPEG")[:400]  # a header, and half of the pixels
PICTURE = flat(77)


def look(root):
    return look_at_folder(DataSpec(source=f"folder:{root}"), base_dir=Path(), tell=tell_nobody)


@pytest.mark.parametrize(
    ("good", "harm", "said"),
    [
        (GOOD, {"train/apes/.x": b""}, "class 'apes' has no images in the training images of"),
        (GOOD, {"train/apes/1.jpg": TORN, "train/apes/2.txt": b"x"}, "class 'apes' has no images in the training"),
        (GOOD, {"test/cow/1.png": PICTURE}, "test has cow: no training images are called so"),
        (GOOD, {"more/cats/1.png": PICTURE}, "has train, val, test, and beside them more"),
        (FLAT, {"apes/1.png": PICTURE}, "class 'apes' has one image in"),
        (FLAT, {"zebras/1.png": TORN, "zebras/2.png": PICTURE, "zebras/3.png": TORN}, "class 'zebras' has one image"),
        ({f"train/{name}": each for name, each in FLAT.items()}, {"test/1.png": PICTURE}, "test holds no directories"),
        (
            {f"train/{name}": each for name, each in FLAT.items()},
            {"test/cats/1.png": TORN},
            "has a test directory, but",
        ),
    ],
)
def test_what_is_in_the_way_is_named_and_the_rest_is_what_it_would_be_without(tmp_path, good, harm, said):
    root = fill(tmp_path / "photos", {**good, **harm})
    with pytest.raises(DataError, match=said):
        load_images(DataSpec(source=f"folder:{root}", on_bad_image="skip"))
    found = look(root)
    assert said in found.problems[0].wrong
    assert found.problems[0].allowed
    clean = load_images(DataSpec(source=f"folder:{fill(tmp_path / 'clean', good)}"))
    assert found.images.classes == clean.classes == ("cats", "dogs")
    assert (found.images.fingerprint, found.images.given_validation) == (clean.fingerprint, clean.given_validation)
    torn = [name for name, content in harm.items() if content in (TORN, b"x") or name == "test/1.png"]
    assert [each.partition(": ")[0] for each in found.images.skipped] == torn
    names = image_names(root, found.images)
    assert sorted(name for part in names for name in part) == sorted(good)


def test_the_labels_of_the_classes_that_are_left_are_counted_anew(tmp_path):
    root = fill(tmp_path / "photos", {**FLAT, "apes/.x": b"", "bears/1.txt": b"no image"})
    images = look(root).images
    assert sorted({*images.train_labels.tolist()}) == [0, 1]
    train, _ = image_names(root, images)
    assert [images.classes[label] for label in images.train_labels] == [name.partition("/")[0] for name in train]


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    harm = {"train/apes/.x": b"", "val/cow/1.png": PICTURE, "test/sow/1.png": PICTURE, "more/1.png": PICTURE}
    found = look(fill(tmp_path / "photos", {**GOOD, **harm}))
    assert [each.wrong.replace(str(tmp_path), "") for each in found.problems] == [
        "/photos has train, val, test, and beside them more",
        "/photos/val has cow: no training images are called so",
        "/photos/test has sow: no training images are called so",
        "class 'apes' has no images in the training images of photos",
    ]


def test_one_class_is_shown_and_no_image_at_all_is_an_error(tmp_path):
    only = {name: content for name, content in FLAT.items() if name.startswith("cats")}
    found = look(fill(tmp_path / "one", only))
    assert np.unique(found.images.train_labels).tolist() == [0]
    assert "has one class directory, cats" in found.problems[0].wrong
    with pytest.raises(DataError, match=r"class 'a' has no images in none"):
        look(fill(tmp_path / "none", {"a/1": b"x", "b/1": b""}))
