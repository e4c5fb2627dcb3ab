import pytest

from paribus.study.paths import RECIPE_PATHS, lookup, nearest_path, overlaps, own_value, put


def test_every_setting_has_a_path():
    assert {"data", "data.source", "data.normalize.mean", "train.schedule.step.gamma"} < set(RECIPE_PATHS)
    assert len(RECIPE_PATHS) == len(set(RECIPE_PATHS)) == 39


def test_a_value_is_put_into_a_copy():
    table = {"train": {"epochs": 3, "lr": 1}}
    assert put(table, "train.steps", 5) == {"train": {"lr": 1, "steps": 5}}
    assert put(table, "model.module", "x") == {**table, "model": {"module": "x"}}
    assert table == {"train": {"epochs": 3, "lr": 1}}


def test_a_setting_inside_one_schedule_keeps_that_schedule():
    table = {"train": {"schedule": {"step": {"step_size": 3}}}}
    step = {"step_size": 3, "gamma": 0.5}
    assert lookup(put(table, "train.schedule.step.gamma", 0.5), "train.schedule") == {"step": step}
    assert lookup(put(table, "train.schedule.exponential", 0.5), "train.schedule") == {"exponential": 0.5}
    assert lookup(put({"train": {"schedule": "constant"}}, "train.schedule.exponential", 0.5), "train.schedule") == {
        "exponential": 0.5
    }


@pytest.mark.parametrize(
    ("path", "value"), [("train.lr", 1), ("train.momentum", 0.0), ("train.epochs", None), ("data.source", None)]
)
def test_the_own_value_is_the_written_one_or_the_default(path, value):
    assert own_value({"train": {"lr": 1}}, path) == value


def test_paths_overlap_when_one_is_inside_the_other():
    assert overlaps("train", "train.lr")
    assert overlaps("train.lr", "train.lr")
    assert not overlaps("train.l", "train.lr")


def test_the_nearest_path_may_lack_its_table():
    assert [nearest_path(each) for each in ("lr", "trian.lr", "step_size", "zzz")] == [
        "train.lr",
        "train.lr",
        "train.schedule.step.step_size",
        "",
    ]
