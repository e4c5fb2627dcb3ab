"""A study: one declared question, complete and frozen."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from paribus.core import digest
from paribus.study.design import Design, Published
from paribus.study.levels import Factors
from paribus.study.paths import Table, put
from paribus.study.recipe import Recipe

_MOST_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class Study:
    """One question with all that is needed to answer it.

    Attributes:
        name: letters, digits, - and _.
        question: what is asked, in a sentence.
        notes: remarks on the design, for the report.
        takes: how long it takes, and on what.
        published: what others reported for its conditions.
        base: the recipe that conditions start from; paths in `left_open` hold the baseline's level.
        vary: levels of each varied path, in the order of the file.
        design: its baseline is complete: path to label.
        text: TOML that gives this study again.
        base_dir: folder that relative paths start from.
        left_open: paths that the file leaves to the levels.
        tune: values of each nuisance setting that every condition tries on seeds of their own.
        picks: condition -> path -> label of the tuned setting's best value; empty until that is known.
        seeds: condition -> number of seeds that it has by now, where the design adds seeds; else empty.
        largest: memory key of a recipe whose batch size is "largest" -> the number that was found for it.
    """

    name: str
    question: str
    notes: str
    takes: str
    published: tuple[Published, ...]
    base: Recipe
    vary: Factors
    design: Design
    text: str
    base_dir: Path
    left_open: tuple[str, ...] = ()
    tune: Factors = field(default_factory=dict)
    picks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    seeds: Mapping[str, int] = field(default_factory=dict)
    largest: Mapping[str, int] = field(default_factory=dict)


def directory_name(study: Study) -> str:
    """Return "<name>-<8 hex digits>": it changes with the base recipe, not with levels, seeds or words."""
    recipe: Table = study.base.identity
    for path in study.left_open:
        recipe = put(recipe, path, None)
    return f"{study.name}-{digest(recipe)[:8]}"


def safe_name(text: str) -> str:
    """Return a name of letters, digits, - and _ that can be a folder's."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_]+", "-", plain).strip("-")[:_MOST_CHARACTERS].rstrip("-") or "study"
