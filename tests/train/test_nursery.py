"""Processes that are forks of one: what they share, how they end, and that all of them do."""

import os
import resource
import signal
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from processes import alive, descendants

from paribus.train import nursery
from paribus.train.nursery import Nursery

MODULE = """
import os, sys, random, time
from multiprocessing.connection import Connection
import numpy as np
import torch

prepared = []


def prepare():
    prepared.append(os.getpid())


def main(descriptor):
    connection = Connection(descriptor)
    while True:
        try:
            asked = connection.recv()
        except EOFError:
            return
        if asked == "leave":
            print("goodbye", flush=True)
            sys.exit(7)
        if asked == "raise":
            raise ValueError("no more")
        if asked == "say":
            sys.exit("no data")
        connection.send(eval(asked))
"""


DEAF = "__import__('ctypes').PyDLL(None).sleep(60)"  # it holds what Python's threads share: none of them hears anything
NO_FORKS = "exec('def fork(): raise BlockingIOError(\"no processes left\")\\nos.fork = fork')"
ONLY_FORKS = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")


@pytest.fixture
def kind(tmp_path, monkeypatch):
    (tmp_path / "kind.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path / "kind.py"


@pytest.fixture(params=["forks", "fresh"])
def start(request, tmp_path, monkeypatch, kind):
    if request.param == "forks" and sys.platform != "linux":
        pytest.skip("only Linux forks")
    monkeypatch.setattr(nursery, "_FORKS", request.param == "forks")
    if request.param == "fresh":
        kind.write_text(f"{MODULE}\nmain(int(sys.argv[1]))\n", encoding="utf-8")
    with closing(Nursery("kind", folder=tmp_path)) as found:
        yield found.start


def ask(process, question):
    process.connection.send(question)
    return process.connection.recv()


def hangs_up(process):
    try:
        process.connection.recv()
    except (EOFError, ConnectionResetError):
        return True
    return False


def test_each_is_a_process_of_its_own(start):
    first, second = start(), start()
    assert len({ask(each, "os.getpid()") for each in (first, second)} | {os.getpid()}) == 3
    assert ask(first, "prepared.append(1)") is None
    assert ask(second, "prepared") == []
    draws = "(random.random(), float(np.random.random()), torch.rand(1).item())"
    assert set(ask(first, draws)).isdisjoint(ask(second, draws))
    assert first.process.poll() is None


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("leave", "exit code 7; its last words: goodbye"),
        ("raise", "ValueError: no more"),
        ("say", "exit code 1; its last words: no data"),
    ],
)
def test_it_is_told_how_a_process_ended(start, question, said):
    process = start()
    process.connection.send(question)
    assert hangs_up(process)
    assert said in process.bury()


def test_what_the_system_ends_is_told_and_the_others_live_on(start):
    first, second = start(), start()
    os.kill(ask(first, "os.getpid()"), signal.SIGKILL)
    assert hangs_up(first)
    assert "was ended by SIGKILL (out of memory, most likely)" in first.bury()
    assert ask(second, "1 + 1") == 2
    second.end()
    assert second.process.poll() == -signal.SIGKILL
    assert ask(start(first=False), "len(prepared)") == nursery._FORKS


def test_all_end_with_the_nursery(start):
    processes = [start() for _ in range(3)]
    pids = {ask(each, "os.getpid()") for each in processes}
    assert pids <= descendants(os.getpid())
    processes[0].connection.send(DEAF)
    start.__self__.close()
    assert not alive(pids)


def test_a_process_that_ends_its_group_ends_nobody_else(start):
    first, second = start(), start()
    second.connection.send("os.killpg(0, 15)")
    assert hangs_up(second)
    assert "SIGTERM" in second.bury()
    assert ask(first, "1 + 1") == 2


@ONLY_FORKS
@pytest.mark.usefixtures("kind")
def test_when_what_forks_is_ended_so_are_its_forks_and_another_goes_on(tmp_path):
    before = descendants(os.getpid())
    with closing(Nursery("kind", folder=tmp_path)) as found:
        first = found.start()
        pid = ask(first, "os.getpid()")
        (parent,) = descendants(os.getpid()) - before - {pid}
        first.connection.send(DEAF)
        os.kill(parent, signal.SIGKILL)
        assert hangs_up(first)
        assert "was ended by SIGKILL" in first.bury()
        assert ask(found.start(first=False), "2 + 2") == 4
    assert not descendants(os.getpid()) - before


def _processor_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@ONLY_FORKS
@pytest.mark.parametrize("asked", [False, True])
def test_processor_time_of_forks_is_counted(tmp_path, kind, asked):
    kind.write_text(kind.read_text().replace("import torch\n", ""), encoding="utf-8")  # which takes as long itself
    before = _processor_seconds()
    with closing(Nursery("kind", folder=tmp_path)) as found:
        process = found.start()
        ask(process, "any(iter(lambda: time.process_time() > 2, True))")
        if asked:
            assert process.process.poll() is None
    assert _processor_seconds() - before > 2


@ONLY_FORKS
@pytest.mark.parametrize("error", ["OSError", "RuntimeError"])
def test_what_cannot_be_prepared_harms_nobody(tmp_path, kind, error):
    kind.write_text(kind.read_text().replace("prepared.append(os.getpid())", f"raise {error}('no')"), encoding="utf-8")
    with closing(Nursery("kind", folder=tmp_path)) as found:
        first = found.start()
        assert ask(found.start(first=False), "1 + 1") == 2
        assert ask(first, "1 + 1") == 2


@ONLY_FORKS
def test_what_cannot_be_started_harms_nobody(tmp_path, kind):
    kind.write_text(kind.read_text().replace("prepared.append(os.getpid())", NO_FORKS), encoding="utf-8")
    with closing(Nursery("kind", folder=tmp_path)) as found:
        first, second = found.start(), found.start(first=False)
        assert hangs_up(second)
        assert "no processes left" in second.bury()
        assert ask(first, "1 + 1") == 2


@ONLY_FORKS
def test_what_forks_has_one_thread_and_can_be_ended_while_it_imports(tmp_path):
    before = descendants(os.getpid())
    with closing(Nursery("paribus.train.worker", folder=tmp_path)) as found:
        (parent,) = descendants(os.getpid()) - before
        found.start(first=False)  # with all that is imported for those that come later
        until = time.monotonic() + 60
        while len(descendants(parent)) < 1 and time.monotonic() < until:
            time.sleep(0.05)
        assert len(descendants(parent)) == 1
        assert [each.name for each in Path(f"/proc/{parent}/task").iterdir()] == [str(parent)]
    assert not alive({parent})
    begun = time.monotonic()  # and so can one that prepares, or imports
    Nursery("paribus.train.worker", folder=tmp_path).close()
    assert time.monotonic() - begun < 1


@ONLY_FORKS
def test_a_module_that_cannot_be_imported_is_told(tmp_path):
    with closing(Nursery("paribus.nowhere", folder=tmp_path)) as found:
        process = found.start()
        assert hangs_up(process)
        assert "No module named 'paribus.nowhere'" in process.bury()
