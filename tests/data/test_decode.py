import io
import struct
import warnings

import numpy as np
import pytest
from pictures import GREY, GREY_ALPHA, PALETTE, RGB, RGBA, chunk, noise, png, saved, smooth
from PIL import Image

from paribus.data.decode import UnreadableError, decode, quiet_pillow, size_in_header

COLOURS = noise(1, 5, 7, 3)
VALUES = noise(2, 5, 7)
ALPHA = noise(3, 5, 7)
WIDE = noise(4, 5, 7, dtype=np.uint16)
TABLE = noise(5, 16, 3)
INDEX = noise(6, 5, 7) % 16
BITS = noise(7, 5, 2)  # 14 of the 16 bits of each row are used


def over_white(values, alpha):
    share = alpha[..., np.newaxis] / 255
    return values * share + 255 * (1 - share)


def grey(values):
    return np.repeat(values[..., np.newaxis], 3, axis=2)


def keyed(values, clear):
    """Where a pixel has the colour that stands for nothing, white."""
    return np.where(np.all(values == clear, axis=-1, keepdims=True), 255, values)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (png(VALUES, colour=GREY), grey(VALUES)),
        (png(COLOURS, colour=RGB), COLOURS),
        (png(np.dstack([VALUES, ALPHA]), colour=GREY_ALPHA), over_white(grey(VALUES), ALPHA)),
        (png(np.dstack([COLOURS, ALPHA]), colour=RGBA), over_white(COLOURS, ALPHA)),
        (png(WIDE, colour=GREY, bits=16), grey(WIDE // 256)),
        (png(noise(8, 5, 7, 3, dtype=np.uint16), colour=RGB, bits=16), noise(8, 5, 7, 3, dtype=np.uint16) // 256),
        (png(WIDE, colour=GREY, bits=16, before=chunk(b"tRNS", int(WIDE[2, 3]).to_bytes(2, "big"))),
         grey(np.where(WIDE[2, 3] == WIDE, 255, WIDE // 256))),
        (png(INDEX, colour=PALETTE, before=chunk(b"PLTE", TABLE.tobytes())), TABLE[INDEX]),
        (png(INDEX, colour=PALETTE, before=chunk(b"PLTE", TABLE.tobytes()) + chunk(b"tRNS", bytes([0, 99, 255]))),
         over_white(TABLE[INDEX], np.array([0, 99, *[255] * 14])[INDEX])),
        (png(COLOURS, colour=RGB, before=chunk(b"tRNS", COLOURS[1, 1].astype(">u2").tobytes())),
         keyed(COLOURS, COLOURS[1, 1])),
        (png(VALUES, colour=GREY, before=chunk(b"tRNS", int(VALUES[1, 1]).to_bytes(2, "big"))),
         keyed(grey(VALUES), grey(VALUES)[1, 1])),
        (png(BITS, colour=GREY, bits=1, claims=(14, 5)), grey(np.unpackbits(BITS, axis=1)[:, :14] * 255)),
        (saved(COLOURS, "BMP"), COLOURS),
        (saved(VALUES, "BMP"), grey(VALUES)),
        (saved(np.unpackbits(BITS, axis=1).astype(bool), "BMP"), grey(np.unpackbits(BITS, axis=1) * 255)),
        (saved(COLOURS, "WEBP", settings={"lossless": True}), COLOURS),
        (saved(np.dstack([COLOURS, ALPHA]), "WEBP", settings={"lossless": True, "exact": True}),
         over_white(COLOURS, ALPHA)),
    ],
    ids=["grey", "RGB", "grey and alpha", "RGBA", "16-bit grey", "16-bit RGB", "16-bit grey with a clear value",
         "palette", "palette with alpha", "RGB with a clear colour", "grey with a clear value", "1 bit", "BMP",
         "grey BMP", "1-bit BMP", "WEBP", "WEBP with alpha"],
)  # fmt: skip
def test_every_kind_of_lossless_file_becomes_the_pixels_that_were_written(content, expected):
    found = decode(content, size=None)
    assert (found.dtype, found.shape) == (np.uint8, expected.shape)
    # half a step for what lies between two values, and Pillow's rounding of its own product
    assert np.abs(found.astype(int) - expected).max() <= (1 if expected.dtype == float else 0)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_lossy_files_become_about_the_pixels_that_were_written(kind):
    picture = smooth(1, 40, 60)
    found = decode(saved(picture, kind, settings={"quality": 95}), size=None)
    assert np.abs(found - picture.astype(int)).mean() < 3
    only_grey = decode(saved(picture[..., 0], kind, settings={"quality": 95}), size=None)
    assert np.abs(only_grey - grey(picture[..., 0]).astype(int)).mean() < 3


def test_cmyk_becomes_what_ink_leaves_of_white():
    ink = np.dstack([smooth(2, 24, 24), smooth(3, 24, 24)[..., :1] // 2])
    content = saved(Image.frombytes("CMYK", (24, 24), ink.tobytes()), "JPEG", settings={"quality": 98})
    expected = (255.0 - ink[..., :3]) * (255.0 - ink[..., 3:]) / 255
    assert np.abs(decode(content, size=None) - expected).mean() < 3


# EXIF 2.3, tag 274: where the stored first row and first column are to be seen.
SEEN = {
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}


def seen(stored, orientation):
    """Place every stored pixel where the tag says that it is seen."""
    row_at, column_at = SEEN[orientation]
    height, width = stored.shape[:2]
    turned = row_at in ("left", "right")
    out = np.zeros((width, height, 3) if turned else stored.shape, dtype=np.uint8)
    for row, column in np.ndindex(height, width):
        from_row = row if row_at in ("top", "left") else height - 1 - row
        from_column = column if column_at in ("left", "top") else width - 1 - column
        out[(from_column, from_row) if turned else (from_row, from_column)] = stored[row, column]
    return out


@pytest.mark.parametrize("orientation", SEEN)
@pytest.mark.parametrize(("kind", "settings"), [("PNG", {}), ("WEBP", {"lossless": True})])
def test_exif_orientation_is_applied(kind, settings, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = saved(COLOURS, kind, exif=exif, settings=settings)
    expected = seen(COLOURS, orientation)
    np.testing.assert_array_equal(decode(content, size=None), expected)
    assert size_in_header(io.BytesIO(content)) == expected.shape[1::-1]


def test_the_orientation_of_a_jpeg_file_is_applied_and_a_broken_one_ignored():
    picture = smooth(4, 16, 24)
    exif = Image.Exif()
    exif[0x0112] = 6
    found = decode(saved(picture, "JPEG", exif=exif, settings={"quality": 98}), size=None)
    assert np.abs(found - seen(picture, 6).astype(int)).mean() < 3
    for broken in (b"Exif\0\0MM\0*\0\0\0\x08\xff\xff", b"Exif\0\0nonsense", b"Exif\0\0"):
        with quiet_pillow():
            assert decode(saved(picture, "JPEG", exif=broken), size=None).shape == picture.shape


@pytest.mark.parametrize("shape", [(30, 40), (41, 30), (8, 8), (5, 3), (1, 9)])
@pytest.mark.parametrize("size", [8, 13])
def test_a_size_is_the_centred_square_scaled(shape, size):
    picture = noise(9, *shape, 3)
    side = min(shape)
    top, left = (shape[0] - side) // 2, (shape[1] - side) // 2
    square = Image.fromarray(picture[top : top + side, left : left + side])
    expected = square.resize((size, size), Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(decode(saved(picture, "PNG"), size=size), np.asarray(expected))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_the_first_frame_of_an_animation_is_taken(kind):
    first, second = Image.fromarray(COLOURS), Image.fromarray(255 - COLOURS)
    settings = {"save_all": True, "append_images": [second], "lossless": True}
    np.testing.assert_array_equal(decode(saved(first, kind, settings=settings), size=None), COLOURS)


def test_a_colour_profile_changes_nothing():
    content = saved(COLOURS, "PNG", settings={"icc_profile": b"no profile at all"})
    np.testing.assert_array_equal(decode(content, size=None), COLOURS)


JPEG = saved(smooth(5, 64, 64), "JPEG")
PNG = png(COLOURS, colour=RGB)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"hello, world", "is no image; only PNG, JPEG, WEBP and BMP images are read"),
        (saved(COLOURS, "GIF"), "is a GIF image; only PNG"),
        (saved(COLOURS, "TIFF"), "is a TIFF image; only PNG"),
        (b"\0\0\0\x18ftypheic", "is a HEIC image; only PNG"),
        (JPEG[: len(JPEG) // 2], "cannot be decoded: (?i:.*truncated)"),
        (PNG[: len(PNG) // 2], "cannot be decoded"),
        (PNG[:20], "cannot be decoded|begins as an image"),
        (saved(COLOURS, "BMP")[:-9], "cannot be decoded: image file is truncated"),
        (saved(COLOURS, "WEBP")[:-9], "cannot be decoded|begins as an image"),
        (png(COLOURS, colour=RGB, claims=(10_001, 10_000)), "is 10,001 x 10,000, larger than 100 megapixels"),
        (png(COLOURS, colour=RGB, claims=(60_000, 60_000)), "is larger than 100 megapixels"),
        (b"BM" + struct.pack("<IIIIiiHHIIIIII", 99, 0, 54, 40, 50_000, 50_000, 1, 24, 0, 0, 0, 0, 0, 0),
         "is larger than 100 megapixels"),
    ],
)  # fmt: skip
def test_what_gives_no_image_has_a_reason(content, reason):
    with quiet_pillow(), pytest.raises(UnreadableError, match=reason):
        decode(content, size=8)


def test_a_flipped_bit_in_the_pixels_of_a_png_file_is_noticed():
    # Of such a file, decoding alone takes one flipped bit in 25 for other pixels.
    content = saved(smooth(1, 40, 40), "PNG")
    unnoticed = []
    for place in range(content.index(b"IDAT"), len(content) - 12):
        damaged = bytearray(content)
        damaged[place] ^= 4
        try:
            decode(bytes(damaged), size=None)
        except UnreadableError:
            continue
        unnoticed.append(place)
    assert unnoticed == []


def mutated(content, words):
    """Change, cut, repeat or fill bytes of a file, as drawn."""
    damaged = bytearray(content)
    for _ in range(int(words.integers(1, 6))):
        place = int(words.integers(0, max(1, len(damaged))))
        act = int(words.integers(0, 5))
        if act == 0:
            del damaged[place:]
        elif act == 1:
            damaged[place : place + 1] = bytes([int(words.integers(0, 256))])
        elif act == 2:
            damaged[place : place + 4] = struct.pack(">I", int(words.integers(0, 2**32)))
        elif act == 3:
            damaged[place:place] = damaged[place // 2 : place // 2 + 20]
        else:
            damaged[place : place + 8] = bytes(8)
    return bytes(damaged)


def test_four_hundred_damaged_files_are_decoded_or_have_a_reason():
    picture = smooth(6, 20, 30)
    exif = Image.Exif()
    exif[0x0112] = 6
    originals = [
        saved(picture, "PNG", exif=exif),
        saved(picture, "JPEG", exif=exif),
        saved(picture, "WEBP", exif=exif),
        saved(picture, "BMP"),
    ]
    words = np.random.Generator(np.random.Philox(key=11))
    reasons, decoded = [], 0
    for number in range(400):
        damaged = mutated(originals[number % 4], words)
        try:
            with quiet_pillow():
                found = decode(damaged, size=8)
        except UnreadableError as error:
            reasons.append(str(error))
        else:
            assert (found.shape, found.dtype) == ((8, 8, 3), np.uint8)
            decoded += 1
    assert min(decoded, len(reasons)) > 50
    # the same words every time: no address in memory, no second line
    assert [reason for reason in reasons if "\n" in reason or "0x" in reason] == []


def test_pillows_warnings_are_kept_and_those_of_others_are_not(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 30)  # of 35: Pillow warns
    with pytest.raises(Image.DecompressionBombWarning, match="exceeds limit"):
        Image.open(io.BytesIO(PNG))
    with quiet_pillow():
        assert decode(PNG, size=None).shape == COLOURS.shape
        with pytest.raises(UserWarning, match="of somebody else"):
            warnings.warn("of somebody else", stacklevel=1)
