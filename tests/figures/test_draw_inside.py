import io
import itertools
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from paribus.core import Histogram, Picture, Planes
from paribus.figures import (
    PANEL_HEIGHT,
    PANEL_WIDTH,
    confusion_data,
    draw_confusion,
    draw_picture,
    draw_planes,
    draw_row,
    draw_spread,
    draw_strip,
    draw_zones,
    spreads,
)

ORANGE, BLUE = (213, 94, 0), (0, 114, 178)
byte_planes = st.tuples(st.integers(1, 20), st.sampled_from([1, 3]), st.integers(1, 30), st.integers(1, 30)).flatmap(
    lambda shape: arrays(np.uint8, shape)
)


def pixels(bitmap, mode="RGBA"):
    return np.asarray(Image.open(io.BytesIO(bitmap.data)).convert(mode))


def planes(values, *, low=-1.0, high=1.0, of="filters"):
    return Planes("1. Conv2d(1, 4, 5)", of, len(values), values.shape, low, high, values.tobytes())


def tile(found, index, side, *, columns=8):
    top, left = (place * (side + 1) for place in divmod(index, columns))
    return found[top : top + side, left : left + side]


def histogram(low, high, *counts):
    return Histogram("1. Linear(4, 3)", "weight", low, high, counts)


@settings(deadline=None)
@given(values=byte_planes)
def test_every_number_of_every_filter_is_a_square_of_its_own_colour(values):
    found = pixels(draw_planes(planes(values), most=64))
    count, channels, height, width = values.shape
    factor = -(-12 // max(height, width))
    numbers = values / 127.5 - 1
    strong = np.quantile(np.abs(numbers), 0.995)  # never 0: no byte stands for it
    for index in range(count):
        row, column = divmod(index, 8)
        top, left = row * (factor * height + 1), column * (factor * width + 1)
        drawn = found[top : top + factor * height : factor, left : left + factor * width : factor].astype(int)
        if channels == 3:
            expected = 127.5 * (1 + np.clip(numbers[index] / strong, -1, 1))
            assert np.abs(drawn[..., :3] - np.moveaxis(expected, 0, -1)).max() <= 0.5001
        else:
            expected = 255 * np.minimum(1, np.abs(numbers[index, 0]) / strong)
            # The lowest bytes are drawn as the third lowest.
            exact = values[index, 0] > 1
            assert np.abs(drawn[..., 3] - expected)[exact].max(initial=0) <= 0.5001
            assert (drawn[numbers[index, 0] > 0][:, :3] == ORANGE).all()
            assert (drawn[numbers[index, 0] < 0][:, :3] == BLUE).all()


def test_tiles_are_apart_and_what_is_not_shown_is_not_counted():
    values = np.full((10, 1, 12, 12), 255, dtype=np.uint8)
    bitmap = draw_planes(planes(values, of="maps"), most=9)
    found = pixels(bitmap)
    assert bitmap.count == 9
    assert found.shape == (25, 8 * 13 - 1, 4)
    assert (tile(found, 8, 12) == (*ORANGE, 255)).all()
    gaps = np.concatenate([found[12, :12], *(found[:12, 12 + 13 * place] for place in range(7))])
    assert (gaps == (128, 128, 128, 140)).all()
    assert (found[12:, 12:, 3] == 0).all()  # nothing after the last


def test_large_maps_are_averaged_not_cut():
    values = np.zeros((1, 1, 128, 130), dtype=np.uint8)
    values[0, 0, :, 65:] = 200
    found = pixels(draw_planes(planes(values, low=0.0, high=255.0, of="maps"), most=4))
    assert found.shape[:2] == (43, 44)
    assert found[20, 5, 3] <= 3
    assert found[20, 40, 3] == 255


@given(arrays(np.uint8, st.sampled_from([(1, 8, 8), (3, 5, 9), (3, 64, 64), (2, 4, 4)])))
def test_a_small_picture_keeps_every_pixel(values):
    found = pixels(draw_picture(Picture(0, 0, values.shape, values.tobytes())), "RGB")
    expected = values[:3] if len(values) == 3 else np.repeat(values[:1], 3, axis=0)
    assert np.array_equal(np.moveaxis(found, -1, 0), expected)


def test_a_photograph_becomes_small_enough_for_a_page_of_many():
    rng = np.random.Generator(np.random.Philox(key=3))
    noise = rng.integers(0, 256, (3, 240, 320), dtype=np.uint8)
    bitmap = draw_picture(Picture(0, 0, noise.shape, noise.tobytes()))
    assert (bitmap.kind, bitmap.width, bitmap.height) == ("jpeg", 96, 72)
    assert len(bitmap.data) < 15_000


def test_views_stand_in_a_row_with_clear_gaps():
    one, two = (Picture(0, 0, (1, 12, 12), bytes([value] * 144)) for value in (10, 250))
    found = pixels(draw_row((one, two)))
    assert (found[:, :12] == (10, 10, 10, 255)).all()
    assert (found[:, 12, 3] == 0).all()
    assert (found[:, 13:] == (250, 250, 250, 255)).all()


def area(path):
    """Return the area between a stepped path and the ground, by its own reading of the path."""
    x, y, total = *map(float, re.match(r"M(\S+) (\S+?)(?=V)", path).groups()), 0.0
    for command, value in re.findall(r"([VH])([-\d.]+)", path):
        if command == "V":
            y = float(value)
        else:
            total += (float(value) - x) * (PANEL_HEIGHT - y)
            x = float(value)
    return total


def test_start_and_end_have_equal_areas_in_one_frame():
    start, end = histogram(-0.5, 0.5, *[100] * 20), histogram(-1, 1, *range(5, 15), *range(15, 5, -1))
    (found,) = spreads([(0, [start]), (1, [end])])
    one, other, zero = draw_spread(found)
    assert area(one) == pytest.approx(area(other), rel=0.03)
    assert area(one) > PANEL_WIDTH * PANEL_HEIGHT / 4
    assert zero == f"M{PANEL_WIDTH // 2} 0V{PANEL_HEIGHT}"


def test_a_single_value_is_a_line_where_it_lies():
    (found,) = spreads([(0, [histogram(1, 1, 8)]), (1, [histogram(0.5, 1.5, 2, 4, 2)])])
    start, _, zero = draw_spread(found)
    assert (start, zero) == (f"M{PANEL_WIDTH // 2} {PANEL_HEIGHT}V0", "")


def test_zones_cover_the_panel_and_their_shares_are_everything():
    (found,) = spreads([(0, [histogram(-1, 1, 3, 1)]), (1, [histogram(-2, 2, 1, 2, 3, 4)])])
    zones = draw_zones(found)
    assert sum(zone.start for zone in zones) == pytest.approx(1)
    assert sum(zone.end for zone in zones) == pytest.approx(1)
    assert (zones[0].low, zones[-1].high) == (found.low, found.high)
    assert all(before.high == after.low for before, after in itertools.pairwise(zones))


def test_a_strip_has_a_row_for_each_epoch_that_is_darkest_where_most_numbers_are():
    epochs = [(epoch, [histogram(-1, 1, *[0] * place, 600, *[0] * (7 - place))]) for epoch, place in enumerate((1, 6))]
    found = pixels(draw_strip(spreads(epochs)[0]))
    assert found.shape == (2, 64, 4)
    assert [int(row.argmax()) // 8 for row in found[..., 3]] == [1, 6]


def test_a_matrix_of_many_classes_is_blue_where_right_and_orange_where_wrong():
    counts = np.diag([99] * 20)
    counts[3, 7] = 1
    bitmap = draw_confusion(confusion_data(counts.tolist()), size=400)
    found = pixels(bitmap)
    assert found.shape == (20, 20, 4)
    assert bitmap.width == bitmap.height == 400
    assert tuple(found[3, 7]) == (*ORANGE, 255)
    assert found[5, 5, 2] > found[5, 5, 0]
    assert np.count_nonzero(found[..., 3]) == 21
