import dataclasses
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paribus.core import StudyError
from paribus.study import (
    AUGMENTATIONS,
    ColorJitter,
    Mixup,
    RandomCrop,
    RandomErasing,
    RandomHorizontalFlip,
    RandomResizedCrop,
    RandomRotation,
    RandomVerticalFlip,
    TrainSpec,
    augmentations,
    check_fit,
)

PAGE = (Path(__file__).parents[2] / "docs" / "study-file.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RandomResizedCrop(32)", RandomResizedCrop((32, 32), (0.08, 1.0), (3 / 4, 4 / 3))),
        ("RandomResizedCrop((24, 32), (0.5, 1), (1, 2))", RandomResizedCrop((24, 32), (0.5, 1.0), (1.0, 2.0))),
        ("RandomResizedCrop(scale=(0.2, 1.0))", RandomResizedCrop(None, (0.2, 1.0))),
        ("RandomCrop(32, 4)", RandomCrop((32, 32), (4, 4, 4, 4))),
        ("RandomCrop(padding=(1, 2))", RandomCrop(None, (1, 2, 1, 2))),
        ("RandomCrop(padding=(1, 2, 3, 0))", RandomCrop(None, (1, 2, 3, 0))),
        ("RandomHorizontalFlip", RandomHorizontalFlip(0.5)),
        ("RandomVerticalFlip(0.1)", RandomVerticalFlip(0.1)),
        ("RandomRotation(15)", RandomRotation((-15.0, 15.0), "nearest")),
        ('RandomRotation((0, 90), "bilinear")', RandomRotation((0.0, 90.0), "bilinear")),
        (
            "ColorJitter(0.4, contrast=2, hue=0.1)",
            ColorJitter((0.6, 1.4), (0.0, 3.0), None, (-0.1, 0.1)),
        ),
        ("ColorJitter(saturation=(0.5, 1.5))", ColorJitter(saturation=(0.5, 1.5))),
        ("RandomErasing", RandomErasing(0.5, (0.02, 0.33), (0.3, 3.3))),
        ("mixup(0.2)", Mixup(0.2)),
    ],
)
def test_names_positions_and_defaults_are_torchvision_s(text, expected):
    (found,) = augmentations([text])
    assert type(found) is type(expected)
    for field in dataclasses.fields(expected):
        theirs = getattr(expected, field.name)
        numbers = isinstance(theirs, float | tuple)
        assert getattr(found, field.name) == (pytest.approx(theirs) if numbers else theirs), field.name


@pytest.mark.parametrize(
    ("text", "reason", "allowed"),
    [
        ("RandomCrp(32)", "is not on the list of augmentations", "RandomCrop"),
        ("MixUp(0.2)", "is not on the list of augmentations", "mixup"),
        ("transforms.RandomCrop(32)", "is not an augmentation", "without a prefix"),
        ("RandomCrop(__import__('os'))", "has an argument that is no literal", "numbers"),
        ("RandomCrop(32)", "lacks padding", "a whole number from 1"),
        ("RandomCrop(32, padding=0)", "has padding = 0", "a whole number from 1"),
        ("RandomCrop(32, padding=(1, 2, 3))", "has padding = (1, 2, 3)", "(left, top, right, bottom)"),
        ("RandomCrop(32, padding=True)", "has padding = True", "a whole number"),
        ("RandomCrop(32.0, padding=4)", "has size = 32.0", "a whole number"),
        ("RandomCrop(32, paddin=4)", "has the argument paddin", "size, padding"),
        ("RandomCrop(32, 4, size=32)", "has the argument size twice", "size, padding"),
        ("RandomHorizontalFlip(1.5)", "has p = 1.5", "0 to 1"),
        ("RandomHorizontalFlip(0.5, 1)", "has too many arguments", "p"),
        ("RandomResizedCrop(32, scale=(0.5, 0.1))", "has scale = (0.5, 0.1)", "(lowest, highest)"),
        ("RandomResizedCrop(32, scale=(0, 1))", "has scale = (0, 1)", "above 0"),
        ("RandomRotation", "lacks degrees", "0 to 180"),
        ("RandomRotation(-5)", "has degrees = -5", "0 to 180"),
        ("RandomRotation(15, interpolation='cubic')", "has interpolation = 'cubic'", "bilinear"),
        ("ColorJitter", "changes nothing", "brightness"),
        ("ColorJitter(hue=0.6)", "has hue = 0.6", "0.5"),
        ("ColorJitter(brightness=-0.1)", "has brightness = -0.1", "a number from 0"),
        ("RandomErasing(value=1)", "has the argument value", "p, scale, ratio"),
        ("mixup", "lacks alpha", "0.001"),
        ("mixup(0)", "has alpha = 0", "0.001"),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_what_is_allowed(refuse, base, text, reason, allowed):
    error = refuse(base.replace("epochs = 20", f"epochs = 20\naugment = ['RandomErasing', \"{text}\"]"))
    assert error.where == "train.augment[2]"
    assert reason in error.wrong
    assert allowed in error.allowed


@pytest.mark.parametrize(
    ("texts", "position", "reason"),
    [
        (["RandomErasing", "RandomHorizontalFlip"], 2, "comes after RandomErasing"),
        (["RandomHorizontalFlip", "mixup(1)", "mixup(0.2)"], 3, "comes after mixup"),
        (["mixup(1)", "RandomErasing"], 2, "comes after mixup"),
    ],
)
def test_another_order_than_pixels_erasing_mixup_is_refused(refuse, base, texts, position, reason):
    error = refuse(base.replace("epochs = 20", f"epochs = 20\naugment = {texts}"))
    assert error.where == f"train.augment[{position}]"
    assert reason in error.wrong


def test_a_level_that_is_wrong_is_refused_with_the_name_that_was_meant(refuse, base):
    levels = '"train.augment" = [{ label = "none", value = [] }, { label = "flip", value = ["RandomHorizontalFlp"] }]'
    error = refuse(base.replace('"train.lr" = [1.0, 0.1, 0.01]', levels))
    assert "train.augment" in error.where
    assert error.nearest == "RandomHorizontalFlip"


def test_a_sound_list_arrives_as_it_was_written():
    texts = ("RandomCrop(32, padding=4)", "RandomHorizontalFlip", "RandomErasing", "mixup(0.2)")
    assert TrainSpec(lr=0.1, batch_size=2, epochs=1, augment=texts).augment == texts


@pytest.mark.parametrize(
    ("text", "shape", "reason", "allowed"),
    [
        ("RandomCrop(32, padding=4)", (1, 28, 28), "makes 32 x 32 of images that are 28 x 28", "data.resize = 32"),
        ("RandomResizedCrop((24, 32))", (3, 32, 32), "makes 24 x 32", "the size 32, or none"),
        ("RandomCrop(padding=8)", (1, 8, 8), "can show nothing but the border", "padding up to 7"),
        ("ColorJitter(0.1)", (2, 8, 8), "on images of 2 channels", "1 or 3"),
    ],
)
def test_what_does_not_fit_the_images_is_refused_with_the_fix(text, shape, reason, allowed):
    with pytest.raises(StudyError, match=reason) as caught:
        check_fit(["RandomHorizontalFlip", text], image_shape=shape)
    assert caught.value.where == "train.augment[2]"
    assert allowed in caught.value.allowed


def test_what_fits_is_taken():
    check_fit(["RandomCrop((24, 32), padding=4)", "RandomResizedCrop", "ColorJitter(0.1)"], image_shape=(3, 24, 32))


def test_every_augmentation_stands_in_the_page():
    assert [name for name in AUGMENTATIONS if f"`{name}" not in PAGE] == []


@settings(deadline=None, max_examples=60)
@given(
    name=st.sampled_from([*AUGMENTATIONS, "Else"]),
    arguments=st.lists(
        st.sampled_from(["p", "size", "padding", "scale", "degrees", "hue", "alpha", ""]).flatmap(
            lambda key: st.one_of(
                st.integers(-2, 10**30), st.floats(), st.booleans(), st.none(), st.tuples(st.floats(), st.integers())
            ).map(lambda value: f"{key}={value!r}" if key else repr(value))
        ),
        max_size=4,
    ),
)
def test_whatever_the_arguments_the_answer_is_a_transform_or_the_one_error(name, arguments):
    try:
        (found,) = augmentations([f"{name}({', '.join(arguments)})"])
    except StudyError as error:
        assert error.where == "train.augment[1]"  # noqa: PT017  # either outcome is right, a third is not
    else:
        assert type(found).__name__.lower() == name.lower()
