"""One driver at a time, and a dead one's place is free at once."""

import os
import platform
import signal

import pytest

from paribus.core import StoreError
from paribus.store import open_reader, open_writer


def test_a_second_driver_is_refused_and_a_killed_one_makes_room(process, tmp_path):
    first = process("hold", tmp_path)
    assert first.stdout.readline() == "held\n"
    who = rf"another paribus run \(pid {first.pid}, host {platform.node()}\) is working on this study"
    with pytest.raises(StoreError, match=who):
        open_writer(tmp_path)
    with open_reader(tmp_path) as reader:
        assert reader.driver().pid == first.pid
        assert reader.runs()[0].state == "running"
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        assert reader.driver() is None
        assert reader.runs()[0].state == "waiting"
    with open_writer(tmp_path) as store:
        assert store.reader.driver().pid == os.getpid()


def test_not_even_one_process_drives_twice(store):
    with pytest.raises(StoreError, match="another paribus run"):
        open_writer(store.directory)


def test_asking_who_drives_does_not_get_in_the_way(tmp_path):
    open_writer(tmp_path).close()
    with open_reader(tmp_path) as reader:
        assert reader.driver() is None
        with open_writer(tmp_path) as store:
            assert reader.driver() == store.reader.driver() is not None
        assert reader.driver() is None
