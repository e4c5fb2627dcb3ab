import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import paribus.store

_SCRIPT = Path(__file__).parent / "child.py"


def _load():
    spec = importlib.util.spec_from_file_location("store_child", _SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_CHILD = _load()


@pytest.fixture
def tmp_path(tmp_path):
    """In memory where there is such a place: nothing here pulls the plug, and synced writes are slow."""
    if not Path("/dev/shm").is_dir():  # noqa: S108  a mount, not a name of our own
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


@pytest.fixture
def child():
    """The builders of child.py."""
    return _CHILD


@pytest.fixture
def process():
    """Start child.py in a mode; returns the process, its standard output piped."""
    started = []

    def start(mode, folder, number=0):
        source = str(Path(paribus.store.__file__).parents[2])
        command = [sys.executable, str(_SCRIPT), mode, str(folder), str(number)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        started.append(subprocess.Popen(command, env={**os.environ, "PYTHONPATH": source}, **pipes))
        return started[-1]

    yield start
    for each in started:
        each.kill()
        each.communicate()


@pytest.fixture
def store(tmp_path):
    with paribus.store.open_writer(tmp_path / "studies" / "lr-01234567") as opened:
        yield opened


@pytest.fixture
def finished(tmp_path, child):
    """The directory of a study in which everything is done and one look is recorded."""
    directory = tmp_path / "studies" / "done-01234567"
    child.drive(directory)
    return directory
