import itertools

import pytest

from paribus.core import STREAMS, Streams


def test_keys_are_pinned_for_ever():
    # A change here changes every run that anybody has stored.
    assert Streams(0).key("init") == 3770953441042924264
    assert Streams(3, vary=("init",)).key("order", 1, 2) == 3568531876735064396


@pytest.mark.parametrize("stream", STREAMS)
def test_a_key_depends_on_seed_stream_and_counters(stream):
    counters = ((), (0,), (1,), (0, 0), (0, 1), (1, 0), (10,))
    keys = [Streams(seed).key(stream, *each) for seed, each in itertools.product(range(3), counters)]
    assert len(set(keys)) == len(keys)
    assert keys == [Streams(seed).key(stream, *each) for seed, each in itertools.product(range(3), counters)]


def test_streams_do_not_share_keys():
    keys = {Streams(seed).key(stream, 5) for seed in range(100) for stream in STREAMS}
    assert len(keys) == 100 * len(STREAMS)


def test_a_held_stream_is_the_same_for_every_seed_and_no_seed_s_own():
    held = {Streams(seed, vary=("init",)).key("order") for seed in range(5)}
    assert len(held) == 1
    assert held.isdisjoint(Streams(seed).key("order") for seed in range(100))
    assert len({Streams(seed, vary=("init",)).key("init") for seed in range(5)}) == 5


def test_keys_fit_a_signed_64_bit_seed():
    keys = [Streams(seed).key("order", seed) for seed in range(1000)]
    assert all(0 <= key < 2**63 for key in keys)
    assert max(keys) > 2**62  # and fill it
