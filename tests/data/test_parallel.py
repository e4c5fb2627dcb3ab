import itertools
import threading
import time
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paribus.data import Reading, tell_nobody
from paribus.data.parallel import _cores, batched, in_order

PROGRESS = Reading("working", 0, 300, "files")


def test_results_come_in_order_whoever_is_faster():
    def work(batch):
        time.sleep(0.002 * (batch[0] % 3))
        return [each * each for each in batch]

    batches = [[number, number + 1, number + 2] for number in range(0, 300, 3)]
    found = [each for batch in in_order(work, batches, progress=PROGRESS, tell=tell_nobody) for each in batch]
    assert found == [number * number for number in range(300)]


def test_no_more_is_begun_than_a_few_for_each_core_and_nothing_after_the_end():
    begun = []
    gate = threading.Event()

    def work(batch):
        begun.append(batch)
        gate.wait(10)
        return batch

    taken = []
    batches = (taken.append(number) or [number] for number in range(1000))
    results = in_order(work, batches, progress=PROGRESS, tell=tell_nobody)
    with closing(results):
        gate.set()
        assert next(results) == [0]
    after = len(begun)
    assert len(taken) == 2 * _cores() + 1
    assert after <= len(taken)


def test_an_error_in_a_thread_is_that_of_the_caller():
    def work(batch):
        raise ValueError(f"batch {batch[0]}")

    with pytest.raises(ValueError, match="batch 7"):
        list(in_order(work, [[7], [8]], progress=PROGRESS, tell=tell_nobody))


def test_progress_is_told_at_the_start_at_the_end_and_seldom_between(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    told = []
    for _ in in_order(lambda batch: batch, [[0]] * 300, progress=PROGRESS, tell=told.append):
        now[0] += 0.01  # three seconds for all
    assert (told[0].done, told[-1].done) == (0, 300)
    assert 10 <= len(told) <= 17


@given(sizes=st.lists(st.integers(0, 30), max_size=50), most_bytes=st.integers(1, 60), most=st.integers(1, 6))
def test_batches_are_full_but_not_too_full_and_lose_nothing(sizes, most_bytes, most):
    found = list(batched(sizes, size=lambda each: each, most_bytes=most_bytes, most=most))
    assert [each for batch in found for each in batch] == sizes
    assert all(0 < len(batch) <= most and (sum(batch) <= most_bytes or len(batch) == 1) for batch in found)
    for one, following in itertools.pairwise(found):
        assert len(one) == most or sum(one) + following[0] > most_bytes
