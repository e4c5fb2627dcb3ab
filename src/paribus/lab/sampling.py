"""What networks are shown in training, for a report: kept when images are prepared, as augmentation needs torch."""

import functools
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from paribus.core import Picture, Streams, digest
from paribus.data import Images, split_images
from paribus.lab.matrices import table_of
from paribus.lab.pixels import Pixels, packed, picture, spread, unpacked
from paribus.lab.prepare import Prepared, Shelf
from paribus.lab.results import Results
from paribus.store import Store, StoreReader
from paribus.study import DataSpec
from paribus.train import Call, Pool, augmented

if TYPE_CHECKING:
    from paribus.report import Sample

_IMAGES, _VIEWS, _MOST_BYTES = 6, 4, 150_000
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
        rows = tuple(views[place : place + _VIEWS] for place in range(0, len(views), _VIEWS))
        plain = plain[: len(rows)] if group[1] else plain
        if plain:
            found.append(Sample(group[1], tuple(names), classes[group], plain, rows))
    return tuple(found)


def keep_samples(store: Store, prepared: Prepared, *, shelf: Shelf, pool: Pool | None) -> None:
    """Keep the samples that are not kept yet; workers augment, where there are any, else torch is imported here."""
    specs = {(prepared.data[each.data].fingerprint, each.run.recipe.train.augment): each for each in prepared.runs}
    kept = store.reader.facts(_KIND)
    if all(_key(group) in kept for group in specs):
        return
    streams = Streams(0, prepared.study.design.vary_streams)
    count = _affordable(list(specs), {group: prepared.data[each.data].image_shape for group, each in specs.items()})
    for group, each in specs.items() if count else ():
        plain = _kept(store.reader.facts(_KIND), (group[0], ()))
        if not plain:
            spec = each.run.recipe.data
            plain = _plain(shelf.take(spec)[0], spec, streams=streams, count=count)
            store.put_fact(_KIND, _key((group[0], ())), packed(plain))
        if group[1] and _key(group) not in kept:
            views = _views(plain[:count], group[1], streams=streams, pool=pool)
            if views:
                store.put_fact(_KIND, _key(group), packed(views))


def _key(group: Group) -> str:
    return digest([group[0], list(group[1])])


def _kept(facts: Mapping[str, Mapping[str, object]], group: Group) -> tuple[Picture, ...]:
    return unpacked(facts.get(_key(group), {}))


def _affordable(groups: Sequence[Group], shapes: Mapping[Group, tuple[int, int, int]]) -> int:
    """Return how many images of each group are kept: fewer where they are large, or groups many."""
    size = sum(math.prod(shapes[group]) * (_VIEWS if group[1] else 1) for group in groups)
    size += sum(math.prod(shapes[group]) for group in groups if group[1])
    return min(_IMAGES, _MOST_BYTES // size)


def _plain(images: Images, spec: DataSpec, *, streams: Streams, count: int) -> tuple[Picture, ...]:
    train = split_images(images, spec, streams=streams).train
    places = train[spread(images.train_labels[train], most=count)].tolist()
    return tuple(
        picture(images.train_images[place], index=place, label=int(images.train_labels[place])) for place in places
    )


def _views(plain: Sequence[Picture], augment: tuple[str, ...], *, streams: Streams, pool: Pool | None) -> list[Picture]:
    """Return the views of each picture, one picture after another: what seed 0's first epochs make of it."""
    pixels = np.stack([np.frombuffer(each.pixels, np.uint8).reshape(each.shape) for each in plain])
    made: dict[int, Pixels] = {}
    works = {
        epoch: functools.partial(augmented, augment=augment, streams=streams, epoch=epoch)
        for epoch in range(1, _VIEWS + 1)
    }
    if pool is None:
        made = {epoch: work(pixels) for epoch, work in works.items()}
    else:
        for answer in pool.ask([Call(str(epoch), work, pixels) for epoch, work in works.items()]):
            if answer.error is None:
                made[int(answer.key)] = answer.value
    if len(made) < _VIEWS:  # of a worker that died there is no answer
        return []
    return [
        picture(made[epoch][row], index=each.index, label=each.label)
        for row, each in enumerate(plain)
        for epoch in works
    ]
