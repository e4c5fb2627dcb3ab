"""Plans are measured once on a machine, and fixed for a run at its first start."""

import json
import sqlite3
from pathlib import Path

import pytest
from making import MLP, make_recipe

import paribus as pb
from paribus.lab import plans
from paribus.train import Plan, Planned, Question
from paribus.train.messages import Answer


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))


NATIVE = Plan(path="native")


class _Workers:
    """Stands where the workers do, and counts what they are asked."""

    def __init__(self):
        self.asked = []

    def ask(self, calls):
        self.asked += [call.key for call in calls]
        return [Answer(call.key, Planned(NATIVE, ((NATIVE, 1.0),), "")) for call in calls]


def test_what_was_measured_is_not_measured_again(tmp_path):
    pool, question = _Workers(), Question(make_recipe(MLP), (1, 8, 8), 4, Path(), "cpu", "")
    first = plans.plans(pool, [question, question])
    assert plans.plans(pool, [question]) == first
    assert pool.asked == [question.key]
    for file in (tmp_path / "cache" / "plans").iterdir():
        file.write_text("not JSON", encoding="utf-8")  # what somebody else wrote is measured again
    plans.plans(pool, [question])
    assert pool.asked == [question.key] * 2


def test_of_a_network_of_ones_own_nothing_is_kept():
    recipe = make_recipe(MLP)
    model = recipe.model.model_copy(update={"layers": None, "module": "net.py:Net"})
    pool, question = _Workers(), Question(recipe.model_copy(update={"model": model}), (1, 8, 8), 4, Path(), "cpu", "d")
    plans.plans(pool, [question])
    plans.plans(pool, [question])
    assert pool.asked == [question.key] * 2


def test_a_study_stays_with_the_plan_that_it_was_begun_with(tmp_path):
    text = (
        'question = "?"\n[data]\nsource = "digits"\n[model]\nlayers = ["Flatten", "Linear(classes)"]\n[train]\n'
        'lr = 0.1\nbatch_size = 32\nepochs = 1\n[design]\nseeds = 1\nsmallest_effect = "2pp"\n'
    )
    (tmp_path / "s.toml").write_text(text, encoding="utf-8")

    def stored():
        (directory,) = (tmp_path / "out").glob("s-*")
        with sqlite3.connect(directory / "study.db") as store:
            return [json.loads(plan) for (plan,) in store.execute("select plan from runs order by seed")]

    pb.run(tmp_path / "s.toml", folder=tmp_path / "out", workers=1)
    (first,) = stored()
    assert first["path"] == "native"
    kept = list((tmp_path / "cache" / "plans").iterdir())
    assert len(kept) == 1
    found = json.loads(kept[0].read_text(encoding="utf-8"))
    for each in found["speeds"]:  # as if the plain loop were the fastest by far now
        each[1] = 1e9 if each[0]["path"] == "reference" else 1.0
    kept[0].write_text(json.dumps(found), encoding="utf-8")
    (tmp_path / "s.toml").write_text(text.replace("seeds = 1", "seeds = 2"), encoding="utf-8")
    pb.run(tmp_path / "s.toml", folder=tmp_path / "out", workers=1)
    assert stored() == [first, first]
    pb.run(tmp_path / "s.toml", folder=tmp_path / "other", workers=1)
    with sqlite3.connect(next((tmp_path / "other").glob("s-*")) / "study.db") as store:
        others = [json.loads(plan)["path"] for (plan,) in store.execute("select plan from runs")]
    assert others == ["reference", "reference"]
