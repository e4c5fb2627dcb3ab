import json
import os
import subprocess
import sys

import pytest

STUDY = """
question = "Does the learning rate matter for a tiny network?"

[data]
source = "digits"
validation = 0.2

[model]
layers = ["Flatten", "Linear(16)", "ReLU", "Dropout(0.1)", "Linear(classes)"]

[train]
lr = 0.1
batch_size = 32
epochs = 3

[vary]
"train.lr" = [0.1, 0.01]

[design]
seeds = 3
smallest_effect = "2pp"
"""


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """Return an environment like a user's: no data folder, a cache of its own, and no network."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PARIBUS")}
    cache = str(tmp_path_factory.mktemp("cache"))
    return {**kept, "PARIBUS_CACHE": cache, "PARIBUS_OFFLINE": "1", "PYTHONUTF8": "1"}


@pytest.fixture(scope="session")
def paribus(environment):
    """Return a function that runs the real command in a folder."""

    def run(*words, cwd):
        return subprocess.run(
            [sys.executable, "-m", "paribus", *map(str, words)],
            cwd=cwd, env=environment, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    return run


@pytest.fixture
def place(tmp_path):
    (tmp_path / "tiny.toml").write_text(STUDY, encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="session")
def trained(tmp_path_factory, paribus):
    """Run the tiny study once; return its folder and what it printed as JSON."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "tiny.toml").write_text(STUDY, encoding="utf-8")
    done = paribus("run", "tiny.toml", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


def bits(answer):
    """Return what must not change when the same study is run again: weights and every number but times."""
    times = ("seconds", "peak_memory_bytes")
    timeless = [{key: value for key, value in run.items() if key not in times} for run in answer["runs"]]
    return [timeless, answer["conditions"], answer["contrasts"], answer["choice"]]


@pytest.fixture(scope="session")
def same_bits():
    return bits
