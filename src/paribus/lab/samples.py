"""What a sheet of samples shows: images of each class, and what augmentation makes of a few of them."""

from collections.abc import Mapping, Sequence

import numpy as np

from paribus.core import Streams
from paribus.data import Block, Images, Row, Split, sample_rows
from paribus.train import augmented

_IMAGES, _DRAWS, _MOST_AUGMENTATIONS = 6, 9, 4


def samples(images: Images, split: Split, *, note: str) -> Block:
    """Return training images of the first classes, a row for each."""
    channels, height, width = images.image_shape
    rows = sample_rows(images, split)
    colour = {1: "grey", 3: "colour"}.get(channels, f"{channels} channels")
    shown = f", the first {len(rows)} of {len(images.classes):,} classes" if len(rows) < len(images.classes) else ""
    title = f"{images.source}: training images, {width} x {height} pixels, {colour}{shown}"
    return Block(title, note, rows)


def changed(
    images: Images, split: Split, *, augmentations: Mapping[tuple[str, ...], Sequence[str]], streams: Streams
) -> tuple[Block, ...]:
    """Return, for each augmentation, a few originals with what seed 0's first epochs make of them."""
    names = len(images.classes)
    rows = sample_rows(images, split, columns=-(-_IMAGES // names))
    chosen = [(row.label, image) for row in rows for image in row.images][:_IMAGES]
    originals = np.stack([image for _, image in chosen])
    blocks = []
    for augment, users in list(augmentations.items())[:_MOST_AUGMENTATIONS]:
        draws = [augmented(originals, augment=augment, streams=streams, epoch=epoch) for epoch in range(1, _DRAWS + 1)]
        rows = tuple(
            Row(name, np.stack([original, *(draw[index] for draw in draws)]))
            for index, (name, original) in enumerate(chosen)
        )
        title = f"Augmentation of {'; '.join(users)}: the original, then epochs 1 to {_DRAWS} of seed 0"
        blocks.append(Block(title, ", ".join(augment), rows, apart=1))
    return tuple(blocks)
