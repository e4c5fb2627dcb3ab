"""Each transform of pixels against NumPy and Pillow, image by image."""

import math

import numpy as np
import pytest
import torch
from PIL import Image

from paribus.train.augment_pixels import cropped, erased, flipped, resized_crops, turned

TYPES = [torch.float32, torch.float64]


def images(shape=(7, 3, 12, 10)):
    return np.random.Generator(np.random.Philox(key=3)).integers(0, 256, size=shape, dtype=np.uint8)


def noise(count, *columns):
    return np.random.Generator(np.random.Philox(key=4)).random((count, *columns))


@pytest.mark.parametrize("dim", [2, 3])
def test_flips_mirror_the_images_that_were_drawn(dim):
    pixels, which = images(), noise(7) < 0.5
    expected = np.stack([np.flip(each, dim - 1) if flip else each for each, flip in zip(pixels, which, strict=True)])
    assert np.array_equal(flipped(torch.tensor(pixels), torch.tensor(which), dim=dim), expected)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
@pytest.mark.parametrize("shape", [(40, 3, 12, 10), (40, 1, 8, 8)])
def test_crops_are_cut_out_of_a_black_border(shape, dtype):
    pixels = images(shape)
    left, top, right, bottom = 2, 1, 4, 3
    corners = (noise(40, 2) * (top + bottom + 1, left + right + 1)).astype(np.int64)
    corners[:2] = [(0, 0), (top + bottom, left + right)]
    bordered = np.pad(pixels, ((0, 0), (0, 0), (top, bottom), (left, right)))
    height, width = shape[2:]
    expected = [
        each[:, row : row + height, column : column + width]
        for each, (row, column) in zip(bordered, corners, strict=True)
    ]
    found = cropped(torch.tensor(pixels).to(dtype), torch.tensor(corners), padding=(left, top, right, bottom))
    assert found.dtype == dtype
    assert np.array_equal(found, np.stack(expected))


@pytest.mark.parametrize("dtype", TYPES)
def test_resized_crops_agree_with_pillow(dtype):
    pixels = images((60, 3, 12, 10))
    down, across = 1 + (noise(60) * 12).astype(int), 1 + (noise(60)[::-1] * 10).astype(int)
    down[0], across[0] = 12, 10  # the whole image
    down[1], across[1] = 1, 1
    top, left = ((12 - down) * noise(60) + 0.5).astype(int), ((10 - across) * noise(60) + 0.5).astype(int)
    boxes = np.stack([top, left, down, across], axis=1).astype(np.int64)
    found = resized_crops(torch.tensor(pixels), torch.tensor(boxes), dtype=dtype)
    assert found.dtype == dtype
    for each, (row, column, height, width), mine in zip(pixels, boxes, found.numpy(), strict=True):
        for channel, plane in zip(each, mine, strict=True):
            piece = Image.fromarray(channel[row : row + height, column : column + width].astype(np.float32))
            theirs = np.asarray(piece.resize((10, 12), Image.Resampling.BILINEAR))
            np.testing.assert_allclose(plane, theirs, atol=1e-3)
    assert np.array_equal(found[0], pixels[0])


def pillow_turned(plane, degrees, resample):
    """Turn a plane in the middle of a black field, so that its edge is blended with black."""
    field = Image.fromarray(np.pad(plane.astype(np.float32), 12))
    return np.asarray(field.rotate(degrees, resample))[12:-12, 12:-12]


ANGLES = (-170.0, -47.3, -15.0, -3.2, 0.0, 0.7, 12.9, 33.0, 88.8)


@pytest.mark.parametrize("shape", [(9, 3, 12, 10), (9, 1, 9, 9)])
def test_turns_agree_with_pillow(shape):
    pixels = images(shape)
    turns = torch.tensor([(math.cos(math.radians(angle)), math.sin(math.radians(angle))) for angle in ANGLES])
    turns = turns.double()
    smooth = turned(torch.tensor(pixels), turns, interpolation="bilinear", dtype=torch.float64)
    nearest = turned(torch.tensor(pixels), turns, interpolation="nearest", dtype=torch.float32)
    assert nearest.dtype == torch.uint8
    same = 0.0
    for number, angle in enumerate(ANGLES):
        for channel in range(shape[1]):
            theirs = pillow_turned(pixels[number, channel], angle, Image.Resampling.BILINEAR)
            np.testing.assert_allclose(smooth[number, channel], theirs, atol=0.05)
            theirs = pillow_turned(pixels[number, channel], angle, Image.Resampling.NEAREST)
            same += (nearest[number, channel].numpy() == theirs).mean() / shape[1] / len(ANGLES)
    assert same > 0.998  # Pillow rounds coordinates to 16 bits: on the line between two pixels it may take the other
    assert np.array_equal(nearest[4], pixels[4])
    assert np.array_equal(smooth[4], pixels[4])


def test_a_quarter_turn_is_counter_clockwise_and_exact():
    pixels = images((1, 3, 9, 9))
    quarter = torch.tensor([[math.cos(math.pi / 2), math.sin(math.pi / 2)]], dtype=torch.float64)
    found = turned(torch.tensor(pixels), quarter, interpolation="nearest", dtype=torch.float32)
    assert np.array_equal(found, np.rot90(pixels, axes=(2, 3)))


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_a_hole_is_zero_and_the_rest_is_left(layout):
    pixels = images().astype(np.float32) + 1
    boxes = np.array(
        [(0, 0, 0, 0), (0, 0, 11, 9), (3, 4, 2, 5), (11, 9, 1, 1), (2, 0, 0, 4), (1, 1, 9, 1), (4, 4, 4, 4)]
    )
    expected = pixels.copy()
    for each, (top, left, down, across) in zip(expected, boxes, strict=True):
        each[:, top : top + down, left : left + across] = 0
    found = erased(torch.tensor(pixels).contiguous(memory_format=layout), torch.tensor(boxes))
    assert np.array_equal(found, expected)
    assert found.is_contiguous(memory_format=layout)
