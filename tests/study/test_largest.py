"""The word "largest": who shares its number, and that nothing but the recipe's batch size changes with it."""

import dataclasses

import pytest

from paribus.core import StudyError
from paribus.study import asks_for_largest, candidates, directory_name, expand, memory_key, pick, possible, tuning_runs

STUDY = """
question = "How large?"
[data]
source = "digits"
validation = 0.2
[model]
layers = ["Flatten", "Linear(classes)"]
[train]
lr = 0.1
epochs = 1
"""
FACTOR = f'{STUDY}batch_size = 4\n[vary]\n"train.batch_size" = [1, 4, "largest"]\n'
TUNED = """
[tune]
"model.layers" = [
  { label = "a", value = ["Flatten", "Linear(classes)"] },
  { label = "b", value = ["Flatten", "Linear(9)", "Linear(classes)"] },
]
[design]
tune_seeds = 1
"""


def recipe(parse, *overrides):
    (condition,) = expand(parse(f'{STUDY}batch_size = "largest"', *overrides))
    return condition.recipe


def test_it_is_a_level_beside_numbers_and_keeps_its_name_when_the_number_is_known(parse):
    study = parse(FACTOR)
    assert [each.name for each in expand(study)] == ["batch_size=4", "batch_size=1", "batch_size=largest"]
    last = expand(study)[2].recipe
    known = dataclasses.replace(study, largest={memory_key(last): 512})
    assert [each.recipe.train.batch_size for each in expand(known)] == [4, 1, 512]
    assert [each.name for each in expand(known)] == [each.name for each in expand(study)]
    assert directory_name(known) == directory_name(study)
    assert expand(known)[2].recipe.identity["train"] == {"lr": 0.1, "epochs": 1, "batch_size": 512}
    assert [asks_for_largest(each.recipe) for each in expand(known)] == [False] * 3


@pytest.mark.parametrize(
    "override",
    ["train.lr=0.5", "train.weight_decay=0.1", "train.epochs=9", 'train.loss="mse"', 'data.normalize="train"',
     "train.schedule={exponential=0.9}", 'model.init="zeros"'],
)  # fmt: skip
def test_recipes_that_need_the_same_memory_share_a_number(parse, override):
    assert memory_key(recipe(parse, override)) == memory_key(recipe(parse))


@pytest.mark.parametrize(
    "override",
    ['train.optimizer="Adam"', "train.momentum=0.9", 'model.layers=["Flatten", "Linear(9)", "Linear(classes)"]',
     "data.resize=28", "data.validation=0.5", 'train.precision="bfloat16"', 'train.augment=["RandomHorizontalFlip"]'],
)  # fmt: skip
def test_another_need_of_memory_is_another_number(parse, override):
    assert memory_key(recipe(parse, override)) != memory_key(recipe(parse))


def test_a_network_that_is_tuned_has_its_own_number(parse):
    study = parse(FACTOR + TUNED)
    words = [each for _, each in possible(study) if asks_for_largest(each)]
    numbers = {memory_key(each): 100 + place for place, each in enumerate(words)}
    known = dataclasses.replace(study, largest=numbers)
    assert [each.recipe.train.batch_size for each in candidates(known)][-2:] == [100, 101]
    runs = tuning_runs(known)
    chosen = pick(known, {run.key: float(place % 2) for place, run in enumerate(runs)})  # always b
    assert expand(chosen)[2].recipe.train.batch_size == 101


def test_an_unresolved_word_is_no_number(parse):
    with pytest.raises(AssertionError, match="was not looked for"):
        _ = recipe(parse).train.batch


def test_a_misspelt_word_is_refused_with_what_is_allowed(parse):
    with pytest.raises(StudyError, match='"larges" is not allowed') as caught:
        parse(f'{STUDY}batch_size = "larges"')
    assert caught.value.where == "train.batch_size"
    assert '"largest"' in caught.value.allowed


def test_precision_is_part_of_the_identity_only_when_it_is_not_the_default(parse):
    plain = recipe(parse)
    assert recipe(parse, 'train.precision="float32"').identity == plain.identity
    assert "precision" not in plain.identity["train"]
    assert recipe(parse, 'train.precision="bfloat16"').identity["train"]["precision"] == "bfloat16"
