from dataclasses import replace

import pytest

from paribus.stats import (
    MOST_SEEDS,
    ContrastEstimate,
    RunTable,
    answer,
    describe,
    seeds_needed_phrase,
    sentence,
    spread,
)

BASIC = ContrastEstimate(
    condition="batch 64",
    baseline="batch 32",
    differences=tuple((seed, -0.0085) for seed in range(5)),
    n=5,
    diverged=0,
    difference=-0.0085,
    sd=0.001,
    interval=(-0.0102, -0.0068),
    p=0.001,
    p_adjusted=0.004,
    equivalence_p=0.9,
    equivalence_p_adjusted=1.0,
    verdict="different",
    seeds_needed=None,
    reason="",
)
OPEN = replace(BASIC, condition="batch 8", verdict="undecided", seeds_needed=(9, 31), p_adjusted=0.3)
LOST = replace(
    BASIC, condition="batch 1", interval=None, p=None, p_adjusted=None, n=4, verdict="diverged", reason="Why."
)


def say(contrast, smallest_effect=0.002):
    return sentence(contrast, alpha=0.05, smallest_effect=smallest_effect)


def test_different():
    assert say(BASIC) == (
        "“batch 64” was 0.85 pp below “batch 32” (95 % interval -1.02 to -0.68 pp, n = 5 seeds, Holm p = 0.004): "
        "different on these images."
    )


def test_small_differences_keep_their_digits():
    small = replace(BASIC, difference=0.00012, interval=(0.00008, 0.00016), p_adjusted=1e-9)
    assert "was 0.0120 pp above “batch 32” (95 % interval 0.0080 to 0.0160 pp" in say(small)
    assert "Holm p < 0.001" in say(small)


def test_negligible_and_equivalent_name_the_margin():
    assert say(replace(BASIC, verdict="negligible")).endswith(
        "a difference on these images, but shown to be smaller than the 0.20 pp that would matter: negligible."
    )
    assert say(replace(BASIC, verdict="equivalent", equivalence_p_adjusted=0.0123)).endswith(
        "equivalent on these images, any difference is smaller than the 0.20 pp that would matter, "
        "equivalence p = 0.0123."
    )


@pytest.mark.parametrize(
    ("needed", "said"),
    [
        ((9, 31), "takes about 9 to 31 seeds (80 % chance)."),
        ((9, 9), "takes about 9 seeds (80 % chance)."),
        ((299, 4_635), "There are too few seeds to tell how many are needed."),
        ((MOST_SEEDS, MOST_SEEDS), "takes more than 1,000 seeds (80 % chance)."),
        ((3, 5), "5 seeds are enough for a true difference of 0 or of 0.20 pp; one in between takes more."),
        (None, "undecided, which does not mean equal."),
    ],
)
def test_undecided_says_what_would_decide(needed, said):
    text = say(replace(OPEN, seeds_needed=needed))
    assert text.endswith(said)
    assert "which does not mean equal" in text


def test_a_large_undecided_difference_says_what_would_show_it():
    assert say(replace(OPEN, seeds_as_observed=7)).endswith(
        "To tell a difference of 0.20 pp from zero takes about 9 to 31 seeds (80 % chance); "
        "about 7 show it if the true difference is as observed."
    )


@pytest.mark.parametrize(
    ("n", "needed", "said"),
    [
        (5, None, ""),
        (5, (9, 31), "about 9 to 31"),
        (3, (9, 31), "about 9 to 31"),
        (2, (9, 31), "too few seeds to tell"),
        (9, (999, 1_001), "too few seeds to tell"),
        (9, (1_001, 2_000), "more than 1,000"),
    ],
)
def test_seeds_are_foreseen_only_where_three_or_more_show_how_many(n, needed, said):
    assert seeds_needed_phrase(replace(OPEN, n=n, seeds_needed=needed)) == said


def test_two_seeds_foresee_nothing():
    two = replace(OPEN, n=2, seeds_needed=(299, 635), seeds_as_observed=7)
    assert say(two).endswith("equal. There are too few seeds to tell how many are needed.")
    assert answer([OPEN, two], alpha=0.05, smallest_effect=0.002).endswith(
        "Undecided does not mean equal; there are too few seeds to tell how many are needed."
    )


def test_a_name_of_several_words_cannot_be_taken_for_the_sentence():
    same = [replace(BASIC, condition=name, baseline="none", verdict="equivalent") for name in ("flip", "flip and crop")]
    assert answer(same, alpha=0.05, smallest_effect=0.05).startswith(
        "Compared with none on these images: flip and “flip and crop” are equivalent (any"
    )


def test_names_with_commas_are_told_apart():
    both = [replace(OPEN, condition=f"lr=0.01, batch_size={size}", seeds_needed=None) for size in (16, 64, 256)]
    assert answer(both, alpha=0.05, smallest_effect=None).startswith(
        "Compared with “batch 32”: “lr=0.01, batch_size=16”, “lr=0.01, batch_size=64” and “lr=0.01, batch_size=256” are"
    )


def test_missing_verdicts_give_their_reason():
    assert say(LOST) == "“batch 1” was 0.85 pp below “batch 32” (n = 4 seeds): diverged. Why."
    alone = replace(LOST, verdict=None, n=1, difference=0.0)
    assert say(alone) == "“batch 1” was 0.00 pp from “batch 32” (n = 1 seed): no verdict. Why."
    empty = replace(LOST, verdict=None, n=0, difference=None)
    assert say(empty) == "“batch 1” cannot be compared with “batch 32”: no verdict. Why."


def test_the_answer_to_a_study_groups_by_verdict():
    others = [
        replace(BASIC, condition="batch 16", verdict="equivalent"),
        replace(BASIC, condition="batch 24", verdict="negligible", difference=0.0007),
        replace(LOST, condition="batch 2", verdict=None, difference=None),
    ]
    assert answer([OPEN, BASIC, LOST, *others], alpha=0.05, smallest_effect=0.002) == (
        "Compared with “batch 32” on these images: “batch 64” (0.85 pp below) is different; "
        "“batch 24” (0.070 pp above) is different, but by less than the 0.20 pp that would matter; "
        "“batch 16” is equivalent (any difference is smaller than the 0.20 pp that would matter); "
        "“batch 8” is undecided; “batch 1” has diverged runs; “batch 2” has no verdict. "
        "Undecided does not mean equal; telling 0.20 pp from zero takes about 9 to 31 seeds."
    )


def test_the_answer_to_a_large_study_counts():
    many = [replace(OPEN, condition=f"c{i}", seeds_needed=None) for i in range(9)]
    assert answer(many, alpha=0.05, smallest_effect=None) == (
        "Compared with “batch 32”: c0, c1, c2, c3 and 5 more are undecided. Undecided does not mean equal."
    )


def test_the_answer_to_one_contrast_is_its_sentence():
    assert answer([OPEN], alpha=0.05, smallest_effect=0.002) == say(OPEN)


def test_one_condition_shows_its_spread():
    (alone,) = describe(RunTable(values={"a": {0: 0.95, 1: 0.96, 2: 0.97}}, baseline="a", images=100))
    assert spread(alone, alpha=0.05, response="test accuracy") == (
        "One condition, nothing to compare: mean test accuracy 96.00 % over 3 seeds, standard deviation 1.00 pp "
        "(95 % interval of the mean 93.52 to 98.48 %)."
    )
    (lost,) = describe(RunTable(values={"a": {0: None}}, baseline="a", images=100))
    assert "diverged" in spread(lost, alpha=0.05, response="test accuracy")
