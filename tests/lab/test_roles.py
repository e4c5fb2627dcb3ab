"""What a conclusion rests on: settings that really are the same for all conditions, and not tuned."""

from types import SimpleNamespace

import pytest
from finished import TEXT, make_study
from hypothesis import given, settings
from hypothesis import strategies as st

from paribus.core import StudyError
from paribus.lab.roles import caveats, varied_paths
from paribus.study import expand, pick, tuning_runs


def said(study):
    return caveats(SimpleNamespace(conditions=expand(study), study=study))


def explicit(*conditions):
    listed = ", ".join(conditions)
    return make_study(f'[design]\nkind = "explicit"\nconditions = [{listed}]')


def test_the_rate_is_named_where_the_batch_size_is_asked_about():
    (found,) = said(make_study('[vary]\n"train.batch_size" = [50, 100]'))
    assert found.startswith("lr = 0.1, momentum = 0.0, schedule = constant and epochs = 4 were the same")
    assert "[tune]" in found


def test_what_is_tuned_in_every_condition_is_no_condition_of_the_conclusion():
    study = make_study('[vary]\n"train.batch_size" = [50, 100]\n[tune]\n"train.lr" = [0.1, 0.2]')
    for each in (study, pick(study, dict.fromkeys((run.key for run in tuning_runs(study)), 0.5))):
        (found,) = said(each)
        assert "lr =" not in found
        assert "[tune]" not in found


@pytest.mark.parametrize(
    ("first", "second", "schedule"),
    [
        ("{ exponential = 0.9 }", "{ exponential = 0.9 }", "schedule = exponential 0.9"),
        ("{ exponential = 0.9 }", "{ exponential = 0.5 }", ""),
        ("{ exponential = 0.9 }", "{ cosine = {} }", ""),
        ('"constant"', "{ exponential = 0.5 }", ""),
    ],
)
def test_two_schedules_are_the_same_only_if_all_in_them_is(first, second, schedule):
    found = said(explicit(
        f'{{ label = "a", "train.lr" = 0.1, "train.schedule" = {first} }}',
        f'{{ label = "b", "train.lr" = 0.2, "train.schedule" = {second} }}',
    ))  # fmt: skip
    about_rate = next(each for each in found if "levels of lr" in each)
    assert ("schedule" in about_rate) == bool(schedule)
    assert schedule in about_rate


def test_a_length_in_updates_is_named_as_one_in_epochs_is():
    study = make_study('[vary]\n"train.lr" = [0.1, 0.2]', base=TEXT.replace("epochs = 4", "steps = 30"))
    assert "steps = 30" in said(study)[0]


def test_a_setting_that_a_condition_only_repeats_is_not_asked_about():
    conditions = expand(explicit('{ "train.lr" = 0.1 }', '{ "train.lr" = 0.2, "train.batch_size" = 100 }'))
    assert varied_paths(conditions) == ("train.lr",)


def test_one_condition_concludes_nothing():
    assert said(make_study()) == ()


LEVELS = {
    "train.lr": ["0.1", "0.2"],
    "train.batch_size": ["50", "100"],
    "train.optimizer": ['"SGD"', '"Adam"'],
    "train.weight_decay": ["0.0", "0.1"],
    "train.epochs": ["4", "6"],
    "train.schedule": ['"constant"', "{ exponential = 0.9 }", "{ exponential = 0.5 }"],
}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.fixed_dictionaries({}, optional={
    path: st.sampled_from(values) for path, values in LEVELS.items()}), min_size=2, max_size=4))  # fmt: skip
def test_a_setting_is_named_only_if_its_value_is_the_same_in_every_recipe(listed):
    tables = [
        "{ " + ", ".join([f'label = "c{number}"', *(f'"{path}" = {value}' for path, value in each.items())]) + " }"
        for number, each in enumerate(listed)
    ]
    try:
        study = explicit(*tables)
    except StudyError:  # two conditions with one recipe
        return
    recipes = [each.recipe.train.model_dump() for each in expand(study)]
    for sentence in said(study):
        for path in LEVELS:
            name = path.rpartition(".")[2]
            if f"{name} = " in sentence:
                assert all(recipe[name] == recipes[0][name] for recipe in recipes), sentence
        asked = sentence.partition("levels of ")[2].partition(":")[0]
        assert any(recipe[asked] != recipes[0][asked] for recipe in recipes)
