"""Sample sheets: images as they will be trained on, a row for each class, in one PNG."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from paribus.core import DataError, Streams
from paribus.data.images import Images, Pixels
from paribus.data.split import Split, permutation

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

_MOST_CLASSES, _COLUMNS = 20, 12
_CELL = 72  # pixels on the sheet that small images are enlarged to, about
_LARGEST_CELL = 112
_GAP, _MARGIN, _GUTTER = 4, 20, 14
_LABEL_WIDTH = 170
_TEXT, _TITLE = 14, 17
_PAPER, _INK, _FAINT = (255, 255, 255), (32, 33, 36), (95, 99, 104)
# Fonts that know more than ASCII, where the system has them; Pillow's own comes last.
_FONTS = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "Arial Unicode.ttf",
    "arialuni.ttf",
    "NotoSansCJK-Regular.ttc",
    "msyh.ttc",
)
_UNASSIGNED = "\uffff"  # what a font draws for it is what it draws for all that it lacks


@dataclass(frozen=True, eq=False, slots=True)
class Row:
    """One line of a sheet: its label, images uint8 [n, C, H, W], and what follows the label however long that is."""

    label: str
    images: Pixels
    count: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class Block:
    """Rows of images of one size.

    Attributes:
        title: above the block.
        note: below the title, in small print; may be empty.
        rows: from top to bottom.
        apart: how many images at the left stand apart from the rest: originals beside what is made of them.
    """

    title: str
    note: str
    rows: tuple[Row, ...]
    apart: int = 0


def sample_rows(images: Images, split: Split, *, columns: int = _COLUMNS) -> tuple[Row, ...]:
    """Return training images of the first classes, drawn by a fixed rule, a row for each class."""
    labels = images.train_labels[split.train]
    rows = []
    for label, name in enumerate(images.classes[:_MOST_CLASSES]):
        members = split.train[labels == label]
        drawn = permutation(len(members), key=Streams(seed=0, vary=()).key("order", label))[:columns]
        rows.append(Row(name, images.train_images[np.sort(members[drawn])], f"({len(members):,})"))
    return tuple(rows)


def write_sheet(path: Path, blocks: Sequence[Block]) -> None:
    """Draw blocks below each other into a PNG file.

    Small images are enlarged by a whole factor, so that every pixel stays a square; large ones are made smaller.

    Raises:
        DataError: the file cannot be written.
    """
    from PIL import Image  # noqa: PLC0415 - needed by few commands

    parts = [_drawn(block) for block in blocks]
    width = max(part.width for part in parts) + 2 * _MARGIN
    height = sum(part.height + _MARGIN for part in parts) + _MARGIN
    sheet = Image.new("RGB", (width, height), _PAPER)
    top = _MARGIN
    for part in parts:
        sheet.paste(part, (_MARGIN, top))
        top += part.height + _MARGIN
    try:
        sheet.save(path, format="PNG")
    except (OSError, ValueError) as error:
        wrong = f"cannot be written: {getattr(error, 'strerror', None) or error}"
        raise DataError(str(path), wrong=wrong, allowed="a file in a folder that is there: --sheet FILE.png") from error


def _drawn(block: Block) -> "Image":
    from PIL import Image, ImageDraw  # noqa: PLC0415

    _, _, height, width = block.rows[0].images.shape
    cell = _cell(width, height)
    columns = max(len(row.images) for row in block.rows)
    gutter = _GUTTER if block.apart else 0
    head = 2 * _TITLE + (_TEXT + 8 if block.note else 0)
    inner = columns * (cell[0] + _GAP) + gutter
    words = max(_width(block.title, _TITLE), _width(block.note, _TEXT))
    made = Image.new(
        "RGB", (max(_LABEL_WIDTH + inner, words + _GAP), head + len(block.rows) * (cell[1] + _GAP)), _PAPER
    )
    pen = ImageDraw.Draw(made)
    pen.text((0, 0), _writable(block.title), font=_font(block.title, _TITLE), fill=_INK)
    pen.text((0, _TITLE + 8), _writable(block.note), font=_font(block.note, _TEXT), fill=_FAINT)
    for line, row in enumerate(block.rows):
        top = head + line * (cell[1] + _GAP)
        label = _label(row)
        pen.text((0, top + cell[1] // 2), _writable(label), font=_font(label, _TEXT), fill=_INK, anchor="lm")
        for column, pixels in enumerate(row.images):
            left = _LABEL_WIDTH + column * (cell[0] + _GAP) + (gutter if column >= block.apart else 0)
            made.paste(_picture(pixels, cell), (left, top))
    return made


def _cell(width: int, height: int) -> tuple[int, int]:
    """Return the size in which images are drawn: enlarged by a whole factor, or made smaller to fit."""
    longer = max(width, height)
    if longer > _LARGEST_CELL:
        return max(1, round(width * _LARGEST_CELL / longer)), max(1, round(height * _LARGEST_CELL / longer))
    factor = max(1, round(_CELL / longer))
    return width * factor, height * factor


def _picture(pixels: Pixels, cell: tuple[int, int]) -> "Image":
    from PIL import Image  # noqa: PLC0415

    plane = pixels[0] if len(pixels) == 1 else np.moveaxis(pixels[:3], 0, -1)
    picture = Image.fromarray(np.ascontiguousarray(plane)).convert("RGB")
    smaller = picture.width > cell[0]
    return picture.resize(cell, Image.Resampling.LANCZOS if smaller else Image.Resampling.NEAREST)


def _label(row: Row) -> str:
    """Return a label that fits before the images; its count stays."""
    behind = f"  {row.count}" if row.count else ""
    kept, most = row.label, _LABEL_WIDTH - 2 * _GAP
    while kept and _width(f"{kept}{'' if kept == row.label else '…'}{behind}", _TEXT) > most:
        kept = kept[:-1]
    return f"{kept}{'' if kept == row.label else '…'}{behind}"


def _width(text: str, size: int) -> int:
    return int(_font(text, size).getlength(_writable(text))) + 1


def _writable(text: str) -> str:
    """Return text on one line, with a question mark for what the font lacks."""
    shown = "".join(each if each.isprintable() else "?" for each in text)
    font = _font(text, _TEXT)
    return "".join(each if _knows(font, each) else "?" for each in shown)


def _font(text: str, size: int) -> "FreeTypeFont":
    """Return the first font that can write the whole text, else the one that can write most of it."""
    fonts = _fonts(size)
    return max(fonts, key=lambda font: sum(_knows(font, each) for each in set(text)))


@functools.cache
def _fonts(size: int) -> "tuple[FreeTypeFont, ...]":
    from PIL import ImageFont  # noqa: PLC0415

    found = []
    for name in _FONTS:
        try:
            found.append(ImageFont.truetype(name, size))
        except OSError:
            continue
    return (*found, cast("FreeTypeFont", ImageFont.load_default(size)))


@functools.cache
def _knows(font: "FreeTypeFont", character: str) -> bool:
    drawn, lacking = font.getmask(character), font.getmask(_UNASSIGNED)
    return drawn.size != lacking.size or bytes(drawn) != bytes(lacking)
