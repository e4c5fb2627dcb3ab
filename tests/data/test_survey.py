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
    assert (found.train, found.validation, found.test, found.probed, found.unreadable) == (24, 0, 0, 25, 1)
    assert (found.others, found.exact) == (((".txt", 1),), True)
    assert found.sizes == (((40, 30), 16), ((20, 50), 8))
    assert sorted(found.formats) == [("BMP", 8), ("JPEG", 8), ("PNG", 8)]
    assert found.modes == (("RGB", 16), ("L", 8))
    assert (found.shorter, sensible_size(found)) == (30, 24)


def test_a_quick_look_reads_few_headers_from_all_over_the_folder(photos):
    for path in photos.glob("dogs/??.*"):
        Image.new("RGB", (9, 9)).save(path)
    found = survey_folder(photos, most=10)
    assert (found.train, found.others, found.exact) == (24, ((".txt", 1),), False)
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


def test_few_images_among_thousands_of_other_files_are_counted_by_their_ending(tmp_path):
    for name in ("cats", "dogs"):
        (tmp_path / name).mkdir()
        for number in range(600):
            (tmp_path / name / f"{number}.ogg").write_bytes(b"OggS")
        for number in range(15):
            Image.new("RGB", (9, 9)).save(tmp_path / name / f"{number}.PNG")
    found = survey_folder(tmp_path, most=200)
    assert (found.images, found.others) == (30, ((".ogg", 1200),))
    assert found.probed <= 200


def test_what_is_known_to_be_no_image_is_not_counted_whatever_its_header_says(photos):
    named = survey_folder(photos, leave_out=["cats/00.png", "dogs/01.jpg"])
    assert (named.images, named.sizes) == (22, (((40, 30), 15), ((20, 50), 7)))
    assert dict(named.others) == {".png": 1, ".jpg": 1, ".txt": 1}
