"""Which parts a study gives rise to, and what stands in them."""

import dataclasses

import numpy as np
import pytest
from finished import make_results, make_study

from paribus.lab.analysing import analyses
from paribus.lab.matrices import same_images

RATES = "[0.001, 0.01, 0.1, 1.0]"


def chance(run, epoch):
    words = np.random.Philox(key=int(run.key[:15], 16)).random_raw(1)
    return 0.6 + 0.02 * epoch + 0.05 * float(words[0]) / 2**64


def parts(study, accuracy=chance, **more):
    results, store = make_results(study, accuracy, **more)
    return {each.title: each for each in analyses(results, store)}


@pytest.mark.parametrize(
    ("tables", "there", "absent"),
    [
        (f'[vary]\n"train.lr" = {RATES}', {"Along lr"}, {"How the factors act together", "Equal epochs and updates"}),
        ('[vary]\n"train.lr" = [0.1, 0.2]', set(), {"Along lr"}),
        ('[vary]\n"train.optimizer" = ["SGD", "Adam", "AdamW"]', set(), {"Along optimizer"}),
        ('[vary]\n"train.schedule" = ["constant", { exponential = 0.9 }, { exponential = 0.8 }]', set(),
         {"Along schedule"}),
        (f'[vary]\n"train.lr" = {RATES}\n"train.batch_size" = [50, 100, 200]',
         {"Along lr", "Along batch_size", "Equal epochs and updates"},
         {"How the factors act together", "Equal training time"}),
        (f'[vary]\n"train.lr" = {RATES}\n"train.optimizer" = ["SGD", "Adam"]\n[design]\nkind = "grid"\nseeds = 4',
         {"How the factors act together", "Along lr"}, {"Along optimizer"}),
        (f'[vary]\n"train.lr" = {RATES}\n[design]\nkind = "grid"\nseeds = 4', {"Along lr"},
         {"How the factors act together"}),
        ('[vary]\n"train.lr" = [0.1]\n"train.optimizer" = ["SGD", "Adam"]\n[design]\nkind = "grid"\nseeds = 4', set(),
         {"How the factors act together"}),
        ('[design]\nkind = "explicit"\nconditions = [{ "train.lr" = 0.1 }, { "train.lr" = 0.2 }, { "train.lr" = 0.4 }]',
         {"Along lr"}, {"How the factors act together"}),
        ("", set(), {"What pairing by seed was worth", "What the conclusion rests on"}),
    ],
)  # fmt: skip
def test_a_part_stands_where_the_design_gives_rise_to_it_and_nowhere_else(tables, there, absent):
    found = parts(make_study(tables))
    assert there <= found.keys()
    assert not absent & found.keys()
    assert all(each.sentences for each in found.values())


def test_an_explicit_dose_leaves_out_the_condition_that_differs_in_something_else():
    study = make_study(
        '[design]\nkind = "explicit"\nseeds = 4\nconditions = [{ label = "a", "train.lr" = 0.1 }, { label = "b", '
        '"train.lr" = 0.2 }, { label = "c", "train.lr" = 0.4 }, { label = "d", "train.lr" = 0.8, "train.epochs" = 8 }]'
    )
    worth = {"a": 0.5, "b": 0.6, "c": 0.7, "d": 0.99}
    found = parts(study, lambda run, _: worth[run.condition] + chance(run, 0) / 100)["Along lr"]
    assert "The best level, c, is the largest tried" in " ".join(found.sentences)


def test_no_part_before_every_run_has_ended_but_what_holds_anyhow():
    study = make_study(f'[vary]\n"train.lr" = {RATES}')
    assert set(parts(study, ended={})) == {"What the conclusion rests on"}


def test_every_part_survives_diverged_runs_and_a_single_seed():
    grid = f'[vary]\n"train.lr" = {RATES}\n"train.batch_size" = [50, 100]\n[design]\nkind = "grid"\n'
    one = parts(make_study(grid + "seeds = 1"))
    assert "What pairing by seed was worth" not in one
    lost = parts(make_study(grid + "seeds = 3"), lambda run, epoch: None if run.recipe.train.lr == 1.0 else chance(
        run, epoch))  # fmt: skip
    assert {"How the factors act together", "Along lr"} <= lost.keys()
    every = parts(make_study(grid + "seeds = 2"), lambda *_: None)
    assert "Equal epochs and updates" not in every


def test_seeds_that_were_added_unevenly_break_no_part():
    study = make_study(
        f'[vary]\n"train.lr" = {RATES}\n"train.batch_size" = [50, 100]\n[design]\nkind = "grid"\n'
        'seeds = { start = 3, most = 9, until = "decided" }\nsmallest_effect = "1pp"'
    )
    results, store = make_results(study, lambda run, epoch: chance(run, epoch) - 0.5 * (run.recipe.train.lr == 1.0))
    assert len(set(results.study.seeds.values())) > 1
    found = {each.title for each in analyses(results, store)}
    assert {"How the factors act together", "Along lr", "What pairing by seed was worth"} <= found


TUNED = '[vary]\n"train.optimizer" = ["SGD", "Adam"]\n[tune]\n"train.lr" = [0.001, 0.01, 0.1]\n[design]\ntune_seeds = 2'


def test_the_tuning_shows_what_was_tried_what_was_taken_and_where_more_should_be_tried():
    def accuracy(run, _):
        return chance(run, 0) / 10 + 0.1 * {"SGD": 1, "Adam": -1}[run.recipe.train.optimizer] * np.log10(
            run.recipe.train.lr)  # fmt: skip

    results, store = make_results(make_study(TUNED), accuracy)
    part = analyses(results, store)[0]
    assert part.title == "Settings tuned inside every condition"
    assert part.sentences == (
        "optimizer=SGD: lr = 0.1. That is the largest lr tried: try larger ones.",
        "optimizer=Adam: lr = 0.001. That is the smallest lr tried: try smaller ones.",
    )
    rows = list(part.table)
    assert [(row["condition"], row["lr"]) for row in rows if row["taken"]] == [
        ("optimizer=SGD", "0.1"), ("optimizer=Adam", "0.001")]  # fmt: skip
    for row in rows:
        own = [results.last[run.id].validation_accuracy for run in results.tuning
               if run.condition == f"{row['condition']}: lr={row['lr']}"]  # fmt: skip
        assert len(own) == 2
        assert row["mean validation accuracy"] == pytest.approx(np.mean(own))


def test_where_everything_that_was_tried_diverged_the_tuning_says_so():
    found = parts(make_study(TUNED), lambda run, epoch: None if run.recipe.train.optimizer == "Adam" else chance(
        run, epoch))["Settings tuned inside every condition"]  # fmt: skip
    assert "diverged" in found.sentences[1]
    assert "diverged" not in found.sentences[0]
    assert [row["mean validation accuracy"] is None for row in found.table] == [False] * 3 + [True] * 3


def test_conditions_that_see_other_test_images_are_not_compared_image_by_image():
    results, _ = make_results(make_study('[vary]\n"data.train_images" = [200, 400]'), chance)
    first, second = (each.name for each in results.conditions)
    assert same_images(results, first, second)
    facts = {key: {**each, "test_fingerprint": key} for key, each in results.facts["data"].items()}
    other = dataclasses.replace(results, facts={**results.facts, "data": facts})
    assert not same_images(other, first, second)
    assert not same_images(other, first, "unknown")
