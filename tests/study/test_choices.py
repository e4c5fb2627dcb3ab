import pytest

from paribus.study import expand

TWO = '"train.lr" = [1.0, 0.1, 0.01]\n"train.batch_size" = [32, 8]'
SETTINGS = '{ "train.lr" = 0.1 }, { "train.lr" = "0.01", "train.batch_size" = 64 }, { label = "big", train.lr = 1 }'


@pytest.fixture
def design(change):
    """Return the study with two factors, or its own one, and with a design."""

    def designed(lines, factors='"train.lr" = [1.0, 0.1, 0.01]'):
        return change("seeds = 5", lines).replace('"train.lr" = [1.0, 0.1, 0.01]', factors)

    return designed


def _names(study):
    return [condition.name for condition in expand(study)]


def test_one_at_a_time_changes_one_factor_of_the_baseline(parse, design):
    assert _names(parse(design("", TWO))) == ["lr=0.1, batch_size=32", "lr=1.0", "lr=0.01", "batch_size=8"]


def test_a_grid_has_every_combination_the_baseline_first(parse, design):
    names = _names(parse(design('kind = "grid"\nbaseline = { "train.batch_size" = 8 }', TWO)))
    assert names[0] == "lr=0.1, batch_size=8"
    assert sorted(names) == sorted(f"lr={lr}, batch_size={size}" for lr in ("1.0", "0.1", "0.01") for size in (32, 8))


def test_explicit_conditions_take_labels_and_values(parse, design):
    conditions = expand(parse(design(f'kind = "explicit"\nconditions = [{SETTINGS}]')))
    assert [(each.name, dict(each.levels)) for each in conditions] == [
        ("lr=0.1", {"train.lr": "0.1"}),
        ("lr=0.01, batch_size=64", {"train.lr": "0.01", "train.batch_size": "64"}),
        ("big", {"train.lr": "1.0"}),
    ]
    assert [(each.recipe.train.lr, each.recipe.train.batch_size) for each in conditions] == [
        (0.1, 32),
        (0.01, 64),
        (1, 32),
    ]


@pytest.mark.parametrize("baseline", ['{ label = "big" }', '{ "train.lr" = 1 }', '{ train.lr = "1.0" }'])
def test_an_explicit_baseline_is_named_by_label_or_levels(parse, design, baseline):
    study = parse(design(f'kind = "explicit"\nconditions = [{SETTINGS}]\nbaseline = {baseline}'))
    assert [(each.name, each.baseline) for each in expand(study)] == [
        ("big", True),
        ("lr=0.1", False),
        ("lr=0.01, batch_size=64", False),
    ]


def test_a_condition_of_a_table_that_is_no_factor_is_that_table(parse, design):
    model = '{ model = { label = "small", layers = ["A"] } }'
    conditions = expand(parse(design(f'kind = "explicit"\nconditions = [{{ label = "as it is" }}, {model}]', "")))
    assert [each.name for each in conditions] == ["as it is", "small"]
    assert conditions[1].recipe.model.layers == ("A",)


@pytest.mark.parametrize(
    ("lr", "levels", "baseline"),
    [("0.1", "[1.0, 0.1]", "0.1"), ("0.3", "[1.0, 0.1]", "1.0"), ("1", "[0.1, 1.0]", "1.0")],
)
def test_the_baseline_is_the_recipe_s_own_value_else_the_first_level(parse, base, lr, levels, baseline):
    text = base.replace("lr = 0.1", f"lr = {lr}").replace("[1.0, 0.1, 0.01]", levels)
    assert parse(text).design.baseline == {"train.lr": baseline}


def test_a_default_is_the_recipe_s_own_value_too(parse, design):
    study = parse(design("", '"train.momentum" = [0.9, 0]'))
    assert study.design.baseline == {"train.momentum": "0"}
    assert study.left_open == ()


@pytest.mark.parametrize(
    ("lines", "where", "wrong", "near"),
    [
        ('baseline = { "train.lr" = 0.2 }', 'design.baseline."train.lr"', "0.2 is no level", ""),
        ('baseline = { "train.lr" = "0.011" }', 'design.baseline."train.lr"', '"0.011" is no level', "0.01"),
        ('baseline = { "train.l" = 0.1 }', 'design.baseline."train.l"', "is not varied", "train.lr"),
        ('kind = "explicit"', "design.conditions", "is missing", ""),
        ("conditions = [{ train.lr = 1 }]", "design.conditions", 'kind is "one-at-a-time"', ""),
        ('kind = "explicit"\nconditions = [3]', "design.conditions[1]", "3 is a whole number, not a table", ""),
        (
            'kind = "explicit"\nconditions = [{ "train.lr" = 0.2 }]',
            'design.conditions[1]."train.lr"',
            "0.2 is no level",
            "",
        ),
        (
            'kind = "explicit"\nconditions = [{ "train.epoch" = 2 }]',
            'design.conditions[1]."train.epoch"',
            "unknown key",
            "train.epochs",
        ),
        (
            'kind = "explicit"\nconditions = [{ "train.lr" = 1 }, { "train.lr" = 1 }]',
            "design.conditions[2]",
            "have the same recipe",
            "",
        ),
        (
            'kind = "explicit"\nconditions = [{ train.lr = 1 }, { train.batch_size = 2 }]\nbaseline = { label = "x" }',
            "design.baseline",
            "fits none of the conditions",
            "",
        ),
        (
            'kind = "explicit"\nconditions = [{ label = "a", train.lr = 1 }, { label = "a", train.lr = 0.1 }]',
            "vary",
            'two conditions are called "a"',
            "",
        ),
        ("seeds = 10_000\nkind = 'grid'", "design.seeds", "are 110,000 runs", ""),
    ],
)
def test_a_design_that_does_not_fit_is_refused(refuse, design, lines, where, wrong, near):
    lrs = '"train.lr" = [1.0, 0.1, 0.01]'
    error = refuse(design(lines, f"{lrs[:-1]}, {', '.join('23456789')}]" if "10_000" in lines else lrs))
    assert error.where == where
    assert wrong in error.wrong
    assert error.nearest == near
