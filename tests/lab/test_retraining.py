"""Images, or the file of a network, that have changed: finished runs are trained again, and that is said."""

import pytest
from pictures import fill, flat

import paribus as pb

STUDY = """
question = "?"
data = { source = "folder:photos", validation = 0.2 }
model = { layers = ["Flatten", "Linear(classes)"] }
train = { lr = 0.1, batch_size = 8, epochs = 1 }
vary = { train.lr = [0.1, 0.01] }
design = { seeds = 2, smallest_effect = "5pp" }
"""


@pytest.fixture
def photos(tmp_path):
    """A folder of 2 x 20 images beside a study of four runs."""
    names = [f"photos/{name}/{number:02}.png" for name in ("cats", "dogs") for number in range(20)]
    fill(tmp_path, {name: flat(key) for key, name in enumerate(names)})
    (tmp_path / "mine.toml").write_text(STUDY, encoding="utf-8")
    return tmp_path / "photos"


def run(folder, *changes):
    """Run the study; return what was said, and the stages at which runs ended after it."""
    told = []
    study = pb.load(folder.parent / "mine.toml", *changes)
    results = pb.run(study, folder=folder.parent / "studies", workers=1, report=False, watch=told.append)
    said = [each.said for each in told if each.said]
    before = [each.ended for each in told[: next((n for n, each in enumerate(told) if each.said), 0)]]
    return said, before, sum(each.ended is not None for each in told), results


def test_runs_of_other_images_are_trained_again_and_it_is_said_once_and_before(photos):
    assert run(photos)[:3:2] == ([], 4)
    assert run(photos)[:3:2] == ([], 0)
    (photos / "cats" / "00.png").unlink()
    said, before, ended, results = run(photos)
    (sentence,) = said
    assert sentence == (
        "the images are not those of the 4 finished runs (another fingerprint): "
        "they are trained again on the images as they are now"
    )
    assert not any(before)
    assert ended == 4
    assert {each.state for each in results.runs} == {"done"}
    assert run(photos)[:3:2] == ([], 0)


def test_only_the_runs_that_are_asked_for_again_are_counted(photos):
    run(photos)
    (photos / "dogs" / "00.png").unlink()
    said, _, ended, _ = run(photos, "design.seeds=1", "vary.train.lr=[0.1,0.02]")
    assert ended == 2
    (sentence,) = said
    assert sentence == (
        "the images are not those of the 1 finished run (another fingerprint): "
        "it is trained again on the images as they are now"
    )


def test_runs_of_another_file_of_their_network_are_trained_again_and_it_is_said(tmp_path):
    nets = tmp_path / "nets.py"
    nets.write_text(
        "from torch import nn\n\nclass Net(nn.Sequential):\n"
        "    def __init__(self):\n        super().__init__(nn.Flatten(), nn.Linear(64, 10))\n"
    )
    own = STUDY.replace('"folder:photos"', '"digits"').replace('layers = ["Flatten", "Linear(classes)"]', "MODULE")
    (tmp_path / "mine.toml").write_text(own.replace("MODULE", 'module = "nets.py:Net"'), encoding="utf-8")
    assert run(tmp_path / "photos")[:3:2] == ([], 4)
    nets.write_text(nets.read_text() + "# the same network, but who knows\n")
    (sentence,), before, ended, _ = run(tmp_path / "photos")
    assert sentence == (
        "nets.py has changed since 4 runs were finished (any edit counts): "
        "they are trained again, and what was trained before is kept"
    )
    assert not any(before)
    assert ended == 4
    assert run(tmp_path / "photos")[:3:2] == ([], 0)
    nets.write_text(nets.read_text().replace("# the same network, but who knows\n", ""))  # as it was: all is there
    assert run(tmp_path / "photos")[:3:2] == ([], 0)


def test_each_reason_is_named_once_it_is_one(tmp_path):
    mine = tmp_path / "mine.py"
    mine.write_text(
        "import numpy as np\nfrom torch import nn\n\n"
        "class Net(nn.Sequential):\n"
        "    def __init__(self):\n        super().__init__(nn.Flatten(), nn.Linear(16, 2))\n\n"
        "def noise():\n"
        "    draw = np.random.default_rng(0)\n"
        "    made = draw.integers(0, 256, (40, 4, 4, 1), dtype=np.uint8), np.arange(40) % 2\n"
        "    return made, made\n"
    )
    own = STUDY.replace("folder:photos", "mine.py:noise").replace('layers = ["Flatten", "Linear(classes)"]', "MODULE")
    (tmp_path / "mine.toml").write_text(own.replace("MODULE", 'module = "./mine.py:Net"'), encoding="utf-8")
    assert run(tmp_path / "photos", "design.seeds=1")[:3:2] == ([], 2)
    mine.write_text(mine.read_text().replace("default_rng(0)", "default_rng(1)"))
    (both,), _, ended, _ = run(tmp_path / "photos", "design.seeds=1")
    assert both.startswith("the images are not those of the 2 finished runs (another fingerprint): they are trained")
    assert "; mine.py has changed since 2 runs were finished" in both
    assert ended == 2
    mine.write_text(mine.read_text() + "# the same images\n")
    (file,), _, ended, _ = run(tmp_path / "photos", "design.seeds=1")
    assert file.startswith("mine.py has changed since 2 runs were finished")
    assert ended == 2
