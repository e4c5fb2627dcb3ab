"""Folders looked into without decoding, against what was written into them."""

import pytest
from PIL import Image

from paribus.core import DataError
from paribus.data import folder_path, image_names, load_images, sensible_size, survey_folder
from paribus.study import DataSpec


@pytest.fixture
def photos(tmp_path):
    """24 images of two classes in three forms and two sizes, each of its own colour, and files that are none."""
    for number in range(24):
        name = ("cats", "dogs")[number % 2]
        (tmp_path / "photos" / name).mkdir(parents=True, exist_ok=True)
        size = (40, 30) if number % 3 else (20, 50)
        mode, ending = (("RGB", "png"), ("L", "jpg"), ("RGB", "bmp"))[number % 3]
        colour = number * 10 if mode == "L" else (number * 10, 0, 255 - number)
        Image.new(mode, size, colour).save(tmp_path / "photos" / name / f"{number:02}.{ending}")
    (tmp_path / "photos" / "cats" / "notes.txt").write_text("no image", encoding="utf-8")
    (tmp_path / "photos" / "dogs" / "Thumbs.db").write_bytes(b"litter")
    return tmp_path / "photos"


def test_a_survey_counts_what_was_written(photos):
    found = survey_folder(photos)
    assert found.classes == ("cats", "dogs")
    assert (found.train, found.validation, found.test, found.probed, found.unreadable) == (25, 0, 0, 25, 1)
    assert found.sizes == (((40, 30), 16), ((20, 50), 8))
    assert sorted(found.formats) == [("BMP", 8), ("JPEG", 8), ("PNG", 8)]
    assert found.modes == (("RGB", 16), ("L", 8))
    assert (found.shorter, sensible_size(found)) == (30, 24)


def test_a_quick_look_reads_few_headers_from_all_over_the_folder(photos):
    for path in photos.glob("dogs/??.*"):
        Image.new("RGB", (9, 9)).save(path)
    found = survey_folder(photos, most=10)
    assert found.train == 25
    assert found.probed <= 10
    assert (9, 9) in {size for size, _ in found.sizes}


def test_an_upright_photograph_that_was_stored_lying_is_counted_upright(photos):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (90, 70)).save(photos / "cats" / "turned.jpg", exif=exif)
    assert ((70, 90), 1) in survey_folder(photos).sizes


def test_names_are_those_of_the_files_whose_pixels_stand_there(photos):
    spec = DataSpec(source=f"folder:{photos}", resize=8, on_bad_image="skip")
    images = load_images(spec)
    train, test = image_names(photos, images)
    assert sorted((*train, *test)) == sorted(p.relative_to(photos).as_posix() for p in photos.glob("*/??.*"))
    for names, pixels in ((train, images.train_images), (test, images.test_images)):
        for name, image in zip(names, pixels, strict=True):
            with Image.open(photos / name) as original:
                wanted = original.convert("RGB").getpixel((5, 5))
            assert abs(image[:, 4, 4].astype(int) - wanted).max() <= 1
    (photos / "cats" / "00.png").unlink()
    assert image_names(photos, images) is None


def test_a_folder_that_is_not_there_names_its_neighbour(photos):
    with pytest.raises(DataError, match=r"there is no folder .*fotos\n  did you mean: photos"):
        survey_folder(photos.parent / "fotos")


def test_paths_of_folders_start_where_the_study_is(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert folder_path("folder:a/b", base_dir=tmp_path) == tmp_path / "a" / "b"
    assert folder_path("folder:~/a:b", base_dir=tmp_path / "x") == tmp_path / "a:b"
