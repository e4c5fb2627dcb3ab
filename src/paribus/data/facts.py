"""What a report says of the data: counts per class, how it was split and normalised, where it came from."""

import numpy as np

from paribus.core import DataFacts, Streams
from paribus.data.images import Images, Integers, Pixels
from paribus.data.normalize import Normalization, normalization
from paribus.data.split import Split, split_images
from paribus.study import DataSpec, Standardization


def describe_data(images: Images, spec: DataSpec, *, streams: Streams) -> DataFacts:
    """Return the facts of a data set as one recipe sees it, with the split of one seed.

    Raises:
        DataError: when the specification does not fit the images.
    """
    split = split_images(images, spec, streams=streams)
    norm = normalization(images, split, spec)
    return DataFacts(
        source=images.source,
        classes=images.classes,
        image_shape=images.image_shape,
        train=_per_class(images, images.train_labels[split.train]),
        validation=_per_class(images, images.train_labels[split.validation]),
        test=_per_class(images, images.test_labels),
        normalization=_normalization_sentence(norm, spec=spec),
        split=_split_sentence(split, images=images, spec=spec),
        files=images.files,
        fingerprint=images.fingerprint,
        test_fingerprint=images.test_fingerprint,
        skipped=images.skipped,
        dark=dark_share(images.train_images),
    )


def dark_share(pixels: Pixels) -> float:
    """Return the share of zeros, to a twentieth, of one or two thousand images [N, C, H, W]."""
    some = pixels[:: max(1, len(pixels) // 1000)]
    return round(20 * (1 - np.count_nonzero(some) / max(1, some.size))) / 20


def _per_class(images: Images, labels: Integers) -> tuple[int, ...]:
    return tuple(int(count) for count in np.bincount(labels, minlength=len(images.classes)))


def _normalization_sentence(norm: Normalization, *, spec: DataSpec) -> str:
    if spec.normalize is False:
        return "none: pixels / 255"
    mean, std = (", ".join(f"{value:.4f}" for value in values) for values in (norm.mean, norm.std))
    origin = "as given" if isinstance(spec.normalize, Standardization) else "of the training split"
    return f"mean {mean}, standard deviation {std} per channel, {origin}"


def _split_sentence(split: Split, *, images: Images, spec: DataSpec) -> str:
    kind = "fixed, stratified" if spec.split == "fixed" else "drawn by the seed, stratified"
    kind = "as given by the source" if spec.validation == "given" else kind
    parts = f"{len(split.train):,} / {len(split.validation):,} / {len(images.test_labels):,}"
    unused = len(images.train_labels) - len(split.train) - len(split.validation)
    pooled = images.given_validation if spec.validation != "given" else 0
    return (
        f"{kind}; {parts}"
        + (f"; {unused:,} training images not used" if unused else "")
        + (f"; the source's own {pooled:,} validation images are among the training images" if pooled else "")
    )
