from dataclasses import replace

import pytest

from paribus.stats import (
    BestByLevel,
    BestSet,
    EffectEstimate,
    FactorEffect,
    Interaction,
    best_sentence,
    effect_sentence,
    interaction_sentence,
)
from paribus.stats.grid import Change

FOUND = EffectEstimate(
    weights={},
    differences=tuple((seed, 0.0085) for seed in range(5)),
    n=5,
    diverged=0,
    difference=0.0085,
    sd=0.001,
    interval=(0.0068, 0.0102),
    p=0.001,
    p_adjusted=0.004,
    equivalence_p=0.9,
    equivalence_p_adjusted=1.0,
    family=4,
    verdict="different",
    seeds_needed=None,
    reason="",
)
LR, BATCH = Change("lr", "0.01", "0.1"), Change("batch", "64", "32")


def test_an_interaction():
    assert interaction_sentence(Interaction(LR, BATCH, ("augment",), FOUND), alpha=0.05) == (
        "The effect of going from lr=0.1 to 0.01 was 0.85 pp higher at batch=64 than at batch=32, averaged over "
        "augment (95 % interval 0.68 to 1.02 pp, n = 5 seeds, Holm p = 0.004 over 4): interaction."
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"verdict": "equivalent", "equivalence_p_adjusted": 0.01},
            "equivalence p = 0.01): no interaction that matters.",
        ),
        ({"verdict": "negligible"}, "an interaction, but smaller than would matter."),
        ({"verdict": "undecided"}, "undecided, which does not mean none."),
        ({"verdict": "diverged", "p_adjusted": None, "reason": "Why."}, "n = 5 seeds): diverged. Why."),
        ({"verdict": None, "difference": None, "reason": "Why."}, "depends on batch cannot be told: no verdict. Why."),
    ],
)
def test_the_words_claim_no_more_than_the_verdict(change, said):
    assert interaction_sentence(Interaction(LR, BATCH, (), replace(FOUND, **change)), alpha=0.05).endswith(said)


def test_simple_and_main_effects():
    numbers = "(95 % interval 0.68 to 1.02 pp, n = 5 seeds, Holm p = 0.004 over 4): different."
    assert effect_sentence(FactorEffect(LR, ("batch", "64"), (), FOUND), alpha=0.05) == (
        f"At batch=64, going from lr=0.1 to 0.01 changed the response by +0.85 pp {numbers}"
    )
    assert effect_sentence(FactorEffect(LR, None, ("batch",), FOUND), alpha=0.05) == (
        f"Going from lr=0.1 to 0.01 changed the response by +0.85 pp, averaged over batch {numbers}"
    )


def test_levels_of_several_words_are_quoted():
    augment = Change("augment", "flip and crop", "none")
    assert effect_sentence(FactorEffect(augment, ("batch", "64, wide"), (), FOUND), alpha=0.05).startswith(
        "At “batch=64, wide”, going from augment=none to “flip and crop” changed"
    )


def test_the_best_level_is_never_said_not_to_depend():
    one, two = (BestSet(levels, levels[0], {}, (), (), 0.025, "") for levels in (("32", "64"), ("8",)))
    sets = {"0.1": one, "0.001": two}
    assert best_sentence(BestByLevel("batch", "lr", sets, depends=True)) == (
        "The best batch depends on lr: at lr=0.1 32 or 64; at lr=0.001 8."
    )
    assert best_sentence(BestByLevel("batch", "lr", sets, depends=False)).startswith("It is not shown that the best")
