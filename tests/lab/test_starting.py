"""What is chosen for somebody's own images, from a look at them."""

import pytest
from PIL import Image

from paribus.core import DataError, StudyError
from paribus.lab import start
from paribus.lab.starting import OWN
from paribus.study import expand, gallery_text, parse_study

CODE = """
import numpy as np

def images():
    labels = np.arange(60) % 3
    pixels = np.random.default_rng(0).integers(0, 256, (60, 20, 30), dtype=np.uint8)
    return pixels, labels
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))
    return tmp_path


def photos(folder, *sizes, count=4, parts=("",)):
    for part in parts:
        for name in ("cats", "dogs"):
            (folder / part / name).mkdir(parents=True)
            for number in range(count):
                size = sizes[number % len(sizes)]
                Image.new("RGB", size, (number, 0, 0)).save(folder / part / name / f"{number}.png")
    return folder


def started(data, **options):
    text = start("mine", data=data, **options).text
    return parse_study(text, name="mine", base_dir=options.get("folder"))


@pytest.mark.parametrize(
    ("sizes", "resize"),
    [
        ([(500, 375), (640, 480)], 64),
        ([(500, 500)], 64),
        ([(40, 50), (45, 41)], 32),
        ([(30, 40)], None),
        ([(64, 64)], None),
        ([(7, 9)], 8),
        ([(5, 6), (4, 4)], 8),
    ],
)
def test_a_folders_images_get_a_size_that_suits_them_and_the_network(place, sizes, resize):
    photos(place / "photos", *sizes)
    study = started("photos")
    assert study.base.data.source == "folder:photos"
    assert study.base.data.resize == resize
    assert study.base.data.validation == 0.2


def test_a_validation_directory_is_used_and_test_images_decide_what_can_be_seen(place):
    photos(place / "photos", (20, 20), count=200, parts=("train", "val", "test"))
    study = started("folder:photos")
    assert study.base.data.validation == "given"
    assert study.design.smallest_effect == pytest.approx(0.02)  # 400 test images: standard error 1.5 pp
    assert started("photos", template="quickstart").base.data.validation == "given"


def test_paths_in_the_file_start_at_the_file(place):
    photos(place / "photos", (20, 20))
    (place / "studies").mkdir()
    study = started("photos", folder=place / "studies")
    assert study.base.data.source == "folder:../photos"
    assert started(str(place / "photos"), folder=place / "studies").base.data.source == f"folder:{place}/photos"


def test_a_function_of_ones_own_is_called_and_its_images_fitted(place):
    (place / "mine.py").write_text(CODE, encoding="utf-8")
    text = start("mine", data="mine.py:images").text
    study = parse_study(text, name="mine", base_dir=place)
    assert (study.base.data.source, study.base.data.resize) == ("mine.py:images", None)
    assert text.startswith("# Made by  paribus new  from own-images, for mine.py:images: 60 images, 3 classes, 30 x 20")


def test_a_template_for_larger_images_and_more_of_them_is_made_to_fit():
    study = started("digits", template="mnist-mlp-vs-cnn")
    assert (study.base.data.source, study.base.data.resize, study.base.data.validation) == ("digits", 28, 0.2)
    assert started("cifar10", template="mnist-cnn-lr").base.data.validation == 5000
    assert started("cifar10", template="mnist-cnn").base.data.normalize == "train"  # not MNIST's mean


def test_without_other_images_the_file_is_the_built_in_one():
    assert start("mine").text == gallery_text("quickstart")
    assert start("mine", template="mnist-cnn").text == gallery_text("mnist-cnn")
    assert start("mine", template="mnist-cnn", data="mnist").text == gallery_text("mnist-cnn")
    assert start("mine", data="kmnist").template == "quickstart"


def test_the_study_of_own_images_compares_augmentations(place):
    photos(place / "photos", (20, 20))
    start_of = start("mine", data="photos")
    assert start_of.template == OWN
    study = parse_study(start_of.text, name="mine", base_dir=place)
    augments = [condition.recipe.train.augment for condition in expand(study)]
    assert augments[0] == ()
    assert len(set(augments)) == 3


def test_what_is_no_source_is_named_with_its_neighbour(place):
    photos(place / "photos", (20, 20))
    with pytest.raises(StudyError, match=r"'fotos' is no source of images\n  did you mean: photos"):
        start("mine", data="fotos")


def test_epochs_are_chosen_by_images_not_by_files_and_what_is_none_is_left_out(place):
    photos(place / "photos", (500, 375), (375, 500), count=50)
    photos(place / "clean", (500, 375), (375, 500), count=50)
    for number in range(3000):
        (place / "photos" / "cats" / f"{number}.{'txt' if number % 10 else 'ogg'}").write_bytes(b"OggS")
    made = start("mine", data="photos")
    study, clean = parse_study(made.text, name="mine", base_dir=place), started("clean")
    assert study.base.train.epochs == clean.base.train.epochs == 30
    assert study.design.smallest_effect == clean.design.smallest_effect
    assert (study.base.data.on_bad_image, clean.base.data.on_bad_image) == ("skip", "stop")
    head = made.text.splitlines()
    assert head[0].endswith("for folder:photos: 100 images, 2 classes, 2 sizes.")
    (note,) = made.notes
    assert note.startswith("Of 3,100 files 3,000 are no image that can be used (2,700 .txt, 300 .ogg)")
    assert head[1] == f"# {note}"
    assert (
        parse_study(
            start("mine", data="photos", template="quickstart").text, name="mine", base_dir=place
        ).base.data.on_bad_image
        == "skip"
    )


def test_a_folder_without_an_image_is_refused_before_a_file_is_made_of_it(place):
    for name in ("cats", "dogs"):
        (place / "notes" / name).mkdir(parents=True)
        (place / "notes" / name / "1.txt").write_text("text", encoding="utf-8")
    with pytest.raises(DataError, match="none of the 2 files in notes is an image"):
        start("mine", data="notes")


def test_images_of_several_sizes_in_ones_own_code_get_a_size_as_those_of_a_folder_do(place):
    mixed = CODE.replace("return pixels, labels", "return [p[: 20 - i % 3] for i, p in enumerate(pixels)], labels")
    (place / "mine.py").write_text(mixed, encoding="utf-8")
    made = start("mine", data="mine.py:images")
    assert parse_study(made.text, name="mine", base_dir=place).base.data.resize == 16
    assert "60 images of several sizes, 3 classes" in made.text.splitlines()[0]
    (place / "mine.py").write_text(CODE.replace("return pixels, labels", "return pixels"), encoding="utf-8")
    with pytest.raises(DataError, match="images come without labels"):
        start("mine", data="mine.py:images")
