"""Other footings: the same numbers as an independent computation gives, and never an epoch that trained nothing."""

import dataclasses

import numpy as np
import pytest
from finished import last_epoch, make_results, make_study, steps_per_epoch
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from paribus.lab.footing import _read_at, footing_sentence, footings

# 1,000 training images: base makes 10 updates in each of 4 epochs.
EXPLICIT = """
[design]
kind = "explicit"
conditions = [
  { label = "base", "train.batch_size" = 100 },
  { label = "small", "train.batch_size" = 50 },
  { label = "long", "train.epochs" = 8 },
  { label = "few", "data.train_images" = 200, "train.epochs" = 16 },
  { label = "cut", "train.steps" = 22 },
  { label = "coarse", "train.batch_size" = 20 },
]
seeds = 6
smallest_effect = "1pp"
"""
STUDY = make_study(EXPLICIT)
SECONDS = {"base": 1.0, "small": 3.0, "long": 1.0, "few": 0.25, "cut": 1.0, "coarse": 2.0}


def learning(run, epoch):
    """Return an accuracy that depends on the condition, on how far training is, and on the seed."""
    height = {"base": 0.80, "small": 0.83, "long": 0.80, "few": 0.79, "cut": 0.80, "coarse": 0.85}[run.condition]
    wobble = 0.004 * np.sin(7 * run.seed + 3 * epoch + sum(map(ord, run.condition)))
    return float(height - 0.4 * 0.5**epoch + wobble) if epoch else 0.1


def budgets(run):
    """Return epochs, updates and seconds used at every epoch of a run, computed by hand."""
    last, steps = last_epoch(run.recipe), steps_per_epoch(run.recipe)
    at = [min(epoch * steps, run.recipe.train.steps or last * steps) for epoch in range(last + 1)]
    seconds = [epoch * SECONDS[run.condition] for epoch in range(last + 1)]
    return {"equal epochs": [each / steps for each in at], "equal updates": at, "equal training time": seconds}


def expected(name, study_runs):
    """Return condition -> the accuracies of its seeds where the shortest budget ends, and the share of it used."""
    ends = {run.condition: budgets(run)[name][-1] for run in study_runs}
    budget = min(ends.values())
    read, share = {}, {}
    for run in study_runs:
        used = budgets(run)[name]
        epoch = max([index for index in range(1, len(used)) if used[index] <= 1.05 * budget], default=1)
        read.setdefault(run.condition, []).append(learning(run, epoch))
        share[run.condition] = used[epoch] / budget
    return {key: np.array(each) for key, each in read.items()}, share


@pytest.fixture(scope="module")
def made():
    results, store = make_results(STUDY, learning, seconds=lambda run, _: SECONDS[run.condition])
    from paribus.study import runs  # noqa: PLC0415

    return results, footings(results, store), runs(STUDY)


def test_differences_and_p_values_are_those_of_a_paired_t_test_on_what_the_budget_allows(made):
    _, found, runs = made
    assert [each.name for each in found] == ["equal epochs", "equal updates", "equal training time"]
    for footing in found:
        read, share = expected(footing.name, runs)
        apart = {name for name, each in share.items() if not 0.8 <= each <= 1.25}
        assert set(footing.apart) == apart
        assert footing.reached == pytest.approx(share)
        compared = [] if "base" in apart else [name for name in read if name != "base" and name not in apart]
        assert [each.condition for each in footing.contrasts] == compared
        for each in footing.contrasts:
            test = stats.ttest_rel(read[each.condition], read["base"])
            assert each.difference == pytest.approx((read[each.condition] - read["base"]).mean())
            assert each.p == pytest.approx(test.pvalue)


def test_flips_are_the_verdicts_that_change_and_no_others(made):
    results, found, _ = made
    declared = {each.condition: each.verdict for each in results.contrasts}
    for footing in found:
        changed = {each.condition for each in footing.contrasts if each.verdict != declared[each.condition]}
        assert set(footing.flips) == changed
        assert ("flip" in footing_sentence(footing)) == bool(changed)
    assert any(each.flips for each in found)
    assert all(name in footing_sentence(each) for each in found for name in each.apart)


def test_only_time_is_said_to_depend_on_the_machine(made):
    assert {each.name for each in made[1] if each.timed} == {"equal training time"}


def test_a_condition_that_is_left_out_still_counts_for_the_correction_as_one_that_shows_nothing(made):
    results, found, _ = made
    (updates,) = [each for each in found if each.name == "equal updates"]
    assert updates.apart == ("coarse",)
    p = {each.condition: each.p for each in updates.contrasts}
    p |= {each.name: 1.0 for each in results.conditions[1:] if p.get(each.name) is None}
    order = sorted(p, key=p.get)
    holm = np.minimum(1, np.maximum.accumulate([(len(p) - place) * p[name] for place, name in enumerate(order)]))
    for each in updates.contrasts:
        assert each.p_adjusted == pytest.approx(holm[order.index(each.condition)])
    assert sum(value < 1 for value in holm) > 0


@given(
    st.lists(st.floats(0.01, 100), min_size=1, max_size=30),
    st.floats(0.01, 3_000),
)
def test_a_run_is_read_at_its_last_epoch_within_the_budget_and_never_before_its_first(costs, budget):
    assume(np.isfinite(budget))
    used = [0.0, *np.cumsum(costs).tolist()]
    epochs = [_Numbered(number) for number in range(len(used))]
    at = _read_at(used, epochs, budget)
    assert at >= 1
    later = [each for each in used[at + 1 :] if each <= 1.05 * budget]
    assert later == []
    assert used[at] <= 1.05 * budget or at == 1


@dataclasses.dataclass
class _Numbered:
    epoch: int


def test_conditions_that_make_the_same_number_of_updates_have_no_other_footing():
    study = make_study('[vary]\n"train.lr" = [0.1, 0.2]')
    assert footings(*make_results(study, lambda run, epoch: 0.5 + 0.01 * run.seed + 0.1 * epoch)) == ()


def test_a_diverged_run_is_diverged_on_every_footing():
    study = make_study('[vary]\n"train.batch_size" = [100, 50]\n[design]\nseeds = 3\nsmallest_effect = "1pp"')
    found = footings(*make_results(study, lambda run, epoch: None if (run.seed, run.recipe.train.batch_size) == (
        1, 50) else 0.5 + 0.01 * run.seed + 0.1 * epoch))  # fmt: skip
    assert found
    for each in found:
        assert [(one.verdict, one.diverged, one.n) for one in each.contrasts] == [("diverged", 1, 2)]
        assert each.flips == {}


def test_one_seed_has_no_verdict_that_could_flip():
    study = make_study('[vary]\n"train.epochs" = [4, 8]\n[design]\nseeds = 1')
    found = footings(*make_results(study, lambda run, epoch: 0.5 + 0.01 * epoch + 0.001 * run.seed))
    assert [footing_sentence(each).rpartition("), ")[2] for each in found] == [
        "there is no verdict that could flip."
    ] * 3


def test_an_unfinished_study_has_no_other_footing():
    study = make_study('[vary]\n"train.epochs" = [4, 8]')
    assert footings(*make_results(study, learning_anything, ended={})) == ()


def learning_anything(run, epoch):
    return 0.5 + 0.01 * epoch + 0.001 * run.seed


def test_runs_that_differ_in_nothing_but_their_length_are_the_same_at_equal_length():
    study = make_study('[vary]\n"train.epochs" = [4, 8]\n[design]\nseeds = 4')
    found = footings(*make_results(study, lambda run, epoch: 0.3 + 0.05 * epoch * (1 + 0.01 * run.seed)))
    assert "epochs=8: different becomes the same numbers" in footing_sentence(found[0])
