"""Images that are there more than once, counted a second way: by comparing all pairs."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from paribus.data import Arrays, Collected, find_duplicates, make_images
from paribus.data.split import Split

CLASSES = ("cat", "dog", "eel")
# Few different images, so that many are the same; 0 is a flat one.
DRAWN = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2)), min_size=2, max_size=14)


def picture(kind, shape=(1, 3, 2)):
    plain = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    return plain * np.uint8(kind)


def source(train, test):
    def part(drawn):
        return np.stack([picture(kind) for kind, _ in drawn]), np.array([label for _, label in drawn], dtype=np.int64)

    return make_images("made", Collected(Arrays(*part(train), *part(test)), CLASSES))


def split(train, validation):
    return Split(np.array(train, dtype=np.int64), np.array(validation, dtype=np.int64), "")


def pairs(parts):
    """Count, image by image and pair by pair, what `find_duplicates` counts by digests."""
    found = {}
    for name, images in parts.items():
        found[name] = sum(any(kind == earlier for earlier, _ in images[:at]) for at, (kind, _) in enumerate(images))
    for one, other in (("test", "train"), ("validation", "train"), ("test", "validation")):
        kinds = {kind for kind, _ in parts[other]}
        found[f"{one}_in_{other}"] = sum(kind in kinds for kind, _ in parts[one])
    every = list(itertools.chain.from_iterable(parts.values()))
    found["clashing"] = sum(any(kind == other and label != more for other, more in every) for kind, label in every)
    return found


@given(train=DRAWN, test=DRAWN, held=st.integers(0, 6), unused=st.integers(0, 3))
def test_all_counts_are_those_of_comparing_every_pair(train, test, held, unused):
    order = list(range(len(train)))
    validation, rest = order[:held][: len(train) - 1], order[min(held, len(train) - 1) :]
    used = rest[: max(1, len(rest) - unused)]
    found = find_duplicates(source(train, test), split(used, validation))
    parts = {"train": [train[at] for at in used], "validation": [train[at] for at in validation], "test": test}
    assert {name: getattr(found, name) for name in pairs(parts)} == pairs(parts)
    kinds = {("train", at): train[at][0] for at in (*used, *validation)}
    kinds |= {("test", at): kind for at, (kind, _) in enumerate(test)}
    assert found.images == len(kinds)
    assert sorted(found.blank) == sorted(place for place, kind in kinds.items() if kind == 0)
    several = {kind: sorted(p for p, k in kinds.items() if k == kind) for kind in kinds.values()}
    assert sorted(sorted(group) for group in found.groups) == sorted(v for v in several.values() if len(v) > 1)


def test_the_labels_that_contradict_each_other_are_named_and_images_in_two_splits_come_first():
    train = [(1, 0), (1, 0), (2, 0), (2, 1), (3, 2)]
    found = find_duplicates(source(train, [(3, 2), (4, 1)]), split(range(5), ()))
    assert found.clashes == (("cat", "dog"),)
    assert found.groups[0] == (("train", 4), ("test", 0))


def test_arrays_larger_than_a_piece_are_read_piece_by_piece_from_a_map(tmp_path):
    noise = np.random.Generator(np.random.Philox(key=1))
    pixels = noise.integers(0, 256, size=(600, 1, 4, 4), dtype=np.uint8)
    pixels[511] = pixels[3]
    np.save(tmp_path / "train.npy", pixels)
    mapped = np.load(tmp_path / "train.npy", mmap_mode="r")
    labels = np.zeros(600, dtype=np.int64)
    images = make_images("made", Collected(Arrays(mapped, labels, pixels[:1] // 2, labels[:1]), CLASSES))
    told = []
    found = find_duplicates(images, split(range(600), ()), tell=told.append)
    assert (found.train, found.groups) == (1, ((("train", 3), ("train", 511)),))
    assert [each.done for each in told] == [256, 512, 600, 601]
    assert {each.total for each in told} == {601}


def test_real_sources_have_no_image_twice(real_data):
    from paribus.core import Streams  # noqa: PLC0415
    from paribus.data import load_images, split_images  # noqa: PLC0415
    from paribus.study import DataSpec  # noqa: PLC0415

    spec = DataSpec(source="mnist")
    images = load_images(spec, data_dir=real_data)
    found = find_duplicates(images, split_images(images, spec, streams=Streams(0)))
    every = np.concatenate([images.train_images, images.test_images]).reshape(70_000, -1)
    assert found.images - len(np.unique(every, axis=0)) == 0 == len(found.groups)
