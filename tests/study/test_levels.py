import pytest

from paribus.study import expand

LABELS = [
    ("0.10", "0.1"),
    ("1e-5", "1e-5"),
    ("1", "1"),
    ('{ label = "tiny", value = 0.5 }', "tiny"),
]


@pytest.mark.parametrize(("level", "label"), LABELS)
def test_a_scalar_is_labelled_by_its_text_unless_it_has_a_name(parse, change, level, label):
    study = parse(change("[1.0, 0.1, 0.01]", f"[0.2, {level}]"))
    assert study.vary["train.lr"][1].label == label


@pytest.mark.parametrize(
    ("path", "levels", "labels"),
    [
        ("train.schedule", '["constant", { exponential = 0.95 }]', ["constant", "exponential=0.95"]),
        (
            "train.schedule",
            "[{ cosine = {} }, { step = { step_size = 3, gamma = 0.5 } }]",
            ["cosine", "step.step_size=3, step.gamma=0.5"],
        ),
        ("model", '[{ label = "one", layers = ["A"] }, { label = "two", layers = ["B"] }]', ["one", "two"]),
        ("model.layers", '[{ label = "one", value = ["A"] }, { label = "two", value = ["B"] }]', ["one", "two"]),
        ("data.normalize", '["train", false]', ["train", "false"]),
        ("model.module", '["nets.py:A", "nets.py:B"]', ["nets.py:A", "nets.py:B"]),
    ],
)
def test_anything_in_a_recipe_can_be_a_level(parse, base, path, levels, labels):
    study = parse(base.replace('"train.lr" = [1.0, 0.1, 0.01]', f'"{path}" = {levels}'))
    assert [level.label for level in study.vary[path]] == labels
    assert [condition.levels for condition in expand(study)] == [{path: label} for label in labels]


def test_a_name_is_no_part_of_the_recipe(parse, base):
    text = base.replace('"train.lr" = [1.0', 'model = [{ label = "m", layers = ["A"] }]\n"train.lr" = [1.0')
    assert expand(parse(text))[0].recipe.model.model_dump(exclude_unset=True) == {"layers": ("A",)}


def test_a_table_level_replaces_the_whole_table(parse, base):
    optimizers = '[{ label = "SGD", lr = 1, batch_size = 2, epochs = 3 }]'
    text = base.replace('"train.lr" = [1.0, 0.1, 0.01]', f"train = {optimizers}").replace(
        "lr = 0.1", "lr = 0.1\nmomentum = 0.9"
    )
    assert expand(parse(text))[0].recipe.train.momentum == 0


@pytest.mark.parametrize(
    ("levels", "where", "wrong"),
    [
        ("0.1", "", "0.1 is a number, not a list of levels"),
        ('{ label = "x", value = 1 }', "", "is a table, not a list of levels"),
        ("[]", "", "has 0 levels"),
        (str([0.1] * 1001), "", "has 1,001 levels"),
        ("[0.1, [0.2]]", "[2]", "[0.2] is a list and needs a label"),
        ('[0.1, ""]', "[2]", '"" is text and needs a label'),
        (f'["{"x" * 61}"]', "[1]", "is text and needs a label"),
        ("[{ a = 1, b = 2, c = 3 }]", "[1]", "is a table and needs a label"),
        ("[{ a = [1] }]", "[1]", "is a table and needs a label"),
        ("[{ label = 1 }]", "[1].label", "1 is a whole number, not text"),
        ('[{ label = "a\\u001bb" }]', "[1].label", '"a\\u001bb" cannot be a label'),
        ('[{ label = " a" }]', "[1].label", '" a" cannot be a label'),
        ("[0.1, 0.10]", "[2]", 'a second level with the label "0.1"'),
        ('[0.1, "0.1"]', "[2]", 'a second level with the label "0.1"'),
        ("[0.1, -1]", "[2]", "-1 is not allowed"),
        ('[0.1, { label = "x", value = "y" }]', "[2]", '"y" is text, not a number'),
        ("[1, 1.0]", "[2]", 'the conditions "train.lr=1" and "train.lr=1.0" have the same recipe'),
    ],
)
def test_what_is_no_level_is_named_by_its_place(refuse, change, levels, where, wrong):
    error = refuse(change("[1.0, 0.1, 0.01]", levels))
    assert error.where == 'vary."train.lr"' + where
    assert wrong in error.wrong
    assert error.allowed


@pytest.mark.parametrize(
    ("factor", "nearest"), [('"train.lrr"', "train.lr"), ("lr", "train.lr"), ("epochs", "train.epochs"), ("zzz", "")]
)
def test_an_unknown_factor_is_refused_with_the_nearest_path(refuse, change, factor, nearest):
    error = refuse(change('"train.lr"', factor))
    assert (error.wrong, error.nearest) == ("unknown key", nearest)


@pytest.mark.parametrize(
    ("levels", "meant"),
    [("0.01,0.1", "[0.01, 0.1]"), ("SGD, Adam", '["SGD", "Adam"]'), ("SGD", '["SGD"]'), ("0.1", "[0.1]")],
)
def test_levels_without_brackets_are_shown_with_them(refuse, base, levels, meant):
    assert refuse(base, f"vary.train.lr={levels}").allowed == f"a list of levels: {meant}"


@pytest.mark.parametrize(("line", "key"), [("seeds = 3", "seeds"), ("baseline = { train.lr = 0.1 }", "baseline")])
def test_a_forgotten_design_header_is_noticed(refuse, change, line, key):
    error = refuse(change("[design]\nseeds = 5", line))
    assert "is [design] missing above it?" in error.wrong
    assert error.nearest == f"design.{key}"


def test_a_factor_inside_another_is_refused(refuse, change):
    text = change("[vary]\n", '[vary]\ntrain = [{ label = "x", lr = 1, batch_size = 2, epochs = 3 }]\n')
    assert refuse(text).wrong == "overlaps with vary.train"


def test_dotted_keys_mean_the_same_factor(parse, change):
    assert parse(change('"train.lr"', "train.lr")).vary == parse().vary
