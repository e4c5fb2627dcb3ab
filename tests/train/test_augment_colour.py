"""ColorJitter against Python's own colorsys, pixel by pixel."""

import colorsys
import itertools

import numpy as np
import pytest
import torch

from paribus.train.augment_colour import jittered
from paribus.train.augment_draws import JITTERS

ORDERS = np.array(list(itertools.permutations(range(4))))


def images(channels=3):
    noise = np.random.Generator(np.random.Philox(key=8))
    pixels = noise.integers(0, 256, size=(24, channels, 4, 5), dtype=np.uint8)
    pixels[:, :, 0, 0], pixels[:, :, 0, 1], pixels[:, :, 0, 2] = 0, 255, 77  # black, white, grey
    pixels[:, :, 1, 0] = [[200, 200, 13][:channels]] * 24  # two channels alike
    return pixels, noise.random((24, 4)) * (0.8, 0.8, 0.8, 1.0) + (0.6, 0.6, 0.6, -0.5)


def grey(pixel):
    return 0.2989 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2] if len(pixel) == 3 else pixel[0]


def clamp(value):
    return min(max(value, 0.0), 1.0)


def by_hand(image, factors, order, names):
    """Change a list of pixels in [0, 1], each a list of channels."""
    for number in order:
        name, factor = JITTERS[number], factors[number]
        if name not in names or (len(image[0]) == 1 and name in ("saturation", "hue")):
            continue
        if name == "brightness":
            image = [[clamp(value * factor) for value in pixel] for pixel in image]
        elif name == "contrast":
            mean = sum(grey(pixel) for pixel in image) / len(image)
            image = [[clamp(value * factor + mean * (1 - factor)) for value in pixel] for pixel in image]
        elif name == "saturation":
            image = [[clamp(value * factor + grey(pixel) * (1 - factor)) for value in pixel] for pixel in image]
        else:
            hsv = [colorsys.rgb_to_hsv(*pixel) for pixel in image]
            image = [list(colorsys.hsv_to_rgb((hue + factor) % 1, s, v)) for hue, s, v in hsv]
    return image


@pytest.mark.parametrize("names", [JITTERS, ("brightness", "contrast"), ("saturation",), ("hue",)])
@pytest.mark.parametrize("channels", [3, 1])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 0.01), (torch.float64, 1e-6)])
def test_jitters_in_every_order_agree_with_colorsys(names, channels, dtype, tolerance):
    pixels, factors = images(channels)
    found = jittered(torch.tensor(pixels).to(dtype), torch.tensor(factors).to(dtype), torch.tensor(ORDERS), names=names)
    for image, mine, factor, order in zip(pixels, found.numpy(), factors, ORDERS, strict=True):
        plain = (image.reshape(channels, -1).T / 255).tolist()
        expected = 255 * np.array(by_hand(plain, factor, order, names)).T.reshape(channels, 4, 5)
        np.testing.assert_allclose(mine, expected, atol=tolerance)


def test_grey_images_keep_their_pixels_under_saturation_and_hue():
    pixels, factors = images(1)
    found = jittered(
        torch.tensor(pixels).float(), torch.tensor(factors), torch.tensor(ORDERS), names=("saturation", "hue")
    )
    assert np.array_equal(found, pixels)
