import tomllib

import pytest

from paribus.study import directory_name, expand


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ("data.source=digits", "base.data.source", "digits"),
        ('data.source="digits"', "base.data.source", "digits"),
        ("train.epochs=3", "base.train.epochs", 3),
        (" train . epochs = 3 ", "base.train.epochs", 3),
        ("train.momentum=0", "base.train.momentum", 0.0),
        ("train.schedule.exponential=0.9", "base.train.schedule.exponential", 0.9),
        ("train.schedule={cosine={}}", "base.train.schedule.cosine.eta_min", 0.0),
        ('model.layers=["A"]', "base.model.layers", ("A",)),
        ("design.seeds=2", "design.seeds", 2),
        ("design.smallest_effect=1.5pp", "design.smallest_effect", 0.015),
        ("design.kind=grid", "design.kind", "grid"),
        ("design.baseline.train.lr=0.01", "design.baseline", {"train.lr": "0.01"}),
        ("question=Does it = matter?", "question", "Does it = matter?"),
        ("notes='a # b' # c", "notes", "a # b"),
    ],
)
def test_an_override_is_a_toml_value_or_else_text(parse, base, override, path, value):
    study = parse(base, override)
    found = study
    for key in path.split("."):
        found = getattr(found, key)
    assert found == value
    assert parse(study.text) == study


@pytest.mark.parametrize("key", ["vary.train.lr", 'vary."train.lr"'])
def test_levels_are_overridden_as_one_key(parse, base, key):
    study = parse(base, f"{key}=[0.1,0.3]")
    assert [condition.name for condition in expand(study)] == ["lr=0.1", "lr=0.3"]
    assert tomllib.loads(study.text)["vary"] == {"train.lr": [0.1, 0.3]}
    assert directory_name(study) == directory_name(parse(base))


@pytest.mark.parametrize(
    ("override", "gone", "kept"),
    [
        ("train.steps=3", "epochs", "train"),
        ("model.module=nets.py:Net", "layers", "model"),
    ],
)
def test_of_two_that_exclude_each_other_the_override_stays(parse, base, override, gone, kept):
    assert getattr(getattr(parse(base, override).base, kept), gone) is None


def test_one_schedule_replaces_another(parse, base):
    text = base.replace("epochs = 20", "epochs = 20\nschedule = { step = { step_size = 3 } }")
    schedule = parse(text, "train.schedule.exponential=0.5").base.train.schedule
    assert schedule.model_dump(exclude_none=True) == {"exponential": 0.5}


@pytest.mark.parametrize(
    ("override", "where", "wrong", "allowed", "near"),
    [
        ("epochs", '"epochs"', "is no override", "PATH=VALUE", ""),
        ("=3", '"=3"', "is no override", "PATH=VALUE", ""),
        ("train.epochs=", '"train.epochs="', "is no override", "PATH=VALUE", ""),
        ("train.epoch=3", "train.epoch", "unknown key", "", "train.epochs"),
        ("epochs=3", "epochs", "unknown key", "", "train.epochs"),
        ("questoin=x", "questoin", "unknown key", "", "question"),
        ("vary.lr=[1]", "vary.lr", "unknown key", "", "train.lr"),
        ("design.seed=3", "design.seed", "unknown key", "kind, baseline", "seeds"),
        ("train.lr=3", "train.lr", 'is varied by the study (vary."train.lr")', "vary.train.lr=[3]", ""),
        ("train={lr=1}", "train", 'is varied by the study (vary."train.lr")', "vary.train.lr=[...]", ""),
        ("train.epochs=many", "train.epochs", '"many" is text, not a whole number', "", ""),
        ("design.baseline.train.lr=3", 'design.baseline."train.lr"', "3 is no level", "1.0, 0.1, 0.01", ""),
        ("vary.train.lr=[0.1, Adam]", "vary.train.lr", "is no TOML value", "needs quotes", ""),
        ("train.epochs=" + "9" * 5000, "train.epochs", "is text, not a whole number", "", ""),
        ("data.source=\udc80", "data.source:1", "", "", ""),
    ],
)
def test_what_cannot_be_overridden_is_refused(refuse, base, override, where, wrong, allowed, near):
    error = refuse(base, override)
    assert error.where == where
    assert wrong in error.wrong
    assert allowed in error.allowed
    assert error.nearest == near


def test_a_setting_of_the_explicit_conditions_is_not_overridden(refuse, base):
    text = base.replace("seeds = 5", 'kind = "explicit"\nconditions = [{ train.batch_size = 2 }]')
    error = refuse(text, "train.batch_size=3")
    assert error.wrong == "is set by design.conditions[1]"


def test_all_changes_stay_listed(parse, base):
    once = parse(base, "train.epochs=3", "question=a\nb")
    twice = parse(once.text, "design.seeds=2")
    listed = [line for line in twice.text.splitlines() if line.startswith("# changed: ")]
    assert listed == ["# changed: train.epochs=3", "# changed: question=a\\nb", "# changed: design.seeds=2"]
    assert (twice.base.train.epochs, twice.question, twice.design.seeds) == (3, "a\nb", 2)


def test_the_order_of_factors_stays(parse, base):
    models = 'model = [{ label = "a", layers = ["A"] }, { label = "b", layers = ["B"] }]\n'
    study = parse(base.replace("[vary]\n", "[vary]\n" + models), "train.epochs=3")
    assert list(parse(study.text).vary) == ["model", "train.lr"]
