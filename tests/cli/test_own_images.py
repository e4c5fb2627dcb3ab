"""From a folder of images to a trained study, with the real command, as a user types it."""

import json

import numpy as np
import pytest
from PIL import Image

NET = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.unused = nn.Linear(2, 2)
        self.used = nn.Linear(8 * 8, 10)

    def forward(self, x):
        return torch.softmax(self.used(x.flatten(1)), 1)
"""

OWN = """
question = "?"
data = { source = "digits", validation = 0.2 }
model = { module = "nets.py:Net" }
train = { lr = 0.1, batch_size = 32, epochs = 1 }
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """60 small images of three classes that a network can tell apart, with one file that is none."""
    folder = tmp_path_factory.mktemp("own")
    noise = np.random.Generator(np.random.Philox(key=2))
    for label, name in enumerate(("red cats", "green_dogs", "blue-ö")):
        (folder / "photos" / name).mkdir(parents=True)
        for number in range(20):
            pixels = noise.integers(0, 90, size=(12 + number % 3, 16, 3), dtype=np.uint8)
            pixels[:, :, label] += 150
            Image.fromarray(pixels).save(folder / "photos" / name / f"{number:02}.png")
    (folder / "photos" / "red cats" / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return folder


@pytest.fixture(scope="module")
def begun(place, paribus):
    done = paribus("new", "mine", "--data", "photos", cwd=place)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_new_writes_a_study_of_the_folder_and_says_how_to_go_on(begun, place):
    assert begun.splitlines()[1:] == [
        "  paribus data show mine.toml", "  paribus check mine.toml", "  paribus run mine.toml",
    ]  # fmt: skip
    text = (place / "mine.toml").read_text(encoding="utf-8")
    assert 'source = "folder:photos"' in text
    assert "60 images, 3 classes, 3 sizes" in text
    assert "Of 61 files 1 is no image that can be used (1 .png)" in text
    assert 'on_bad_image = "skip"' in text


@pytest.mark.usefixtures("begun")
def test_a_file_that_is_there_is_not_written_over(place, paribus):
    done = paribus("new", "mine", "--data", "photos", cwd=place)
    assert done.returncode == 2
    assert "is there already" in done.stderr


@pytest.mark.usefixtures("begun")
def test_show_names_the_bad_file_and_draws_a_sheet(place, paribus):
    done = paribus("data", "show", "mine.toml", "data.on_bad_image=stop", "--sheet", "sheet.png", cwd=place)
    assert done.returncode == 0, done.stderr
    assert "red cats/torn.png: " in done.stdout
    assert "1 file cannot be used, and the study stops there." in done.stdout
    assert 'data.on_bad_image = "skip"' in done.stdout
    assert "flip and crop: RandomCrop(padding=4), RandomHorizontalFlip" in done.stdout
    with Image.open(place / "sheet.png") as sheet:
        assert sheet.width > 600
        assert sheet.height > 900  # three classes, and six rows for each of two augmentations
    told = json.loads(paribus("data", "show", "photos", "--resize", "8", "--json", cwd=place).stdout)
    assert [each["name"] for each in told["data"][0]["classes"]] == ["blue-ö", "green_dogs", "red cats"]
    assert sum(each["train"] + each["test"] for each in told["data"][0]["classes"]) == 60
    assert told["data"][0]["image_shape"] == [3, 8, 8]
    assert told["sheet"] == "photos-samples.png"


@pytest.mark.usefixtures("begun")
def test_check_stops_at_the_bad_file_and_tells_of_it_when_it_is_skipped(place, paribus):
    stopped = paribus("check", "mine.toml", "data.on_bad_image=stop", cwd=place)
    assert stopped.returncode == 2
    assert "torn.png" in stopped.stderr
    done = paribus("check", "mine.toml", "--json", cwd=place)
    assert done.returncode == 0, done.stderr
    found = {each["code"]: each for each in json.loads(done.stdout)["findings"]}
    assert found.keys() == {"data-skipped", "data-few-test-images"}
    assert found["data-few-test-images"]["severity"] == "warn"
    assert set(found["data-skipped"]) == {"code", "severity", "where", "evidence", "fix", "muted"}


def test_check_says_what_speaks_against_a_network_of_ones_own(tmp_path, paribus):
    (tmp_path / "nets.py").write_text(NET, encoding="utf-8")
    (tmp_path / "own.toml").write_text(OWN, encoding="utf-8")
    done = paribus("check", "own.toml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "warning     nets.py:Net: " in done.stdout
    assert "softmax" in done.stdout
    assert "unused" in done.stdout


@pytest.mark.usefixtures("begun")
def test_the_study_trains_and_learns(place, paribus):
    done = paribus("run", "mine.toml", "train.lr=0.003", "--quick", "--json", cwd=place)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert {run["state"] for run in answer["runs"]} == {"done"}
    assert [each["name"] for each in answer["conditions"]] == ["no augmentation", "flip", "flip and crop"]
    assert answer["response"] == "validation"


def test_the_built_in_study_of_own_images_says_which_folder_it_wants(tmp_path, paribus):
    done = paribus("check", "own-images", cwd=tmp_path)
    assert done.returncode == 2
    assert "photos" in done.stderr
    assert "one directory per class" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_missing_is_not_downloaded_where_that_is_forbidden(tmp_path, paribus):
    assert paribus("data", "get", "digits", cwd=tmp_path).stdout == "digits is built in\n"
    done = paribus("data", "get", "digits", "mnist", cwd=tmp_path)
    assert done.returncode == 2
    assert "PARIBUS_OFFLINE" in done.stderr
    misplaced = paribus("data", "--json", "get", "mnist", cwd=tmp_path)
    assert misplaced.returncode == 2
    assert "options come last" in misplaced.stderr
