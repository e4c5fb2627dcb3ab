"""Compiled functions: the same for Python and for each other, and machine code is kept of what Python calls alone."""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from paribus.train.native_compiled import compiled


@compiled
def inner(numbers, at):
    """Double a number, and return its place."""
    numbers[at] *= 2
    return at


@compiled
def outer(numbers):
    """Double all numbers, and return the sum of their places."""
    found = 0
    for at in range(numbers.shape[0]):
        found += inner(numbers, at)
    return found


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.setattr("paribus.train.native_compiled.config.CACHE_DIR", str(tmp_path))
    return lambda: {file.name.split("-")[0].split(".")[-1] for file in tmp_path.rglob("*.nbc")}


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_function_does_the_same_for_python_and_for_another_function(dtype):
    numbers = np.arange(5, dtype=dtype)
    assert outer(numbers) == 10
    assert inner(numbers, 3) == 3
    assert numbers.tolist() == [0, 2, 4, 12, 8]
    assert numbers.dtype == dtype


def test_machine_code_is_kept_of_what_python_calls_alone(kept):
    here = compiled(outer._function)
    here(np.ones(3))
    assert kept() == {"outer"}
    compiled(inner._function)(np.ones(3), 0)
    assert kept() == {"outer", "inner"}


def test_of_threads_that_call_it_first_together_one_compiles(monkeypatch):
    first, made = compiled(outer._function), []
    monkeypatch.setattr(first, "_for_python", lambda: made.append(time.sleep(0.2)) or len)
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(first, [[1, 2]] * 4)) == [2] * 4
    assert len(made) == 1


def test_what_numba_cannot_compile_is_its_own_error_and_names_the_place():
    @compiled
    def wrong(numbers):
        return numbers.no_such_thing

    @compiled
    def calls(numbers):
        return wrong(numbers)

    with pytest.raises(Exception, match="no_such_thing"):
        calls(np.ones(3))
