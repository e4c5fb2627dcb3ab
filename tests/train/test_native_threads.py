"""Several threads at one training: the bits of one thread, however many there are and whenever that changes."""

import itertools
import threading
import time
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from making import make_images, make_recipe
from numba import njit

from paribus.core import Streams
from paribus.train import Plan, native, native_program
from paribus.train.bench import lay_out
from paribus.train.loop import path_of, train_epoch
from paribus.train.native_threads import leave, meet, meeting, share
from paribus.train.together import Helper, together

PLAN, SPARSE = (Plan(path="native", linear=each, convolution="tiles") for each in ("tiles", "sparse"))
DEEP = ("Flatten", "Linear(41)", "Tanh", "Dropout(0.3)", "Linear(16, bias=False)", "ReLU", "Linear(9)", "Softmax(1)")
CONVOLUTIONS = (
    ("Conv2d(6, 3)", "ReLU", "MaxPool2d(2)", "Conv2d(16, 2, padding=1)", "Tanh", "Flatten", "Linear(11)", "ReLU"),
    ("Conv2d(5, 2, stride=2)", "GELU", "Conv2d(7, 2, bias=False)", "AvgPool2d(2)", "Dropout2d(0.3)", "Flatten"),
    ("AvgPool2d(2)", "Conv2d(32, 2)", "Dropout(0.2)", "Conv2d(3, 2)", "SiLU", "Flatten"),
)


@njit(nogil=True)
def _count(mine, counts, place, rounds):
    """Count, and look at every meeting whether all have counted as far."""
    agreed = 0
    for now in range(1, rounds + 1):
        counts[8 * mine] = now
        meet(place, counts.size // 8)
        agreed += int((counts[::8] == now).all())
        meet(place, counts.size // 8)
    return agreed


@pytest.mark.parametrize("threads", [1, 2, 3, 5])
def test_nobody_goes_on_before_all_are_there(threads):
    counts, place, rounds, agreed = np.zeros(8 * threads, dtype=np.int64), meeting(), 2000, []
    started = [
        threading.Thread(target=lambda mine=mine: agreed.append(_count(mine, counts, place, rounds)), daemon=True)
        for mine in range(threads)
    ]
    for each in started:
        each.start()
    for each in started:
        each.join(60)
    assert agreed == [rounds] * threads


@given(whole=st.integers(0, 300), size=st.integers(1, 9), threads=st.integers(1, 12))
def test_parts_are_whole_tiles_and_leave_nothing_out(whole, size, threads):
    parts = [share(whole, size, thread, threads) for thread in range(threads)]
    assert [low for low, _ in parts] == [0, *[high for _, high in parts[:-1]]]
    assert parts[-1][1] == whole
    assert all(low % size == 0 for low, _ in parts)
    if whole >= size:  # the rest is with a whole tile, as where there is one thread
        assert parts[-1][1] - parts[-1][0] >= size


@settings(max_examples=25, deadline=None)
@given(
    batch=st.integers(1, 70),
    allowed=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    optimizer=st.sampled_from([
        {}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01}, {"optimizer": "Adam"},
        {"optimizer": "AdamW", "weight_decay": 0.01},
    ]),
    layers=st.sampled_from([DEEP, ("Flatten",), ("Flatten", "Linear(70)", "ReLU"), *CONVOLUTIONS]),
    width=st.integers(6, 12),
    group=st.sampled_from([native_program._PATCHES, 1000]),  # images that convolutions see at a time: 16, or a few
    precise=st.booleans(),
    skips=st.booleans(),
)  # fmt: skip
def test_threads_change_no_bit(batch, allowed, optimizer, layers, width, group, precise, skips):
    plan = SPARSE if skips and layers[0] == "Flatten" else PLAN
    recipe = make_recipe((*layers, "Linear(classes)"), batch_size=batch, lr=0.01, **optimizer)
    images, dtype = make_images(150, shape=(1, width, 8), dark=0.5), torch.float64 if precise else torch.float32
    made = []
    for counts in ([1], allowed):
        turns = itertools.cycle(counts)
        bench = lay_out(recipe, streams=Streams(5), images=images, base_dir=Path(), plan=plan, dtype=dtype)
        with mock.patch.object(native_program, "_PATCHES", group):
            path = path_of(bench, threads=lambda turns=turns: next(turns))
        steps = -(-len(bench.parts["train"]) // batch)
        with mock.patch.object(native, "_WORTH", 1):  # threads for the smallest network
            epochs = [train_epoch(path, epoch=1 + n, first_step=n * steps, steps=steps) for n in range(3)]
        told = [each.numpy().tobytes() for epoch in epochs for each in (epoch.losses, epoch.correct)]
        made.append((told, bench.save()))
    assert made[0] == made[1]


def test_who_waits_for_one_that_has_failed_waits_no_longer():
    place = meeting()

    def task(thread):
        if thread == 1:
            raise MemoryError("no more")
        meet(place, 3)

    with pytest.raises(MemoryError, match="no more"):
        together(task, helpers=[Helper(), Helper()], leave=lambda: leave(place))


def test_a_system_that_starts_no_threads_trains_with_one(make_bench):
    recipe = make_recipe(("Flatten", "Linear(classes)"), batch_size=32)
    path = path_of(make_bench(recipe, plan=PLAN), threads=lambda: 4)
    failing = mock.patch.object(threading.Thread, "start", side_effect=RuntimeError("can't start new thread"))
    with mock.patch.object(native, "_WORTH", 1):
        with failing:
            assert path._threads() == 1
        assert path._threads() == 4
        assert train_epoch(path, epoch=1, first_step=0, steps=3).losses.isfinite().all()


def test_a_thread_without_memory_is_done_without(make_bench):
    recipe = make_recipe(("Flatten", "Linear(classes)"), batch_size=32)
    path = path_of(make_bench(recipe, plan=SPARSE), threads=lambda: 4)
    none = mock.patch.object(path, "_zeros", side_effect=RuntimeError("can't allocate memory"))
    with mock.patch.object(native, "_WORTH", 1), none:
        assert path._threads() == 1
    assert path._helpers == []


def test_helpers_end_with_their_training():
    before = set(threading.enumerate())  # those of another test may still be ending
    helpers = [Helper() for _ in range(3)]
    together(lambda _: None, helpers=helpers, leave=lambda: None)
    begun = set(threading.enumerate()) - before
    assert len(begun) == 3
    del helpers
    for _ in range(100):
        if not any(thread.is_alive() for thread in begun):
            return
        time.sleep(0.05)
    pytest.fail("threads are left")
