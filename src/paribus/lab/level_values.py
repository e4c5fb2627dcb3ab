"""What a labelled level is, in words: a table of labels alone does not say what was changed."""

from collections.abc import Mapping

from paribus.lab.results import Results
from paribus.study import Condition, toml_text


def level_values(results: Results) -> dict[str, dict[str, str]]:
    """Return condition -> {recipe path: the level's value as text}, where its label does not say as much."""
    found = {}
    for each in results.conditions:
        labels = {**each.levels, **results.study.picks.get(each.name, {})}
        texts = {path: _text(_level(results, each, path, label)) for path, label in labels.items()}
        found[each.name] = {path: text for path, text in texts.items() if _bare(text) not in ("", _bare(labels[path]))}
    return {name: texts for name, texts in found.items() if texts}


def _level(results: Results, condition: Condition, path: str, label: str) -> object:
    """Return the value of a level; of one that only an explicit condition has, what the recipe says there."""
    study = results.study
    for level in (*study.vary.get(path, ()), *study.tune.get(path, ())):
        if level.label == label:
            return level.value
    value: object = condition.recipe.model_dump(exclude_unset=True)
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _text(value: object) -> str:
    """Return a value for people: as a study file has it, without its quotes."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {_inner(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_inner, value))}]"
    if value is None or isinstance(value, str):
        return value or ""
    return toml_text(value)


def _inner(value: object) -> str:
    return f"{{ {_text(value)} }}" if isinstance(value, Mapping) else _text(value)


def _bare(text: str) -> str:
    """Return what of a text tells it from others: "exponential = 0.95" is the label "exponential=0.95"."""
    return text.replace(" ", "")
