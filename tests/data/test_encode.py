import io

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from paribus.data import jpeg, png

sides = st.integers(1, 9)
shapes = st.one_of(st.tuples(sides, sides), st.tuples(sides, sides, st.sampled_from([1, 3, 4])))


def decoded(data):
    return Image.open(io.BytesIO(data))


@given(pixels=shapes.flatmap(lambda shape: arrays(np.uint8, shape)))
def test_a_png_holds_exactly_the_pixels_it_was_made_of(pixels):
    found = np.asarray(decoded(png(pixels)))
    assert np.array_equal(found, pixels[:, :, 0] if pixels.shape[2:] == (1,) else pixels)


@given(pixels=arrays(np.uint8, st.tuples(sides, sides)), palette=arrays(np.uint8, (256, 4)))
def test_a_palette_gives_each_value_its_colour_and_its_transparency(pixels, palette):
    assert np.array_equal(np.asarray(decoded(png(pixels, palette=palette)).convert("RGBA")), palette[pixels])


def test_a_jpeg_keeps_its_proportions_and_its_colours():
    ramp = np.linspace(0, 255, 200).astype(np.uint8)
    pixels = np.broadcast_to(ramp[None, :, None], (100, 200, 3))
    data, size = jpeg(pixels, longest=50)
    assert size == decoded(data).size == (50, 25)
    assert np.abs(np.asarray(decoded(data)).astype(int)[:, :, 0] - ramp.reshape(50, 4).mean(axis=1)).max() < 4
    assert jpeg(pixels[:, :40], longest=500)[1] == (40, 100)
