"""What a study asks for follows from its finished runs, whenever and in whatever order they ended."""

import numpy as np
import pytest
from finished import make_epoch, make_row, make_study
from hypothesis import given, settings
from hypothesis import strategies as st

from paribus.lab.settling import accuracies, looks_of, settle
from paribus.study import runs, tuning_runs

ADDED = '[design]\nseeds = { start = 3, most = 12, until = "decided" }\nsmallest_effect = "1pp"\ntune_seeds = 2'
VARY = '[vary]\n"train.optimizer" = ["SGD", "Adam", "AdamW"]'
TUNE = '[tune]\n"train.lr" = [0.01, 0.1]'


def noise(run, spread):
    words = np.random.Philox(key=int(run.key[:15], 16)).random_raw(1)
    return spread * (float(words[0]) / 2**64 - 0.5)


def driven(study, accuracy):
    """Do what a driver does, and return what it ended with and what it trained."""
    ended = {}
    while True:
        settled = settle(study, ended)
        missing = [each for each in settled.wanted if each.key not in ended]
        if not missing:
            assert settled.final
            return settled, ended
        ended |= {each.key: accuracy(each) for each in missing}


def by_optimizer(**means):
    """Return accuracies by the optimizer's mean, with a little chance; None for a mean of None."""
    return lambda each: None if means[each.recipe.train.optimizer] is None else (
        means[each.recipe.train.optimizer] + noise(each, 0.004)
    )  # fmt: skip


def test_a_clear_difference_stops_early_and_an_open_one_goes_on_to_the_last_seed():
    study = make_study(VARY, ADDED)
    settled, _ = driven(study, lambda each: 0.5 + 0.3 * (each.recipe.train.optimizer == "Adam") + (
        noise(each, 0.02) if each.recipe.train.optimizer != "AdamW" else noise(each, 0.2)))  # fmt: skip
    counts = settled.study.seeds
    assert counts["optimizer=AdamW"] == counts["optimizer=SGD"] == 12
    assert counts["optimizer=Adam"] < 12
    assert set(counts.values()) <= set(looks_of(study))


def test_equal_conditions_are_decided_once_they_are_shown_to_be_equal():
    settled, _ = driven(make_study(VARY, ADDED), by_optimizer(SGD=0.9, Adam=0.9, AdamW=0.9))
    assert max(settled.study.seeds.values()) < 12


def test_a_diverged_run_ends_the_adding_to_its_condition_and_to_no_other():
    settled, _ = driven(make_study(VARY, ADDED), lambda each: None if each.recipe.train.optimizer == "Adam" else (
        0.5 + noise(each, 0.2)))  # fmt: skip
    assert settled.study.seeds == {"optimizer=SGD": 12, "optimizer=Adam": 3, "optimizer=AdamW": 12}


def test_a_diverged_baseline_ends_the_adding_altogether():
    settled, _ = driven(make_study(VARY, ADDED), by_optimizer(SGD=None, Adam=0.1, AdamW=0.9))
    assert set(settled.study.seeds.values()) == {3}


def test_nothing_is_compared_before_everything_is_tuned():
    study = make_study(VARY, TUNE, ADDED)
    ended = {each.key: 0.5 for each in tuning_runs(study)[:-1]}
    settled = settle(study, ended)
    assert (settled.compared, settled.final) == ((), False)
    assert settled.wanted == tuning_runs(study)


def test_seeds_are_added_to_what_was_tuned():
    study = make_study(VARY, TUNE, ADDED)
    settled, _ = driven(study, lambda each: 0.5 + noise(each, 0.2) + (each.recipe.train.lr == 0.1) * 0.3)
    assert {each.recipe.train.lr for each in settled.compared} == {0.1}
    assert max(settled.study.seeds.values()) == 12
    assert not {each.key for each in settled.compared} & {each.key for each in tuning_runs(study)}


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_a_driver_that_was_killed_anywhere_asks_for_the_same_runs_in_the_end(data):
    study = make_study(VARY, TUNE, ADDED)
    spread = data.draw(st.sampled_from([0.001, 0.02, 0.2]))

    def accuracy(each):
        return None if noise(each, 1.0) < -0.48 else 0.5 + noise(each, spread)

    settled, ended = driven(study, accuracy)
    kept = data.draw(st.sets(st.sampled_from(sorted(ended))))
    partly = settle(study, {key: ended[key] for key in sorted(kept, reverse=True)})
    assert {each.key for each in partly.wanted} <= ended.keys()
    assert partly.final == (kept == ended.keys())
    again, trained = dict.fromkeys(kept), {key: ended[key] for key in kept}
    while again is not None:
        partly = settle(study, trained)
        again = [each for each in partly.wanted if each.key not in trained] or None
        trained |= {each.key: accuracy(each) for each in again or ()}
    assert (trained, partly) == (ended, settled)


def test_runs_of_another_edit_of_the_study_change_nothing():
    study, other = make_study(VARY, ADDED), make_study('[vary]\n"train.lr" = [0.5, 0.7]', ADDED)
    settled, ended = driven(study, by_optimizer(SGD=0.9, Adam=0.9, AdamW=0.5))
    strange = {each.key: 0.1 for each in runs(other)}
    assert settle(study, {**strange, **ended}) == settled


def test_a_fixed_number_of_seeds_is_final_from_the_start():
    study = make_study(VARY)
    assert looks_of(study) is None
    settled = settle(study, {})
    assert settled.final
    assert settled.wanted == runs(study)


def test_what_has_not_ended_says_nothing_and_what_diverged_has_no_accuracy():
    states = {"done": 0.75, "diverged": 0.99, "running": 0.6, "failed": 0.6, "waiting": 0.6}
    rows = {state: make_row(state, "a", 0, state=state) for state in states}
    last = {state: make_epoch(state, 1, 1, accuracy=accuracy) for state, accuracy in states.items()}
    assert accuracies(rows, last) == {"done": 0.75, "diverged": None}
    assert accuracies(rows, {}) == {"diverged": None}


@pytest.mark.parametrize("most", [4, 12, 40])
def test_looks_begin_and_end_where_the_study_says(most):
    study = make_study(VARY, ADDED.replace("most = 12", f"most = {most}"))
    assert (looks_of(study)[0], looks_of(study)[-1]) == (3, most)
