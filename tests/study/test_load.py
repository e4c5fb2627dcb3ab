import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paribus.core import STREAMS, StudyError
from paribus.study import Level, Published, gallery_text, load_study, parse_study, quick

# The study file of DESIGN.md, section 3, word for word.
DESIGN_EXAMPLE = """\
question = "Does the learning rate matter for this MLP on MNIST?"

[data]
source = "mnist"            # digits | mnist | fashion-mnist | kmnist | cifar10 | "folder:PATH" | "module.py:callable"
validation = 5000           # a count, a fraction, or 0: train on everything, choose nothing
split = "fixed"             # "fixed": the same validation images for every seed | "seed": drawn by the seed's split stream; stratified
normalize = "train"         # "train" (mean and std of the training split only) | { mean = [0.5], std = [0.5] } | false (pixels / 255)
# train_images = 10000      # use only so many training images: data size as a factor
# resize = 28               # bilinear; what lets a 28 x 28 network take the 8 x 8 digits or a folder of photographs

[model]
layers = ["Flatten", "Linear(512)", "ReLU", "Linear(256)", "ReLU", "Linear(classes)"]
# names and arguments are torch.nn's; input sizes are inferred; or:  module = "nets.py:CNNNetExp4"
# init = "default"          # torch's; or "kaiming_normal", "xavier_uniform", ...

[train]
optimizer = "SGD"           # SGD | Adam | AdamW, with momentum, nesterov, weight_decay (Adam's is coupled, as torch's), betas
lr = 0.1
batch_size = 32             # or "largest": the largest that fits, found and recorded before the study starts
epochs = 20                 # or steps = N
loss = "cross_entropy"      # cross_entropy | nll | mse (one-hot), label_smoothing
schedule = "constant"       # constant | { exponential = 0.95 } | { step = ... } | { cosine = ... } | { onecycle = ... }
augment = []                # "RandomResizedCrop(32)", "RandomHorizontalFlip", "RandomCrop(32, padding=4)", ...: train split only

[vary]                      # the factors; any recipe path
"train.lr" = [1.0, 0.1, 0.01]
# whole tables can be levels:  "model" = [{ label = "one conv", layers = [...] }, { label = "two conv", layers = [...] }]

[tune]                      # nuisance settings, re-tuned on validation inside every level with equal budget, on seeds of their own
# "train.weight_decay" = [0.0, 1e-4]

[design]
kind = "one-at-a-time"      # or "grid", or "explicit" with conditions = [{ "train.lr" = 0.1, ... }, ...]
baseline = { "train.lr" = 0.1 }      # a table level is named by its label
seeds = 5                   # or { start = 3, most = 20, until = "decided" }
# vary_streams = ["init"]   # what a seed changes; default: all streams (initial weights only: LAB_REPORTS C3)
metric = "accuracy"
smallest_effect = "0.2pp"   # the smallest difference that would matter: it makes "equivalent" sayable
alpha = 0.05
"""  # noqa: E501 - a quotation


def test_the_example_of_the_design_means_what_it_says(parse):
    study = parse(DESIGN_EXAMPLE)
    assert study.question == "Does the learning rate matter for this MLP on MNIST?"
    assert study.base.model_dump(exclude_unset=True) == {
        "data": {"source": "mnist", "validation": 5000, "split": "fixed", "normalize": "train"},
        "model": {
            "layers": ("Flatten", "Linear(512)", "ReLU", "Linear(256)", "ReLU", "Linear(classes)"),
        },
        "train": {
            "optimizer": "SGD",
            "lr": 0.1,
            "batch_size": 32,
            "epochs": 20,
            "loss": "cross_entropy",
            "schedule": "constant",
            "augment": (),
        },
    }
    assert study.vary == {"train.lr": (Level("1.0", 1.0), Level("0.1", 0.1), Level("0.01", 0.01))}
    assert study.design.model_dump() == {
        "kind": "one-at-a-time",
        "baseline": {"train.lr": "0.1"},
        "conditions": (),
        "seeds": 5,
        "tune_seeds": 3,
        "vary_streams": STREAMS,
        "metric": "accuracy",
        "smallest_effect": 0.002,
        "alpha": 0.05,
    }
    assert study.text == DESIGN_EXAMPLE


@pytest.mark.parametrize(
    ("old", "new", "path", "value"),
    [
        ("lr = 0.1", "lr = 1e-3", "train.lr", 0.001),
        ("lr = 0.1", "lr = 1", "train.lr", 1.0),
        ("batch_size = 32", "batch_size = 1_000", "train.batch_size", 1000),
        ("batch_size = 32", "batch_size = 0x20", "train.batch_size", 32),
        ("validation = 5000", "validation = 0.1", "data.validation", 0.1),
        ("validation = 5000", "normalize = false", "data.normalize", False),
        ("validation = 5000", "normalize.mean = [0.5]\nnormalize.std = [0.25]", "data.normalize.std", (0.25,)),
        ("epochs = 20", "epochs = 2\nschedule = { step = { step_size = 3 } }", "train.schedule.step.gamma", 0.1),
    ],
)
def test_toml_has_more_than_one_way_to_say_it(parse, change, old, new, path, value):
    found = parse(change(old, new)).base
    for key in path.split("."):
        found = getattr(found, key)
    assert found == value
    assert type(found) is type(value)


def test_a_file_gives_name_and_folder(tmp_path, base):
    path = tmp_path / "Größe & learning rate.v2.toml"
    path.write_bytes(b"\xef\xbb\xbf" + base.replace("\n", "\r\n").encode())  # as Windows' editors save it
    study = load_study(path)
    assert (study.name, study.base_dir) == ("Groe-learning-rate-v2", tmp_path)
    assert study.base.train.lr == 0.1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there is no such file"),
        ("question = 'x'".encode("utf-16"), "UTF-16"),
        (b"question = 'x'\nnotes = '\xff'", r"not UTF-8 text \(line 2\)"),
        (b"a = 1\n" * 200_000, "too large"),
        (b"a = 1\na = 2\n", r"x.toml:2: the same key is given twice, in: a = 2"),
    ],
)
def test_a_file_that_is_no_study_is_refused(tmp_path, content, words):
    path = tmp_path / "x.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StudyError, match=words):
        load_study(path)


def test_a_folder_is_no_study_file(tmp_path):
    with pytest.raises(StudyError, match="is a folder"):
        load_study(tmp_path)
    with pytest.raises(StudyError, match="cannot be read"):
        load_study(tmp_path / ("x" * 5000 + ".toml"))


def test_a_study_travels_between_processes(parse):
    study = parse()
    assert pickle.loads(pickle.dumps(study)) == study  # noqa: S301 - our own bytes


def test_a_path_that_the_file_leaves_open_has_the_baseline_s_level(parse, base):
    text = base.replace('[model]\nlayers = ["Flatten", "Linear(classes)"]\n', "").replace("lr = 0.1\n", "")
    model = 'model = [{ label = "a", layers = ["A"] }, { label = "b", layers = ["B"] }]\n'
    text = text.replace("[design]", f'{model}[design]\nbaseline = {{ model = "b", "train.lr" = 0.01 }}')
    study = parse(text)
    assert (study.base.model.layers, study.base.train.lr) == (("B",), 0.01)
    assert set(study.left_open) == {"model", "train.lr"}


PUBLISHED = '\n[[published]]\ncondition = "lr=0.01"\ntest_accuracy = 0.9747\nsource = "report E"\n'


def test_published_numbers_belong_to_conditions(parse, refuse, base):
    study = parse(base + PUBLISHED)
    assert study.published == (Published(condition="lr=0.01", test_accuracy=0.9747, source="report E"),)
    error = refuse(base + PUBLISHED.replace("0.01", "0.001"))
    assert (error.where, error.nearest) == ("published[1].condition", "lr=0.01")
    assert error.allowed == '"lr=0.1", "lr=1.0", "lr=0.01"'


@pytest.mark.parametrize(
    ("override", "kept"), [("train.epochs=1", 0), ("data.source=digits", 0), ("design.seeds=3", 1)]
)
def test_published_numbers_belong_to_the_recipe_that_they_were_published_for(parse, base, override, kept):
    study = parse(base + PUBLISHED, override)
    assert len(study.published) == kept
    assert study.text.count("published") == kept


def test_published_numbers_go_with_a_condition_that_an_override_takes_away(parse, base):
    study = parse(base + PUBLISHED, "vary.train.lr=[0.1, 0.3]")
    assert study.published == ()
    assert parse(study.text) == study


EXPLICIT = """\
question = "q"
data = { source = "digits", normalize = { mean = [0.5], std = [0.5] } }
model = { module = "nets.py:Net" }
train = { lr = 0.1, batch_size = 8, steps = 100, schedule = { exponential = 0.9 } }
[vary]
"train.lr" = [0.1, { label = "low", value = 0.01 }]
[design]
kind = "explicit"
conditions = [{ "train.lr" = 0.1 }, { label = "x", "train.lr" = "low", "train.batch_size" = 64 }]
baseline = { label = "x" }
vary_streams = ["init"]
[[published]]
condition = "x"
test_accuracy = 0.9
"""
SOUND = [DESIGN_EXAMPLE, EXPLICIT, gallery_text("quickstart")]
PIECES = [
    '"',
    "'",
    '"""',
    "[",
    "]",
    "{",
    "}",
    "=",
    ".",
    ",",
    "\n",
    "#",
    "inf",
    "nan",
    "-1",
    "0",
    "1e999",
    "true",
    "9" * 30,
]
PIECES += [
    "2020-01-01",
    "label",
    "value",
    "[tune]",
    "[[vary]]",
    "\x00",
    "\r",
    "\ufeff",
    "0x",
    "train",
    '"train.lr"',
    "\ud800",
]
EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(PIECES)), min_size=1, max_size=4)


def _outcome(text):
    """Return the error's text; empty for a sound study, which is made small and read back as well."""
    try:
        study = parse_study(text, name="x", base_dir=Path())
    except StudyError as error:
        return str(error)
    small = quick(study)
    again = parse_study(small.text, name=small.name, base_dir=Path())
    assert repr(again) == repr(small)  # nan, as a level that no condition takes, is not equal to itself
    return ""


@settings(max_examples=300, deadline=None)
@given(st.text() | st.text("[]{}=.\"'#, \nabc019-_"))
def test_any_text_is_a_study_or_a_study_error(text):
    assert "Input should" not in _outcome(text)  # pydantic's own words


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SOUND), EDITS)
def test_a_damaged_study_is_a_study_or_a_study_error(text, edits):
    for place, length, piece in edits:
        start = int(place * len(text))
        text = text[:start] + piece + text[start + length :]
    assert "Input should" not in _outcome(text)  # pydantic's own words
