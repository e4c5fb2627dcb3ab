"""batch_size = "largest": the word becomes a number, the same for all recipes that need the same memory."""

from collections.abc import Mapping

from paribus.core import digest
from paribus.study.recipe import LARGEST, Recipe

# What changes the memory of an update. Recipes that differ in nothing else share one number: were each to look for
# its own, the last free megabyte would decide about batch sizes, and a comparison of rates would compare those too.
_DATA = ("source", "resize", "validation", "train_images", "on_bad_image")
_MODEL = ("layers", "module")
_TRAIN = ("optimizer", "augment", "precision")


def asks_for_largest(recipe: Recipe) -> bool:
    """Return whether the batch size of a recipe is still a word."""
    return recipe.train.batch_size == LARGEST


def memory_key(recipe: Recipe) -> str:
    """Return the digest of what the memory of an update depends on, as far as a recipe says."""
    table = recipe.model_dump(mode="json")
    sections = {"data": _DATA, "model": _MODEL, "train": _TRAIN}
    kept = {section: {key: table[section][key] for key in keys} for section, keys in sections.items()}
    return digest({**kept, "momentum": recipe.train.momentum > 0})  # plain SGD keeps nothing beside the weights


def numbered(recipe: Recipe, largest: Mapping[str, int]) -> Recipe:
    """Return a recipe with the number for "largest", where it is known.

    Args:
        recipe: any recipe.
        largest: memory key -> the largest batch.
    """
    number = largest.get(memory_key(recipe)) if asks_for_largest(recipe) else None
    return recipe if number is None else with_batch(recipe, number)


def with_batch(recipe: Recipe, batch: int) -> Recipe:
    """Return a recipe with another batch size."""
    return recipe.model_copy(update={"train": recipe.train.model_copy(update={"batch_size": batch})})
