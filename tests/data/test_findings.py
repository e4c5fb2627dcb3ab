"""Sentences about images: said when they are true, and not when they are not."""

from dataclasses import replace

from paribus.core import DataError, DataFacts
from paribus.data import (
    Duplicates,
    FolderSurvey,
    balance,
    find_copies,
    find_imbalance,
    find_in_folder,
    find_refusals,
)
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
    small, long = find_in_folder(mixed, spec.model_copy(update={"resize": 64}), skipped=())
    assert small.evidence == "100 images smaller than 64 x 64: enlarging them adds no detail"
    assert long.evidence.startswith(
        "40 images of 100 have one side at least twice as long as the other, up to 10.0 times"
    )
    assert "(20 x 200)" in long.evidence


def test_flat_images_are_named_where_their_names_are_known():
    found = replace(NONE, blank=tuple(("train", at) for at in range(7)))
    (named,) = find_copies(found, blank=[f"cats/{at}.png" for at in range(7)])
    assert named.fix == "remove what is empty: cats/0.png, cats/1.png, cats/2.png, cats/3.png, cats/4.png and 2 more"
    (unnamed,) = find_copies(found)
    assert unnamed.fix.startswith("paribus data show names them")


def test_what_a_study_refuses_is_said_with_the_errors_own_fix():
    error = DataError("data.source", wrong="test has cow", allowed="remove the directory cow", nearest="cows")
    (found,) = find_refusals([error])
    assert (found.severity, found.where, found.evidence) == ("stop", "data.source", "test has cow")
    assert found.fix == "remove the directory cow (did you mean cows?)"
