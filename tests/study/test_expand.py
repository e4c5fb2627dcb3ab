import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paribus.study import expand, runs
from paribus.study.load import parse_study
from paribus.study.values import toml_text

RATES = st.lists(st.integers(1, 50).map(lambda n: n / 100), min_size=1, max_size=4, unique=True)
SIZES = st.lists(st.integers(1, 500), min_size=1, max_size=4, unique=True)
OPTIMIZERS = st.lists(st.sampled_from(["SGD", "Adam", "AdamW"]), min_size=1, unique=True)
FACTORS = st.fixed_dictionaries(
    {},
    optional={"train.lr": RATES, "train.batch_size": SIZES, "train.optimizer": OPTIMIZERS, "data.train_images": SIZES},
)


def _study(factors, *, kind="one-at-a-time", seeds=2):
    vary = "\n".join(f'"{path}" = {toml_text(levels)}' for path, levels in factors.items())
    text = (
        'question = "q"\ndata.source = "digits"\nmodel.layers = ["Linear(classes)"]\n'
        "[train]\nlr = 0.1\nbatch_size = 32\nepochs = 1\n"
        f'[vary]\n{vary}\n[design]\nkind = "{kind}"\nseeds = {seeds}\n'
    )
    return parse_study(text, name="s", base_dir=None)


def _keys(study):
    return {run.key for run in runs(study)}


@given(FACTORS)
def test_counts_names_and_identities(factors):
    sizes = [len(levels) for levels in factors.values()]
    for kind, count in (("one-at-a-time", 1 + sum(size - 1 for size in sizes)), ("grid", math.prod(sizes))):
        study = _study(factors, kind=kind)
        conditions = expand(study)
        assert len(conditions) == len({each.name for each in conditions}) == count
        assert [each.baseline for each in conditions] == [True] + [False] * (count - 1)
        assert len(_keys(study)) == 2 * count


@given(FACTORS, st.integers(51, 99))
def test_more_levels_and_seeds_leave_the_other_runs_as_they_are(factors, percent):
    before = _keys(_study(factors))
    assert before < _keys(_study(factors, seeds=3))
    if "train.lr" in factors:
        assert before < _keys(_study({**factors, "train.lr": [*factors["train.lr"], percent / 100]}))
    assert before <= _keys(_study(factors, kind="grid"))


def test_no_factor_is_one_condition():
    (condition,) = expand(_study({}))
    assert (condition.name, condition.levels, condition.baseline) == ("base", {}, True)


def test_a_level_beside_the_defaults_is_found_by_its_value(parse, base):
    names = [
        each.name
        for each in expand(parse(base.replace('"train.lr" = [1.0', '"train.nesterov" = [false]\n"train.lr" = [1.0')))
    ]
    assert names == ["nesterov=false, lr=0.1", "lr=1.0", "lr=0.01"]


def test_labels_that_two_factors_share_get_the_factor_in_front(parse, base):
    both = 'model = [{ label = "A", layers = ["A"] }, { label = "x", layers = ["B"] }]\n'
    both += 'train.schedule = [{ label = "A", exponential = 0.5 }, { label = "x", exponential = 0.9 }]\n'
    names = [each.name for each in expand(parse(base.replace('"train.lr" = [1.0, 0.1, 0.01]\n', both)))]
    assert names == ["model=A, schedule=A", "model=x", "schedule=x"]


def test_factors_that_end_alike_are_named_in_full(parse, base):
    both = '"train.schedule.step.gamma" = [0.1, 0.5]\n"train.schedule.step.step_size" = [3]\n'
    text = base.replace('"train.lr" = [1.0, 0.1, 0.01]\n', both)
    assert [each.name for each in expand(parse(text))] == ["gamma=0.1, step_size=3", "gamma=0.5"]
    text = text.replace('"train.schedule.step.gamma" = [0.1, 0.5]', '"model.init" = ["zeros"]\n"train.steps" = [3, 4]')
    assert [each.name for each in expand(parse(text))] == ["init=zeros, steps=3, step_size=3", "steps=4"]


def test_runs_are_ordered_seed_by_seed(parse):
    found = [(run.seed, run.condition) for run in runs(parse())]
    assert found == [(seed, name) for seed in range(5) for name in ("lr=0.1", "lr=1.0", "lr=0.01")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("lr = 0.1", "lr = 0.2"),
        ('"mnist"', '"digits"'),
        ("5000", "5001"),
        ("5000", "5000\nsplit = 'seed'"),
        ("5000", "5000\nnormalize = false"),
        ("5000", "5000\ntrain_images = 10"),
        ("5000", "5000\nresize = 10"),
        ("(classes)", "(classes, bias=False)"),
        ('"]', '"]\ninit = "zeros"'),
        ('layers = ["Flatten", "Linear(classes)"]', 'module = "a.py:A"'),
        ("epochs = 20", "epochs = 21"),
        ("epochs = 20", "steps = 20"),
        ("epochs = 20", "epochs = 20\noptimizer = 'Adam'"),
        ("epochs = 20", "epochs = 20\noptimizer = 'AdamW'"),
        ("epochs = 20", "epochs = 20\noptimizer = 'Adam'\nbetas = [0.5, 0.5]"),
        ("epochs = 20", "epochs = 20\nmomentum = 0.5"),
        ("epochs = 20", "epochs = 20\nmomentum = 0.5\nnesterov = true"),
        ("epochs = 20", "epochs = 20\nweight_decay = 0.5"),
        ("epochs = 20", "epochs = 20\nloss = 'nll'"),
        ("epochs = 20", "epochs = 20\nlabel_smoothing = 0.5"),
        ("epochs = 20", "epochs = 20\nschedule = { cosine = {} }"),
        ("epochs = 20", "epochs = 20\nschedule = { cosine = { eta_min = 0.01 } }"),
        ("seeds = 5", "vary_streams = ['init']"),
    ],
)
def test_whatever_changes_in_a_recipe_changes_its_runs(parse, change, old, new):
    text = change('"train.lr" = [1.0, 0.1, 0.01]\n', "")
    keys = _keys(parse(text))
    assert keys.isdisjoint(_keys(parse(text.replace(old, new))))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("lr = 0.1", "lr = 1e-1 # the same"),
        ("5000", "5000\nsplit = 'fixed'"),
        ("seeds = 5", "vary_streams = ['bootstrap', 'dropout', 'augmentation', 'order', 'init', 'split']"),
        ("matter?", "count?"),
        ("seeds = 5", "alpha = 0.1"),
    ],
)
def test_what_changes_no_recipe_changes_no_run(parse, change, old, new):
    assert _keys(parse()) == _keys(parse(change(old, new)))


def test_identities_are_pinned(parse):
    # A change here orphans every stored run: raise SCHEMA_VERSION and say so in the changelog.
    keys = {(run.seed, run.condition): run.key[:16] for run in runs(parse())}
    assert keys[0, "lr=0.1"] == "19282e999684ef76"
    assert keys[4, "lr=0.01"] == "e888815641fe9fe7"


def test_a_level_is_blamed_where_it_stands(refuse, change):
    factors = '"train.optimizer" = ["SGD", "Adam"]\n"train.momentum" = [0.9, 0.0]'
    one = change('"train.lr" = [1.0, 0.1, 0.01]', factors).replace("lr = 0.1", "lr = 0.1\nmomentum = 0.9")
    error = refuse(one)
    assert error.where == 'vary."train.optimizer"[2]'
    assert error.wrong == "does not go with the rest: train.momentum: 0.9 with Adam"
    error = refuse(one.replace("momentum = 0.9\n", "").replace("seeds = 5", "kind = 'grid'"))
    assert error.where == 'vary."train.momentum"[1]'
    assert "0.9 with Adam" in error.wrong


def test_a_bad_baseline_level_is_blamed_where_it_stands(refuse, base):
    error = refuse(base.replace("lr = 0.1\n", "").replace("[1.0,", "[-1.0,"))
    assert (error.where, error.wrong) == ('vary."train.lr"[1]', "-1.0 is not allowed")
