"""What is told of images before training, against what was put there."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from paribus import lab
from paribus.core import DataError, StudyError
from paribus.data import load_images
from paribus.lab.showing import source_of
from paribus.study import DataSpec

NOISE = np.random.Generator(np.random.Philox(key=11))


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def photos(place):
    """20 cats and 10 dogs in two sizes, one dog that is a cat too, and two files that are no images."""
    for name, count in (("cats", 20), ("dogs", 10)):
        (place / "photos" / name).mkdir(parents=True)
        for number in range(count):
            shape = (30, 40, 3) if number % 2 else (50, 20, 3)
            pixels = NOISE.integers(0, 256, size=shape, dtype=np.uint8)
            Image.fromarray(pixels).save(place / "photos" / name / f"{number:02}.png")
    (place / "photos" / "dogs" / "twin.png").write_bytes((place / "photos" / "cats" / "03.png").read_bytes())
    for name in ("a", "b"):
        (place / "photos" / "cats" / f"{name}.jpg").write_bytes(b"no image")
    return place / "photos"


@pytest.mark.usefixtures("photos")
def test_a_folder_that_would_stop_a_study_is_shown_all_the_same():
    shown = lab.show("photos")
    (table,) = shown.tables
    assert (shown.name, shown.is_study) == ("photos", False)
    assert [each.split(":")[0] for each in table.facts.skipped] == ["cats/a.jpg", "cats/b.jpg"]
    assert [each.code for each in table.findings if each.severity == "stop"] == ["data-bad-files", "data-sizes"]
    assert table.facts.image_shape == (3, 24, 24)  # chosen for the look: the study has no resize
    assert set(table.copies[0]) == {"cats/03.png", "dogs/twin.png"}
    assert table.duplicates.clashes == (("cats", "dogs"),)
    assert sum(table.facts.train) + sum(table.facts.test) == 31
    assert shown.sheet.name == "photos-samples.png"
    with Image.open(shown.sheet) as sheet:
        assert sheet.format == "PNG"


def test_a_validation_directory_is_shown_as_one(photos):
    for part in ("train", "val", "test"):
        for name in ("cats", "dogs"):
            (photos.parent / "split" / part / name).mkdir(parents=True)
            for path in sorted(photos.glob(f"{name}/0[0-5].png")):
                (photos.parent / "split" / part / name / path.name).write_bytes(path.read_bytes())
    (table,) = lab.show("split", "data.resize=16").tables
    assert (table.facts.train, table.facts.validation, table.facts.test) == ((6, 6),) * 3
    found = table.duplicates
    assert (found.test_in_train, found.validation_in_train, found.test_in_validation) == (12, 12, 12)
    assert {frozenset(names) for names in table.copies} == {
        frozenset(f"{part}/{name}/0{number}.png" for part in ("train", "val", "test"))
        for name in ("cats", "dogs")
        for number in range(6)
    }


def test_a_study_is_shown_with_its_data_tables_and_what_augmentation_makes_of_them(place):
    changes = ["vary.data.resize=[8, 16]", "data.validation=0.2", "train.augment=['RandomHorizontalFlip']"]
    shown = lab.show("digits", *changes, sheet=place / "x.png")
    assert [table.facts.image_shape for table in shown.tables] == [(1, 8, 8), (1, 16, 16)]
    assert [table.users for table in shown.tables] == [("resize=8",), ("resize=16",)]
    assert shown.augmentations == ((("RandomHorizontalFlip",), ("resize=8", "resize=16")),)
    plain = lab.show("digits", *changes[:2], sheet=place / "y.png")
    with Image.open(shown.sheet) as with_draws, Image.open(plain.sheet) as without:
        assert with_draws.height > without.height
    said = shown.json()
    assert said["data"][0]["classes"][3]["name"] == "3"
    assert sum(each["test"] for each in said["data"][0]["classes"]) == 359


def test_draws_stand_beside_their_original(place):
    from paribus.core import Streams  # noqa: PLC0415
    from paribus.data import split_images  # noqa: PLC0415
    from paribus.lab.samples import changed  # noqa: PLC0415

    spec = DataSpec(source="digits")
    images = load_images(spec, data_dir=place)
    split = split_images(images, spec, streams=Streams(0))
    flips = {("RandomHorizontalFlip",): ["flip"]}
    (block,) = changed(images, split, augmentations=flips, streams=Streams(0))
    assert block.apart == 1
    flipped = 0
    for row in block.rows:
        original, *draws = row.images
        for draw in draws:
            assert np.array_equal(draw, original) or np.array_equal(draw, original[:, :, ::-1])
            flipped += not np.array_equal(draw, original)
    assert 10 < flipped < 44  # of 54


def test_names_mean_sources_folders_or_studies(photos, place):
    assert source_of("mnist") == "mnist"
    assert source_of("folder:x") == "folder:x"
    assert source_of("a/b.py:f") == "a/b.py:f"
    assert source_of("photos") == "folder:photos"
    assert source_of("quickstart") is None
    (place / "old-12345678").mkdir()
    (place / "old-12345678" / "study.toml").write_text("question = '?'", encoding="utf-8")
    assert source_of("old-12345678") is None
    assert source_of("x" * 5000) is None
    assert photos.is_dir()


@pytest.mark.usefixtures("place")
def test_a_sheet_with_nowhere_to_go_is_refused_before_anything_is_read():
    with pytest.raises(DataError, match=r"no PNG file can be written as 'x.jpg'"):
        lab.show("folder:nowhere", sheet=Path("x.jpg"))


def test_sources_that_are_here_are_not_downloaded_and_unknown_ones_are_named():
    assert lab.fetch(["digits", "digits"]) == (lab.Fetched("digits", None, downloaded=False),)
    with pytest.raises(DataError, match=r"no source 'mnits' to download\n  did you mean: mnist"):
        lab.fetch(["digits", "mnits"])
    with pytest.raises(StudyError, match=r'"mnits" is neither a source nor a study\n  did you mean: mnist\n'):
        lab.show("mnits")


@pytest.mark.usefixtures("place")
def test_what_is_missing_is_fetched_once_from_the_mirror_that_was_named(monkeypatch, place):
    from paribus.data import Reading  # noqa: PLC0415
    from paribus.lab import fetching  # noqa: PLC0415

    monkeypatch.delenv("PARIBUS_DATA", raising=False)
    asked, seen = [], []

    def download(name, *, tell, mirror):
        asked.append((name, mirror))
        tell(Reading(f"downloading {name}", 1, 2, "bytes"))
        return place / name

    monkeypatch.setattr(fetching, "download_source", download)
    fetched = lab.fetch(["mnist", "mnist", "digits"], mirror="https://example.org/x", watch=seen.append)
    assert asked == [("mnist", "https://example.org/x")]
    assert fetched[0] == lab.Fetched("mnist", place / "mnist", downloaded=True)
    assert [(each.stage, each.reading.total) for each in seen] == [("downloading mnist", 2)]


def test_what_run_refuses_is_listed_and_the_rest_is_shown(photos):
    (photos / "empty").mkdir()
    (table,) = lab.show("photos", "data.resize=16").tables
    assert table.facts.classes == ("cats", "dogs")
    refused, bad = (each for each in table.findings if each.severity == "stop")
    assert (refused.code, bad.code) == ("data-refused", "data-bad-files")
    assert "class 'empty' has no images in photos" in refused.evidence
    assert "remove the directory empty" in refused.fix
    with pytest.raises(DataError, match="class 'empty' has no images in photos"):
        load_images(DataSpec(source="folder:photos", resize=16, on_bad_image="skip"))


def test_sizes_and_formats_are_those_of_images_that_can_be_decoded(place):
    for name in ("cats", "dogs"):
        (place / "photos" / name).mkdir(parents=True)
        for number in range(8):
            pixels = NOISE.integers(0, 256, size=(20, 20, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(place / "photos" / name / f"{number}.png")
    Image.fromarray(NOISE.integers(0, 256, size=(90, 40), dtype=np.uint8)).save(place / "whole.jpg")
    torn = (place / "whole.jpg").read_bytes()[:900]
    (place / "photos" / "cats" / "torn.jpg").write_bytes(torn)  # its header says 40 x 90, JPEG, grey
    (table,) = lab.show("photos").tables
    found = table.folder
    assert (found.sizes, found.formats, found.modes) == ((((20, 20), 16),), (("PNG", 16),), (("RGB", 16),))
    assert (found.images, found.others) == (16, ((".jpg", 1),))
    assert [each.code for each in table.findings if each.severity == "stop"] == ["data-bad-files"]
    assert table.facts.image_shape == (3, 20, 20)


def test_images_of_several_sizes_in_ones_own_code_are_shown_in_one(place):
    returned = "[np.eye(30 + i % 2 * 9) for i in range(20)], [0, 1] * 10"
    (place / "own.py").write_text(f"import numpy as np\ndef stamps():\n    return {returned}\n", encoding="utf-8")
    (table,) = lab.show("own.py:stamps").tables
    assert table.facts.image_shape == (1, 24, 24)
    (sizes,) = (each for each in table.findings if each.severity == "stop")
    assert (sizes.code, sizes.fix) == ("data-sizes", "data.resize = 24")
    assert "images have 2 shapes" in sizes.evidence


def test_flat_images_are_named_where_they_are_found(photos):
    Image.new("RGB", (30, 40)).save(photos / "cats" / "black.png")
    (table,) = lab.show("photos", "data.resize=16").tables
    assert table.blank == ("cats/black.png",)
    (fix,) = (each.fix for each in table.findings if each.code == "data-blank")
    assert fix == "remove what is empty: cats/black.png"
