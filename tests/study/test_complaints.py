import copy
import tomllib

import pytest

from paribus.core import StudyError
from paribus.study.overrides import rewritten

# (text replaced, by what, where, wrong, allowed or nearest)
REFUSED = [
    ("lr = 0.1", 'lr = "0.1"', "train.lr", '"0.1" is text, not a number: write lr = 0.1', ""),
    ("lr = 0.1", "lr = true", "train.lr", "true is a truth value, not a number", "a number"),
    ("lr = 0.1", "lr = 2020-01-01", "train.lr", "2020-01-01 is a date or a time, not a number", "a number"),
    ("lr = 0.1", "lr = nan", "train.lr", "nan is not allowed", "a finite number"),
    ("lr = 0.1", "lr = -inf", "train.lr", "-inf is not allowed", "a finite number"),
    ("lr = 0.1", "lr = 0", "train.lr", "0 is not allowed", "a number above 0"),
    ("batch_size = 32", "", "train.batch_size", "is missing", "batch_size = 32"),
    ("epochs = 20", "epochs = 20.0", "train.epochs", "20.0 is a number, not a whole number: write epochs = 20", ""),
    ("epochs = 20", "epochs = 0", "train.epochs", "0 is not allowed", "1 or more"),
    ("epochs = 20", "", "train", "has neither epochs nor steps", "one of epochs = 20 and steps = 1000"),
    ("epochs = 20", "epochs = 2\nsteps = 3", "train", "has both epochs = 2 and steps = 3", "one of epochs"),
    ("epochs = 20", "epochs = 9223372036854775807", "train.epochs", "9223372036854775807 is", "1,000,000,000 or less"),
    ("epochs = 20", "epochs = 1\nmomentum = 1.0", "train.momentum", "1.0 is not allowed", "a number below 1"),
    ("epochs = 20", "epochs = 1\nnesterov = true", "train.nesterov", "true with SGD", "a momentum above 0"),
    ("epochs = 20", "epochs = 1\nnesterov = 1", "train.nesterov", "1 is a whole number, not true or false", ""),
    ("epochs = 20", 'epochs = 1\noptimizer = "adam"', "train.optimizer", '"adam" is not allowed', "SGD, Adam, AdamW"),
    ("epochs = 20", "epochs = 1\nbetas = [0.9, 0.9]", "train.betas", "[0.9, 0.9] with SGD", "SGD has momentum"),
    (
        "epochs = 20",
        'epochs = 1\noptimizer = "Adam"\nmomentum = 0.9',
        "train.momentum",
        "0.9 with Adam",
        "Adam has betas",
    ),
    (
        "epochs = 20",
        'epochs = 1\noptimizer = "Adam"\nbetas = [0.9]',
        "train.betas",
        "has too few values (1)",
        "",
    ),
    (
        "epochs = 20",
        'epochs = 1\nloss = "nll"\nlabel_smoothing = 0.1',
        "train.label_smoothing",
        "0.1 with nll",
        "cross_entropy",
    ),
    ("epochs = 20", "epochs = 1\nschedule = 3", "train.schedule", "3 is not allowed", "{ exponential = 0.95 }"),
    ("epochs = 20", "epochs = 1\nschedule = {}", "train.schedule", "names no schedule", "exactly one of exponential"),
    (
        "epochs = 20",
        "epochs = 1\nschedule = { step = {} }",
        "train.schedule.step.step_size",
        "is missing",
        "step_size = 10",
    ),
    (
        "epochs = 20",
        "epochs = 1\nschedule = { exponential = 0.9, cosine = {} }",
        "train.schedule",
        "names exponential and cosine",
        "exactly one",
    ),
    ("validation = 5000", "validation = 1.5", "data.validation", "1.5 is not allowed", "a count (5000), a fraction"),
    ("validation = 5000", "validation = true", "data.validation", "true is not allowed", "a count (5000)"),
    ("validation = 5000", "normalize = 0", "data.normalize", "0 is not allowed", '"train", false, or { mean'),
    ("validation = 5000", 'normalize = "tain"', "data.normalize", '"tain" is not allowed', '"train", false'),
    (
        "validation = 5000",
        "normalize = { mean = [0.5], std = [0] }",
        "data.normalize.std[1]",
        "0 is not allowed",
        "a number above 0",
    ),
    (
        "validation = 5000",
        "normalize = { mean = [1, 2], std = [1, 1, 1] }",
        "data.normalize",
        "has 2 means, but 3 standard deviations",
        "one of each per channel",
    ),
    ('"mnist"', '"minst"', "data.source", '"minst" is no known source', "digits, mnist, fashion-mnist"),
    ('source = "mnist"', "source = 3", "data.source", "3 is a whole number, not text in quotes", ""),
    ('["Flatten", "Linear(classes)"]', '"Flatten"', "model.layers", '"Flatten" is text, not a list: write', ""),
    ('["Flatten", "Linear(classes)"]', '["A", 1]', "model.layers[2]", "1 is a whole number", "text"),
    ('["Flatten", "Linear(classes)"]', "[]", "model.layers", "is empty", "at least one"),
    ('layers = ["Flatten", "Linear(classes)"]', "", "model", "has neither layers nor module", "one of layers"),
    (
        'layers = ["Flatten", "Linear(classes)"]',
        'module = "nets.py"',
        "model.module",
        "names no class",
        "FILE.py:CLASS",
    ),
    ("seeds = 5", "seeds = 0", "design.seeds", "0 is not allowed", "1 or more"),
    (
        "seeds = 5",
        'seeds = { start = 5, most = 5, until = "decided" }',
        "design.seeds.most",
        "leaves nothing",
        "most = 20",
    ),
    ("[design]", "[tune]\n'train.lr' = [1]\n[design]", 'tune."train.lr"', "is varied too", "what is not asked"),
    ("[design]", "[tune]\n'train.momentum' = [2]\n[design]", 'tune."train.momentum"', "2 is not allowed", "below 1"),
    ("validation = 5000", "[tune]\n'train.momentum' = [0.5]", "tune", "no validation split", "data.validation"),
    ("seeds = 5", "alpha = 0.6", "design.alpha", "0.6 is not allowed", "a number below 0.5"),
    ("seeds = 5", "alpha = 0.5", "design.alpha", "0.5 is not allowed", "a number below 0.5"),
    ("seeds = 5", "vary_streams = []", "design.vary_streams", "is empty", "at least one"),
    ("seeds = 5", 'vary_streams = ["inti"]', "design.vary_streams[1]", '"inti" is not allowed', "split, init, order"),
    ("seeds = 5", "smallest_effect = 0.2", "design.smallest_effect", "0.2 has no unit", '"0.2pp"'),
    ("seeds = 5", 'smallest_effect = "0 pp"', "design.smallest_effect", '"0 pp" is no difference', "above 0"),
    ('question = "Does the learning rate matter?"', "", "question", "is missing", "question ="),
]


@pytest.mark.parametrize(("old", "new", "where", "wrong", "allowed"), REFUSED)
def test_a_wrong_value_is_shown_with_its_place_and_what_is_allowed(refuse, change, old, new, where, wrong, allowed):
    error = refuse(change(old, new))
    assert error.where == where
    assert wrong in error.wrong
    assert allowed in error.allowed
    assert "Input" not in str(error)  # pydantic's own words


def test_two_problems_are_named_together(refuse, base):
    error = refuse(base.replace("lr = 0.1", "lr = -1").replace("[data]", "[data]\nresize = 0"))
    assert error.where == "data.resize"
    assert error.wrong == "0 is not allowed (also look at train.lr)"


def test_a_key_in_the_wrong_table_is_sent_to_the_right_one(refuse, change):
    assert refuse(change("epochs = 20", "epochs = 1\nseeds = 3")).nearest == "design.seeds"
    assert refuse(change("[data]", "epochs = 3\n[data]")).nearest == "train.epochs"


FULL = """\
question = "q"
notes = "n"
takes = "t"
published = [
  { condition = "base", test_accuracy = 0.9, train_accuracy = 0.9, test_loss = 0.1, train_loss = 0.1, source = "s" },
]

[data]
source = "digits"
validation = 0.2
split = "fixed"
normalize = { mean = [0.5], std = [0.5] }
train_images = 100
resize = 8

[model]
layers = ["Flatten"]
init = "zeros"

[train]
optimizer = "SGD"
lr = 0.1
momentum = 0.9
nesterov = true
weight_decay = 0.1
batch_size = 3
steps = 4
loss = "cross_entropy"
label_smoothing = 0.1
schedule = { step = { step_size = 3, gamma = 0.1 } }
augment = []

[vary]

[tune]

[design]
kind = "one-at-a-time"
baseline = {}
seeds = 3
vary_streams = ["init"]
metric = "accuracy"
smallest_effect = "1pp"
alpha = 0.1
"""


def _keys(table, path=()):
    for key, value in table.items():
        yield (*path, key)
        if isinstance(value, dict):
            yield from _keys(value, (*path, key))
    for index, row in enumerate(table.get("published", ())):
        yield from _keys(row, ("published", index))


def _misspelt(name):
    letters = "aehlprs"  # all 20,000 misspellings with all letters take 10 s and give the same rate
    places = range(len(name))
    cut = {name[:at] + name[at + 1 :] for at in places}
    other = {name[:at] + letter + name[at + 1 :] for at in places for letter in letters}
    more = {name[:at] + letter + name[at:] for at in places for letter in letters}
    swapped = {name[:at] + name[at + 1 : at + 2] + name[at] + name[at + 2 :] for at in places}
    return sorted((cut | other | more | swapped) - {name, ""})


def _renamed(document, path, name):
    document = copy.deepcopy(document)
    table = document
    for key in path[:-1]:
        table = table[key]
    items = list(table.items())
    table.clear()
    table.update((name if key == path[-1] else key, value) for key, value in items)
    return document


@pytest.fixture
def suggest(parse):
    """Return what a document's error says was meant, or "" if there is no error."""

    def suggested(document):
        try:
            parse(rewritten(document, "", []))
        except StudyError as error:
            return error.nearest
        return ""

    return suggested


def test_a_misspelt_key_is_understood(suggest, parse):
    parse(FULL)
    document = tomllib.loads(FULL)
    for path in _keys(document):
        words = _misspelt(path[-1])
        right = sum(suggest(_renamed(document, path, word)) == path[-1] for word in words)
        assert right >= 0.95 * len(words), path
