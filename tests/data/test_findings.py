"""Sentences about images: said when they are true, and not when they are not."""

from dataclasses import replace

from paribus.core import DataFacts
from paribus.data import Duplicates, FolderSurvey, balance, find_copies, find_imbalance, find_in_folder
from paribus.study import DataSpec

EVEN = DataFacts(
    source="made", classes=("cat", "dog"), image_shape=(3, 8, 8), train=(500, 500), validation=(50, 50),
    test=(100, 100), normalization="", split="", files=(), fingerprint="", test_fingerprint="",
)  # fmt: skip
NONE = Duplicates(0, 0, 0, 0, 0, 0, 0, (), (), 1200, ())
FOLDER = FolderSurvey(("cat", "dog"), (), 100, 0, 0, (((80, 60), 100),), (("PNG", 100),), (("RGB", 100),), 100, 0)


def codes(findings):
    return [each.code for each in findings]


def test_images_that_are_well_are_not_spoken_of():
    assert codes(find_imbalance(EVEN)) == []
    assert codes(find_copies(NONE)) == []
    assert codes(find_in_folder(FOLDER, DataSpec(source="folder:x", resize=32), skipped=())) == []


def test_balance_tells_what_naming_the_largest_class_would_reach():
    even = balance(replace(EVEN, train=(300, 100), test=(150, 50)))
    assert (even.largest, even.smallest, even.most, even.fewest, even.always) == ("cat", "dog", 300, 100, 0.75)
    (found,) = find_imbalance(replace(EVEN, train=(300, 100), test=(150, 50)))
    assert "cat has 3.0 times as many training images as dog (300 and 100)" in found.evidence
    assert "right for 75.0% of the test images" in found.evidence
    assert "not with 50.0%" in found.fix


def test_classes_without_images_and_too_few_test_images_are_named():
    found = list(find_imbalance(replace(EVEN, validation=(100, 0), test=(40, 0))))
    assert [each.evidence for each in found] == [
        "no validation image of dog",
        "no test image of dog",
        "only 40 test images: one of them is 2.5 pp of accuracy",
    ]
    assert codes(find_imbalance(replace(EVEN, validation=(0, 0)))) == []  # there is no validation split


def test_each_kind_of_copy_has_its_own_sentence():
    counts = {
        "test_in_train": (1, "1 test image is also a training image, pixel for pixel: the test accuracy would flatter"),
        "validation_in_train": (17, "17 validation images are also training images, pixel for pixel: the choice would"),
        "test_in_validation": (2, "2 test images are also validation images, pixel for pixel: the choice has seen"),
        "train": (1, "1 training image repeats another training image"),
        "clashing": (3, "3 images with the same pixels but different labels"),
        "blank": ((("train", 1),), "1 image of one flat colour"),
    }
    for name, (count, said) in counts.items():
        (found,) = find_copies(replace(NONE, **{name: count}))
        assert found.evidence.startswith(said)
        assert found.fix


def test_a_folder_is_told_what_stops_the_study_and_what_resizing_costs():
    spec = DataSpec(source="folder:x")
    mixed = replace(FOLDER, sizes=(((80, 60), 60), ((20, 200), 40)))
    bad = ("a.png: is empty",)
    assert codes(find_in_folder(FOLDER, spec, skipped=bad)) == ["data-bad-files"]
    assert codes(find_in_folder(FOLDER, spec.model_copy(update={"on_bad_image": "skip"}), skipped=bad)) == [
        "data-skipped"
    ]
    (sizes,) = find_in_folder(mixed, spec, skipped=())
    assert (sizes.severity, sizes.fix) == ("stop", "data.resize = 48")
    found = list(find_in_folder(mixed, spec.model_copy(update={"resize": 64}), skipped=()))
    assert [each.evidence for each in found] == [
        "100 images smaller than 64 x 64: enlarging them adds no detail",
        "40 images at least twice as long as wide: the centred square leaves out half and more",
    ]
