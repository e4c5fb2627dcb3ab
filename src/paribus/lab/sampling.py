"""What networks are shown in training, for a report: kept when images are prepared, as augmentation needs torch."""

import functools
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from paribus.core import DataFacts, Picture, Streams, digest
from paribus.data import Images, split_images
from paribus.lab.matrices import table_of
from paribus.lab.pixels import Pixels, packed, picture, spread, unpacked
from paribus.lab.prepare import Prepared, PreparedRun, Shelf
from paribus.lab.results import Results
from paribus.store import Store, StoreReader
from paribus.study import DataSpec
from paribus.train import Call, Pool, augmented

if TYPE_CHECKING:
    from paribus.report import Sample

_CLASSES, _IMAGES = 10, 4  # one image of each of so many classes; of fewer classes at least so many images
_VIEWS = (4, 2)  # rather fewer views of an image than fewer images
_LONGEST = 96  # pixels a side: a report shows larger images no larger
_GROUPS, _MOST_BYTES = 12, 600_000  # of a study; what a report has room for
_KIND = "samples"

Group = tuple[str, tuple[str, ...]]  # fingerprint of the images, augmentation


def samples(results: Results, store: StoreReader) -> "tuple[Sample, ...]":
    """Return the samples of each way in which the conditions show their training images; needs no torch."""
    from paribus.report import Sample  # noqa: PLC0415  charts: not for training

    users: dict[Group, list[str]] = {}
    classes: dict[Group, tuple[str, ...]] = {}
    for each in results.conditions:
        facts = results.facts["data"].get(table_of(results, each.name))
        if facts is not None:
            group = (facts["fingerprint"], each.recipe.train.augment)
            users.setdefault(group, []).append(each.name)
            classes[group] = tuple(facts["classes"])
    kept = store.facts(_KIND)
    found = []
    for group, names in users.items():
        plain, views = _kept(kept, (group[0], ())), _kept(kept, group) if group[1] else ()
        rows = {each.index: tuple(view for view in views if view.index == each.index) for each in plain}
        shown = tuple(each for each in plain if rows[each.index] or not group[1])
        if shown:
            changed = tuple(rows[each.index] for each in shown) if group[1] else ()
            found.append(Sample(group[1], tuple(names), classes[group], shown, changed))
    return tuple(found)


def keep_samples(store: Store, prepared: Prepared, *, shelf: Shelf, pool: Pool | None) -> None:
    """Keep the samples that are not kept yet; workers augment, where there are any, else torch is imported here."""
    first: dict[Group, PreparedRun] = {}
    for each in prepared.runs:
        first.setdefault((prepared.data[each.data].fingerprint, each.run.recipe.train.augment), each)
    groups = dict(list(first.items())[:_GROUPS])
    count, views = _affordable(list(groups), [prepared.data[each.data] for each in groups.values()])
    streams = Streams(0, prepared.study.design.vary_streams)
    for (fingerprint, augment), each in groups.items():
        kept, spec = store.reader.facts(_KIND), each.run.recipe.data
        most = min(count, sum(prepared.data[each.data].train))
        plain = _kept(kept, (fingerprint, ()))
        known = {picture.index for picture in _kept(kept, (fingerprint, augment))}
        if len(plain) >= most and len(known) >= most:
            continue
        images = shelf.take(spec)[0]
        if len(plain) < most:
            plain = _plain(images, spec, streams=streams, most=most)
            store.put_fact(_KIND, _key((fingerprint, ())), packed(plain))
        if augment:
            pictures = _views(images, plain[:most], augment, views=views, streams=streams, pool=pool)
            if pictures:
                store.put_fact(_KIND, _key((fingerprint, augment)), packed(pictures))


def _key(group: Group) -> str:
    return digest([group[0], list(group[1])])


def _kept(facts: Mapping[str, Mapping[str, object]], group: Group) -> tuple[Picture, ...]:
    return unpacked(facts.get(_key(group), {}))


def _affordable(groups: Sequence[Group], facts: Sequence[DataFacts]) -> tuple[int, int]:
    """Return how many images of each group are kept, at least one, and in how many views.

    The plain images are kept once, whatever is done to them. Where images are large, or groups many, there are fewer
    views, then fewer images.
    """
    sizes = {group: _size(each.image_shape) for group, each in zip(groups, facts, strict=True)}
    plain = sum({fingerprint: size for (fingerprint, _), size in sizes.items()}.values())
    changed = sum(size for (_, augment), size in sizes.items() if augment)
    classes = min(_CLASSES, max(len(each.classes) for each in facts))
    wanted = classes * math.ceil(_IMAGES / classes)
    for views in _VIEWS:
        found = min(wanted, _MOST_BYTES // (plain + views * changed))
        if found == wanted:
            break
    return max(1, found), views


def _size(shape: tuple[int, int, int]) -> int:
    """Return the bytes of an image as it is kept."""
    channels, height, width = shape
    step = _step(height, width)
    return channels * max(1, height // step) * max(1, width // step)


def _step(height: int, width: int) -> int:
    return math.ceil(max(height, width) / _LONGEST)


def _smaller(pixels: Pixels) -> Pixels:
    """Return images uint8 [N, C, H, W]; of large ones, means of squares of pixels."""
    count, channels, height, width = pixels.shape
    step = _step(height, width)
    if step == 1 or min(height, width) < step:
        return pixels
    cut = pixels[:, :, : height // step * step, : width // step * step]
    blocks = cut.reshape(count, channels, height // step, step, width // step, step)
    means: Pixels = np.rint(blocks.mean(axis=(3, 5))).astype(np.uint8)
    return means


def _plain(images: Images, spec: DataSpec, *, streams: Streams, most: int) -> tuple[Picture, ...]:
    """Return training images, one of each class before a second one."""
    train = split_images(images, spec, streams=streams).train
    places = train[spread(images.train_labels[train], most=most)]
    return _pictures(images, places.tolist(), _smaller(images.train_images[places]))


def _pictures(images: Images, places: Sequence[int], pixels: Pixels) -> tuple[Picture, ...]:
    return tuple(
        picture(each, index=place, label=int(images.train_labels[place]))
        for place, each in zip(places, pixels, strict=True)
    )


def _views(
    images: Images,
    plain: Sequence[Picture],
    augment: tuple[str, ...],
    *,
    views: int,
    streams: Streams,
    pool: Pool | None,
) -> tuple[Picture, ...]:
    """Return views of the pictures, all of one epoch after another: what seed 0's first epochs make of the images."""
    places = [each.index for each in plain]
    pixels = images.train_images[places]
    works = {
        epoch: functools.partial(augmented, augment=augment, streams=streams, epoch=epoch)
        for epoch in range(1, views + 1)
    }
    made: dict[int, Pixels] = {}
    if pool is None:
        made = {epoch: work(pixels) for epoch, work in works.items()}
    else:
        for answer in pool.ask([Call(str(epoch), work, pixels) for epoch, work in works.items()]):
            if answer.error is None:
                made[int(answer.key)] = answer.value
    if len(made) < views:  # of a worker that died there is no answer
        return ()
    return tuple(each for epoch in works for each in _pictures(images, places, _smaller(made[epoch])))
