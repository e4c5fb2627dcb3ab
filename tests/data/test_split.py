import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paribus.core import DataError, Streams
from paribus.data import permutation, split_images
from paribus.data.split import stratified_order
from paribus.study import DataSpec

LABELS = np.array([0] * 300 + [1] * 150 + [2] * 45 + [3] * 5)
KEYS = st.integers(0, 2**63 - 1)


def philox_words(count, *, key):
    """Philox 4x64, 10 rounds, from its paper (Salmon et al. 2011): an implementation of its own."""
    mask = 2**64 - 1
    words = []
    counter = 0
    while len(words) < count:
        counter += 1  # numpy counts before it draws
        x, k = [counter, 0, 0, 0], [key, 0]
        for _ in range(10):
            a, b = 0xD2E7470EE14C6C93 * x[0], 0xCA5A826395121157 * x[2]
            x = [(b >> 64) ^ x[1] ^ k[0], b & mask, (a >> 64) ^ x[3] ^ k[1], a & mask]
            k = [(k[0] + 0x9E3779B97F4A7C15) & mask, (k[1] + 0xBB67AE8584CAA73B) & mask]
        words += x
    return words[:count]


@given(n=st.integers(0, 40), key=KEYS)
def test_a_permutation_is_the_order_of_philox_words(n, key):
    words = philox_words(n, key=key)
    assert permutation(n, key=key).tolist() == sorted(range(n), key=lambda index: words[index])


@given(counts=st.lists(st.integers(0, 40), min_size=1, max_size=8).filter(any), key=KEYS)
def test_every_prefix_of_a_stratified_order_is_within_quota(counts, key):
    labels = np.repeat(np.arange(len(counts)), counts)
    order = stratified_order(labels, key=key)
    assert sorted(order) == list(range(len(labels)))
    prefix = np.arange(1, len(labels) + 1)
    for label, count in enumerate(counts):
        taken = np.cumsum(labels[order] == label)
        assert (taken * len(labels) >= (prefix * count) // len(labels) * len(labels)).all()
        assert (taken <= -(-prefix * count // len(labels))).all()


@given(held=st.integers(1, 499), taken=st.integers(1, 499), seed=st.integers(0, 5))
def test_parts_are_disjoint_exact_and_stratified(made, held, taken, seed):
    images = made(LABELS)
    most = min(taken, 500 - held)
    spec = DataSpec(source="mnist", validation=held, split="seed", train_images=most)
    split = split_images(images, spec, streams=Streams(seed))
    assert (len(split.validation), len(split.train)) == (held, most)
    assert not set(split.validation) & set(split.train)
    shares = np.bincount(LABELS) / 500
    assert (np.abs(np.bincount(LABELS[split.validation], minlength=4) - held * shares) < 1).all()
    # The subset is within one image of its share of the training split, which is within one of its own.
    assert (np.abs(np.bincount(LABELS[split.train], minlength=4) - most * shares) < 2).all()


def test_a_larger_training_set_contains_a_smaller_one(made):
    parts = [
        split_images(made(LABELS), DataSpec(source="mnist", validation=50, train_images=n), streams=Streams(0))
        for n in (10, 100, 101, 450)
    ]
    for small, large in itertools.pairwise(parts):
        assert set(small.train) < set(large.train)
        assert small.validation.tolist() == large.validation.tolist()
        assert small.fingerprint != large.fingerprint


def test_a_fixed_split_is_the_same_for_every_seed_and_a_seeds_split_is_its_own(made):
    images = made(LABELS)

    def fingerprint(kind, streams):
        spec = DataSpec(source="mnist", validation=0.2, split=kind, train_images=100)
        return split_images(images, spec, streams=streams).fingerprint

    assert fingerprint("fixed", Streams(0)) == fingerprint("fixed", Streams(1))
    assert fingerprint("seed", Streams(1)) == fingerprint("seed", Streams(1))
    assert len({fingerprint("seed", Streams(seed)) for seed in range(5)}) == 5
    held = (Streams(seed, vary=("init",)) for seed in (0, 1))
    assert len({fingerprint("seed", streams) for streams in held}) == 1


@pytest.mark.parametrize(("asked", "held"), [(0, 0), (0.0, 0), (0.1, 50), (0.001, 1), (0.25, 125), (7, 7)])
def test_validation_is_a_count_or_a_fraction_of_the_training_images(made, asked, held):
    split = split_images(made(LABELS), DataSpec(source="mnist", validation=asked), streams=Streams(0))
    assert (len(split.train), len(split.validation)) == (500 - held, held)


@pytest.mark.parametrize(
    ("settings", "where"),
    [
        ({"validation": 500}, "data.validation"),
        ({"validation": 5000}, "data.validation"),
        ({"validation": 0.0001}, "data.validation"),
        ({"validation": 0.9999}, "data.validation"),
        ({"validation": 100, "train_images": 401}, "data.train_images"),
    ],
)
def test_counts_that_do_not_fit_are_errors(made, settings, where):
    with pytest.raises(DataError, match="images") as caught:
        split_images(made(LABELS), DataSpec(source="mnist", **settings), streams=Streams(0))
    assert caught.value.where == where
