"""What the section "Looking inside" shows: bitmaps as data, paths, and the words that belong to each of them."""

import base64
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from paribus.core import Picture, Planes
from paribus.figures import Bitmap, draw_confusion, draw_picture, draw_planes, draw_row, short_labels
from paribus.report.content import Example, Inspection, ReportContent, Sample
from paribus.report.inside_confusion import Matrix, matrix
from paribus.report.inside_spreads import Layer, layers

_LABEL = 24  # characters of a class name under a small image
_MATRIX = 440  # pixels of the page


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much is drawn.

    Attributes:
        inspections: networks, and samples of data likewise.
        wrong, right, hard: images in each grid.
        grid_bytes: of the image files of one grid.
        pictures, maps: pictures whose feature maps are drawn, maps of each layer.
        filters: of the first layer.
        parameters: panels of histograms.
        strips: whether histograms over epochs are drawn.
    """

    inspections: int
    wrong: int
    right: int
    hard: int
    grid_bytes: int
    pictures: int
    maps: int
    filters: int
    parameters: int
    strips: bool


PLENTY = Allowance(12, 21, 7, 14, 45_000, 3, 16, 64, 40, strips=True)
LESS = Allowance(12, 14, 7, 7, 15_000, 1, 8, 32, 16, strips=True)
LEAST = Allowance(6, 6, 2, 4, 6_000, 1, 4, 16, 8, strips=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """An image of the page: its address holds the file; sizes in pixels of the page; `alt` says what is seen."""

    uri: Markup
    width: int
    height: int
    alt: str


@dataclass(frozen=True, slots=True)
class Shot:
    """An image of a data set, and what a network says of it.

    Attributes:
        right: "2 of 5": how many networks get it right; empty where there is one network only.
    """

    image: Shown
    true: str
    predicted: str
    sure: str
    right: str


@dataclass(frozen=True, slots=True)
class Tiles:
    """Filters or feature maps of one layer, with the sentence over them."""

    layer: str
    count: str
    image: Shown


@dataclass(frozen=True, slots=True)
class Passage:
    """A picture and the feature maps that a network makes of it."""

    picture: Shown
    name: str
    tiles: tuple[Tiles, ...]


@dataclass(frozen=True, slots=True)
class Glance:
    """One network, ready to be printed; what is empty is left out.

    Attributes:
        networks: over how many networks of the condition images and confusion are counted; 0: not known.
        hard: those that are not among `wrong`.
        hard_total: None where nothing may be said.
        hard_above: how many of these are among `wrong`.
        matrix_picture: in place of a table with too many classes.
    """

    condition: str
    role: str
    seed: int
    note: str
    networks: int
    wrong: tuple[Shot, ...]
    right: tuple[Shot, ...]
    hard: tuple[Shot, ...]
    hard_total: int | None
    hard_above: int
    matrix: Matrix | None
    matrix_picture: Shown | None
    filters: tuple[Tiles, ...]
    coloured: bool
    passages: tuple[Passage, ...]
    layers: tuple[Layer, ...]
    left_out: int
    last_epoch: int
    strips: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """Images as they are, or rows of an image with its augmented views; of `shown` of so many classes."""

    augmentation: str
    conditions: tuple[str, ...]
    shown: int
    classes: int
    plain: tuple[tuple[Shown, str], ...]
    rows: tuple[tuple[Shown, str, Shown], ...]


@dataclass(frozen=True, slots=True)
class InsideView:
    """The whole section.

    Attributes:
        left_out: inspections that are not shown.
        thinned: whether there is less than there could be, for the size of the page.
    """

    sheets: tuple[Sheet, ...]
    glances: tuple[Glance, ...]
    left_out: int
    thinned: bool


def inside_view(content: ReportContent, *, allowance: Allowance) -> InsideView | None:
    """Return what is drawn of samples and inspections, None where there is neither."""
    if not content.samples and not content.inspections:
        return None
    shown = content.inspections[: allowance.inspections]
    return InsideView(
        sheets=tuple(_sheet(each, allowance) for each in content.samples[: allowance.inspections] if each.plain),
        glances=tuple(_glance(each, allowance) for each in shown),
        left_out=len(content.inspections) - len(shown),
        thinned=allowance != PLENTY,
    )


def _glance(inspection: Inspection, allowance: Allowance) -> Glance:
    names = class_labels(inspection.classes)
    every = (*inspection.wrong, *inspection.right, *inspection.hard)
    networks = max((each.seeds for each in every), default=0)
    outputs = any(not 0 <= each.confidence <= 1.001 for each in every)

    def drawn_shots(examples: Sequence[Example], most: int) -> tuple[Shot, ...]:
        return _shots(examples[:most], names=names, outputs=outputs, most_bytes=allowance.grid_bytes)

    wrong, right = drawn_shots(inspection.wrong, allowance.wrong), drawn_shots(inspection.right, allowance.right)
    above = {each.picture.index for each in inspection.wrong[: len(wrong)] if not each.right}
    others = [each for each in inspection.hard if each.picture.index not in above]
    hard = drawn_shots(others if networks > 1 else (), allowance.hard)
    table = matrix(inspection.confusion, names=names) if any(map(any, inspection.confusion)) else None
    drawn, left_out = layers(inspection.histograms, most=allowance.parameters, strips=allowance.strips)
    filters = [each for each in inspection.inside.planes if each.of == "filters"]
    return Glance(
        condition=inspection.condition,
        role=inspection.role,
        seed=inspection.seed,
        note=inspection.note,
        networks=networks,
        wrong=wrong,
        right=right,
        hard=hard,
        hard_total=inspection.hard_total if networks > 1 else None,
        hard_above=len(above) if networks > 1 else 0,
        matrix=table,
        matrix_picture=None if table is None or table.rows else _matrix_picture(table),
        filters=tuple(_tiles(each, most=allowance.filters, of="") for each in filters),
        coloured=any(each.shape[1] == 3 for each in filters),
        passages=_passages(inspection, names=names, allowance=allowance),
        layers=drawn,
        left_out=left_out,
        last_epoch=inspection.histograms[-1][0] if inspection.histograms else 0,
        strips=allowance.strips and len(inspection.histograms) > 1,
    )


def class_labels(classes: Sequence[str]) -> tuple[str, ...]:
    """Return names that fit under a small image, each one different as long as the classes are."""
    short = short_labels(classes, most=_LABEL)
    return tuple(short[each] for each in classes)


def _shots(examples: Iterable[Example], *, names: Sequence[str], outputs: bool, most_bytes: int) -> tuple[Shot, ...]:
    """Draw examples as long as there is room for their files; the first one in any case."""
    shots: list[Shot] = []
    used = 0
    for each in examples:
        true, predicted = names[each.picture.label], names[each.predicted]
        sure = _sure(each.confidence, outputs=outputs)
        image = _shown(draw_picture(each.picture), f"Test image {each.picture.index:,}")
        used += len(image.uri)
        if shots and used > most_bytes:
            break
        shots.append(Shot(image, true, predicted, sure, f"{each.right} of {each.seeds}" if each.seeds > 1 else ""))
    return tuple(shots)


def _sure(confidence: float, *, outputs: bool) -> str:
    if outputs:
        return f"output {confidence:.2f}"
    # Rounded up it would claim to be certain.
    return f"{min(0.999, math.floor(1000 * confidence) / 1000):.1%}".replace("%", "\xa0% sure")


def _shown(bitmap: Bitmap, alt: str) -> Shown:
    data = base64.b64encode(bitmap.data).decode()
    return Shown(
        Markup(f"data:image/{bitmap.kind};base64,{data}"),  # noqa: S704 - base64 has nothing to escape
        bitmap.width,
        bitmap.height,
        alt,
    )


def _matrix_picture(table: Matrix) -> Shown:
    alt = f"Confusion matrix of {len(table.names):,} classes; the most confused pairs are listed below it"
    return _shown(draw_confusion(table.data, size=_MATRIX), alt)


def _tiles(planes: Planes, *, most: int, of: str) -> Tiles:
    bitmap = draw_planes(planes, most=most)
    what = "filters" if planes.of == "filters" else "feature maps"
    some = f"{bitmap.count} of {planes.total:,}" if bitmap.count < planes.total else f"{planes.total:,}"
    size = f"{planes.shape[2]} \N{MULTIPLICATION SIGN} {planes.shape[3]}"
    count = f"{some} {what if planes.total != 1 else what[:-1]}, {size}"
    return Tiles(planes.layer, count, _shown(bitmap, f"{count}, of layer {planes.layer}{of}"))


def _passages(inspection: Inspection, *, names: Sequence[str], allowance: Allowance) -> tuple[Passage, ...]:
    passages = []
    for index, picture in enumerate(inspection.inside.pictures[: allowance.pictures]):
        of = f", for a picture of class {names[picture.label]}"
        maps = [each for each in inspection.inside.planes if each.of == "maps" and each.image == index]
        tiles = tuple(_tiles(each, most=allowance.maps, of=of) for each in maps)
        if tiles:
            passages.append(Passage(_pictured(picture, names), names[picture.label], tiles))
    return tuple(passages)


def _pictured(picture: Picture, names: Sequence[str]) -> Shown:
    return _shown(draw_picture(picture), f"Image {picture.index:,}, of class {names[picture.label]}")


def _sheet(sample: Sample, allowance: Allowance) -> Sheet:
    names = class_labels(sample.classes)
    views = sample.augmented
    most = allowance.wrong
    plain = () if views else sample.plain[:most]
    shown = plain or sample.plain[: most // 2]
    rows = []
    for original, augmented in list(zip(sample.plain, views, strict=False))[: most // 2]:
        if augmented:
            name = names[original.label]
            one = _shown(draw_row((original,)), f"Image {original.index:,}, of class {name}")
            rows.append((one, name, _shown(draw_row(augmented), f"{len(augmented)} augmented views of it")))
    return Sheet(
        augmentation=", ".join(sample.augmentation),
        conditions=sample.conditions,
        shown=len({each.label for each in shown}),
        classes=len(sample.classes),
        plain=tuple((_pictured(each, names), names[each.label]) for each in plain),
        rows=tuple(rows),
    )
