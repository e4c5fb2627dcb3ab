"""Stratified splits whose every part is as balanced as whole images allow, the same on every machine."""

import functools
import heapq
from dataclasses import dataclass

import numpy as np

from paribus.core import DataError, Streams
from paribus.data.images import Images, Integers, array_digest
from paribus.study import DataSpec


@dataclass(frozen=True, eq=False, slots=True)
class Split:
    """Which training images train and which validate: int64 indices, ascending, read-only; their digest."""

    train: Integers
    validation: Integers
    fingerprint: str


def permutation(n: int, *, key: int) -> Integers:
    """Return a permutation of 0 .. n - 1, int64, that depends on n and the key only.

    It is the order of the first n 64-bit words of numpy's Philox counter generator, whose stream is part of
    its definition (Salmon et al. 2011); Generator.permutation may change from one version of numpy to the
    next.
    """
    words = np.random.Philox(key=key).random_raw(n)
    return np.argsort(words, kind="stable").astype(np.int64, copy=False)


def split_images(images: Images, spec: DataSpec, *, streams: Streams) -> Split:
    """Set validation images aside and take the training images that the specification asks for.

    Both are prefixes of stratified orders (`stratified_order`): within one image of each class's exact share,
    and nested: the 10,000 training images of one study are among the 20,000 of another, for the same validation
    images. With split = "fixed" no seed changes anything; with "seed" the split stream does. With validation =
    "given" the validation images are those that the source sets aside itself.

    Raises:
        DataError: when the counts do not fit the source.
    """
    source = streams if spec.split == "seed" else Streams(seed=0, vary=())
    if spec.validation == "given":
        validation, train = _given(images)
    else:
        held = _validation_count(len(images.train_labels), asked=spec.validation)
        order = stratified_order(images.train_labels, key=source.key("split", 1))
        validation, train = np.sort(order[:held]), np.sort(order[held:])
    if spec.train_images is not None:
        if spec.train_images > len(train):
            wrong = f"{spec.train_images:,} images"
            allowed = f"1 to {len(train):,}: what {images.source} has besides {len(validation):,} validation images"
            raise DataError("data.train_images", wrong=wrong, allowed=allowed)
        taken = stratified_order(images.train_labels[train], key=source.key("split", 2))[: spec.train_images]
        train = np.sort(train[taken])
    for indices in (train, validation):
        indices.setflags(write=False)
    return Split(train, validation, array_digest(train, validation))


def stratified_order(labels: Integers, *, key: int) -> Integers:
    """Return an order of all images, int64 [N], in which every prefix is stratified.

    Among the first h images a class with n of the N images has floor(h n / N) or ceil(h n / N): totals are
    exact, and a longer prefix contains a shorter one (rounding by largest remainders is not nested: the
    Alabama paradox). Which images of a class come first is a permutation drawn from the key.
    """
    shuffled = permutation(len(labels), key=key)
    counts = tuple(int(count) for count in np.bincount(labels))
    # The k-th place of a class gets the k-th image of that class in the permutation.
    images = shuffled[np.argsort(labels[shuffled], kind="stable")]
    places = np.argsort(_class_sequence(counts), kind="stable")
    order = np.empty_like(shuffled)
    order[places] = images
    return order


@functools.lru_cache(maxsize=32)
def _class_sequence(counts: tuple[int, ...]) -> Integers:
    """Return a sequence of classes, int64 [N], each of whose prefixes stays within the classes' quotas.

    The j-th image of a class of n must not come before place floor((j - 1) N / n) (or the class would exceed
    its share rounded up) nor after place ceil(j N / n) - 1 (or fall below its share rounded down), places
    counted from 0. Taking the earliest deadline among the images that may come meets all of them (Steiner and
    Yeomans 1993).
    """
    total, classes = sum(counts), len(counts)
    sizes = np.array(counts, dtype=np.int64)
    label, n = np.repeat(np.arange(classes, dtype=np.int64), sizes), np.repeat(sizes, sizes)
    before = np.arange(total, dtype=np.int64) - np.repeat(np.cumsum(sizes) - sizes, sizes)  # j - 1
    release = before * total // n
    # A deadline and its class are one whole number: with pairs and lists of them all this took ten times as long.
    due = -(-(before + 1) * total // n) * classes + label
    coming = due[np.argsort(release, kind="stable")].tolist()
    upto = np.searchsorted(np.sort(release), np.arange(total), side="right").tolist()
    waiting: list[int] = []
    sequence, come = [], 0
    for end in upto:
        for item in coming[come:end]:
            heapq.heappush(waiting, item)
        come = end
        sequence.append(heapq.heappop(waiting))
    return np.array(sequence, dtype=np.int64) % max(classes, 1)


def _given(images: Images) -> tuple[Integers, Integers]:
    """Return the validation and training images as the source sets them apart."""
    total, given = len(images.train_labels), images.given_validation
    if not given:
        wrong = f'"given", but {images.source} brings no validation images'
        raise DataError("data.validation", wrong=wrong, allowed="a count, a fraction such as 0.2, or 0")
    index = np.arange(total, dtype=np.int64)
    return index[total - given :], index[: total - given]


def _validation_count(total: int, *, asked: float) -> int:
    """Return the number of validation images: the count, or the fraction of training images, halves up."""
    held = int(asked * total + 0.5) if isinstance(asked, float) else asked
    if asked and not 0 < held < total:
        wrong = f"{asked} is {held:,} of the {total:,} training images"
        raise DataError("data.validation", wrong=wrong, allowed=f"0, or 1 to {total - 1:,} images, or a fraction")
    return held
