"""The choice: on validation, over all seeds, and never of a condition that diverged."""

import json

import pytest

from paribus.core import StoreError
from paribus.lab.looking import NO_RULE, NONE_LEFT, choose, declared, open_test
from paribus.store import Epoch, Run, open_writer
from paribus.study import load_gallery, parse_study

STUDY = load_gallery("quickstart")


def run(condition, seed, state="done"):
    name = f"{condition}-{seed}"
    return Run(
        sequence=1, id=name, key=name, condition=condition, seed=seed, position=0, current=True, recipe="{}",
        streams=(), data_fingerprint="", plan=None, state=state, message="", epochs=1, steps=1, seconds=0.0,
        peak_memory_bytes=None, weights_sha256=None,
    )  # fmt: skip


def epoch(of, validation):
    return Epoch(
        run=of.id, epoch=1, step=1, lr=0.1, train_loss=1.0, running_accuracy=0.5, clean_loss=1.0, clean_accuracy=0.5,
        validation_loss=None if validation is None else 1.0, validation_accuracy=validation, train_seconds=0.0,
        evaluation_seconds=0.0, environment="",
    )  # fmt: skip


def table(**values):
    runs, last = [], {}
    for condition, accuracies in values.items():
        for seed, accuracy in enumerate(accuracies):
            each = run(condition, seed, "diverged" if accuracy == "diverged" else "done")
            runs.append(each)
            last[each.id] = epoch(each, 0.99 if accuracy == "diverged" else accuracy)
    return runs, last


@pytest.mark.parametrize(
    ("values", "condition"),
    [
        ({"a": [0.5, 0.9], "b": [0.72, 0.72]}, "b"),  # the mean decides, not the best seed
        ({"a": [0.7, 0.7], "b": [0.7, 0.7]}, "a"),  # a tie goes to the first
        ({"a": ["diverged", 0.9], "b": [0.4, 0.4]}, "b"),
        ({"a": ["diverged", 0.9], "b": [0.4, "diverged"]}, None),
        ({"a": [None, None], "b": [None, None]}, None),
    ],
)
def test_the_highest_mean_of_what_may_be_chosen(values, condition):
    runs, last = table(**values)
    assert choose(STUDY, runs=runs, last=last)["condition"] == condition


def test_without_validation_the_rule_says_that_nothing_is_chosen():
    runs, last = table(a=[None])
    assert choose(STUDY, runs=runs, last=last)["rule"] == NO_RULE


def test_where_every_condition_lost_a_run_the_rule_says_that_none_is_left():
    runs, last = table(a=["diverged", 0.9], b=[0.4, "diverged"])
    assert choose(STUDY, runs=runs, last=last)["rule"] == NONE_LEFT


def test_the_choice_names_its_runs_and_means():
    runs, last = table(a=[0.5, 0.75], b=[0.25, 0.25])
    choice = choose(STUDY, runs=runs, last=last)
    assert choice["validation_accuracy"] == {"a": 0.625, "b": 0.25}
    assert choice["runs"] == ["a-0", "a-1", "b-0", "b-1"]
    assert choice["declared"] == declared(STUDY)


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("Does it matter", "Does it really matter", True),
        ('label = "tanh"', 'label = "hyperbolic tangent"', True),
        ("seeds = 5", "seeds = 4", False),
        ('smallest_effect = "2pp"', 'smallest_effect = "3pp"', False),
        ("seeds = 5", "seeds = 5\nalpha = 0.1", False),
        ('{ model = "ReLU" }', '{ model = "tanh" }', False),
    ],
)
def test_words_change_no_analysis_and_everything_that_a_verdict_stands_on_does(before, after, same):
    assert before in STUDY.text
    edited = parse_study(STUDY.text.replace(before, after), name="edited", base_dir=STUDY.base_dir)
    assert (declared(edited) == declared(STUDY)) == same


TUNED = STUDY.text.replace(
    "[design]",
    '[tune]\n"train.lr" = [{ label = "low", value = 0.01 }, 0.1]\n[design]\ntune_seeds = 2',
).replace("seeds = 5", 'seeds = { start = 3, most = 9, until = "decided" }')


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ('label = "low"', 'label = "small"', True),
        ("value = 0.01", "value = 0.02", False),
        (", 0.1]", "]", False),
        (", 0.1]", ", 0.1, 0.2]", False),
        ("tune_seeds = 2", "tune_seeds = 3", False),
        ("start = 3", "start = 4", False),
        ("most = 9", "most = 10", False),
        ('{ start = 3, most = 9, until = "decided" }', "9", False),
    ],
)
def test_a_declaration_covers_what_is_tuned_and_how_seeds_are_added_by_values_and_not_by_labels(before, after, same):
    first, second = (
        parse_study(text, name="tuned", base_dir=STUDY.base_dir) for text in (TUNED, _replaced(TUNED, before, after))
    )
    assert (declared(first) == declared(second)) == same
    assert json.loads(json.dumps(declared(first))) == declared(first)  # as it is compared with what was stored


def _replaced(text, before, after):
    assert before in text
    return text.replace(before, after)


def test_a_look_that_could_not_be_counted_is_refused(tmp_path):
    with open_writer(tmp_path / "study") as store:
        with pytest.raises(StoreError, match="does not say which images"):
            open_test(store, STUDY, runs=[], test_fingerprints=[], reason="none")
        assert store.reader.looks() == ()
