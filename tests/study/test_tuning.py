"""Settings that every condition tunes: what is tried, what is taken, and what may not be tuned."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from finished import TEXT, make_study
from hypothesis import given, settings
from hypothesis import strategies as st

from paribus.core import StudyError
from paribus.study import candidates, directory_name, expand, parse_study, pick, quick, runs, tuning_runs

VARY = '[vary]\n"train.optimizer" = ["SGD", "Adam"]'
TUNE = '[tune]\n"train.lr" = [0.001, 0.01, 0.1]\n"train.weight_decay" = [0.0, 0.1]'
STUDY = make_study(VARY, TUNE, "[design]\nseeds = 5\ntune_seeds = 2")


def test_every_condition_tries_every_combination_on_the_same_seeds():
    tried = {
        (run.recipe.train.optimizer, run.recipe.train.lr, run.recipe.train.weight_decay, run.seed)
        for run in tuning_runs(STUDY)
    }
    seeds = {run.seed for run in tuning_runs(STUDY)}
    assert len(seeds) == 2
    assert tried == set(itertools.product(("SGD", "Adam"), (0.001, 0.01, 0.1), (0.0, 0.1), seeds))
    assert len(tuning_runs(STUDY)) == len(tried)


def test_no_seed_is_both_tuned_on_and_compared():
    most = make_study(VARY, TUNE, "[design]\nseeds = 10_000")
    assert not {run.seed for run in runs(most)} & {run.seed for run in tuning_runs(most)}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([None, 0.25, 0.5, 0.75]), min_size=24, max_size=24))
def test_the_highest_mean_is_taken_of_those_without_a_diverged_run_and_the_first_of_equals(values):
    wanted = tuning_runs(STUDY)
    picked = pick(STUDY, {run.key: value for run, value in zip(wanted, values, strict=True)})
    lost = np.array([np.nan if value is None else value for value in values])
    means = lost.reshape(2, 2, 6).mean(axis=0)  # seeds x conditions x combinations; nan with any diverged run
    levels = list(itertools.product((0.001, 0.01, 0.1), (0.0, 0.1)))
    for row, condition in zip(means, expand(picked), strict=True):
        best = 0 if np.isnan(row).all() else int(np.nanargmax(row))
        assert (condition.recipe.train.lr, condition.recipe.train.weight_decay) == levels[best]


def test_what_was_taken_is_what_all_compared_runs_are_trained_with():
    worth = {("SGD", 0.1): 0.9, ("Adam", 0.001): 0.9}
    picked = pick(
        STUDY,
        {run.key: worth.get((run.recipe.train.optimizer, run.recipe.train.lr), 0.1) for run in tuning_runs(STUDY)},
    )
    rates = {(run.recipe.train.optimizer, run.recipe.train.lr) for run in runs(picked)}
    assert rates == set(worth)
    assert [each.name for each in candidates(picked)] == [each.name for each in candidates(STUDY)]


def test_a_condition_that_is_added_later_leaves_the_runs_of_the_others_as_they_are():
    more = parse_study(STUDY.text.replace('"Adam"]', '"Adam", "AdamW"]'), name="made", base_dir=STUDY.base_dir)
    assert {run.key for run in tuning_runs(STUDY)} < {run.key for run in tuning_runs(more)}
    assert directory_name(more) == directory_name(STUDY)


def test_a_quick_study_tunes_on_one_seed():
    assert len(tuning_runs(quick(STUDY))) == len(candidates(STUDY)) == 12


def test_a_study_that_tunes_nothing_tries_nothing():
    plain = make_study(VARY)
    assert (candidates(plain), tuning_runs(plain)) == ((), ())
    assert replace(plain, picks={}) == plain


EXPLICIT = '[design]\nkind = "explicit"\nconditions = [{ "train.lr" = 0.1 }, { "train.lr" = 0.4 }]'


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ((VARY, '[tune]\n"train.optimizer" = ["SGD", "Adam"]'), r'is varied too \(vary."train.optimizer"\)'),
        ((EXPLICIT, '[tune]\n"train.lr" = [0.1, 0.2]'), "train.lr is set by the condition lr=0.1"),
        ((EXPLICIT, '[tune]\ntrain = [{ label = "a", lr = 1.0, batch_size = 8, epochs = 1 }]'), "is set by"),
        ((VARY, '[tune]\n"train.lr" = [1, 1.0]'), 'lr=1" and "optimizer=SGD: lr=1.0" are the same recipe'),
        ((VARY, '[tune]\n"data.validation" = [0.1, 0.2]'), "decides which images are validated on"),
        ((VARY, '[tune]\n"data.source" = ["digits", "mnist"]'), "decides which images are validated on"),
        ((VARY, '[tune]\ndata = [{ label = "a", source = "digits", validation = 0.1 }]'), "images are validated on"),
        ((VARY, '[tune]\n"train.lr" = [0.1, -1.0]'), r'tune."train.lr": -1.0 is not allowed'),
        ((VARY, '[tune]\n"train.momentum" = [0.0, 0.9]'), "momentum belongs to SGD"),
        ((VARY, f'[tune]\n"train.lr" = {[rate / 1000 for rate in range(1, 502)]}'), "asks for 1,002 combinations"),
    ],
)
def test_what_would_not_be_a_fair_choice_is_refused(tables, said):
    with pytest.raises(StudyError, match=said):
        make_study(*tables)


def test_without_validation_images_nothing_can_be_tuned():
    with pytest.raises(StudyError, match="no validation split to choose on"):
        make_study(VARY, TUNE, base=TEXT.replace("validation = 0.2", ""))
