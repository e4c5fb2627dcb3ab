"""Sample sheets, read again pixel by pixel."""

import numpy as np
import pytest
from PIL import Image

from paribus.core import DataError, Streams
from paribus.data import Block, Row, sample_rows, split_images, write_sheet
from paribus.study import DataSpec


def noise(count, *shape):
    return np.random.Generator(np.random.Philox(key=5)).integers(0, 256, size=(count, *shape), dtype=np.uint8)


def found_at(sheet, picture):
    """Return where a picture [H, W, 3] stands on a sheet, pixel for pixel, as (top, left)."""
    height, width, _ = picture.shape
    corners = np.argwhere((sheet[: -height + 1, : -width + 1] == picture[0, 0]).all(axis=2))
    return [
        (int(top), int(left))
        for top, left in corners
        if np.array_equal(sheet[top : top + height, left : left + width], picture)
    ]


def test_small_images_stand_on_the_sheet_in_rows_with_every_pixel_a_square(tmp_path):
    images = noise(6, 3, 9, 9)
    rows = (Row("cats", images[:3], "3"), Row("dogs\x1b[31m and a name without an end" * 3, images[3:], "3"))
    write_sheet(tmp_path / "sheet.png", [Block("A title", "a note", rows, apart=1)])
    sheet = np.array(Image.open(tmp_path / "sheet.png"))
    places = []
    for image in images:
        enlarged = np.moveaxis(image, 0, -1).repeat(8, axis=0).repeat(8, axis=1)
        (place,) = found_at(sheet, enlarged)
        places.append(place)
    tops, lefts = [top for top, _ in places], [left for _, left in places]
    assert tops == [tops[0]] * 3 + [tops[3]] * 3
    assert tops[3] > tops[0] + 72
    assert lefts[:3] == lefts[3:]
    assert lefts[1] - lefts[0] > lefts[2] - lefts[1] > 72  # the first stands apart


def test_a_long_label_does_not_run_into_the_images(tmp_path):
    white = np.full((2, 1, 64, 64), 255, dtype=np.uint8)
    write_sheet(tmp_path / "sheet.png", [Block("", "", (Row("W" * 200, white, "1,000"),))])
    sheet = np.array(Image.open(tmp_path / "sheet.png"))
    assert (sheet[:, 190:] == 255).all()
    assert (sheet[:, :190] < 100).any()


def test_large_and_grey_images_are_made_to_fit(tmp_path):
    grey = np.full((1, 1, 300, 600), 90, dtype=np.uint8)
    write_sheet(tmp_path / "sheet.png", [Block("", "", (Row("", grey),))])
    sheet = np.array(Image.open(tmp_path / "sheet.png"))
    assert int((sheet == 90).all(axis=2).sum()) == 112 * 56


def test_a_row_for_each_class_has_training_images_of_that_class_only(made):
    images = made([0, 1, 2] * 40, shape=(1, 3, 3))
    split = split_images(images, DataSpec(source="digits", validation=30), streams=Streams(0))
    rows = sample_rows(images, split, columns=5)
    assert [(row.label, row.count) for row in rows] == [("0", "(30)"), ("1", "(30)"), ("2", "(30)")]
    for label, row in enumerate(rows):
        own = images.train_images[split.train[images.train_labels[split.train] == label]]
        assert len(row.images) == 5
        assert all((own == image).all(axis=(1, 2, 3)).any() for image in row.images)
    again = sample_rows(images, split, columns=5)
    assert all(np.array_equal(one.images, other.images) for one, other in zip(rows, again, strict=True))


def test_a_sheet_that_cannot_be_written_says_where_it_can(tmp_path):
    with pytest.raises(DataError, match="No such file or directory"):
        write_sheet(tmp_path / "nowhere" / "sheet.png", [Block("", "", (Row("", noise(1, 1, 4, 4)),))])
