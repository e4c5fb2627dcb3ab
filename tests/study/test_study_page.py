"""The page of all keys cannot drift from the keys."""

import re
from pathlib import Path

import pytest

from paribus.study import Design, Published, expand
from paribus.study.load import _StudyFile
from paribus.study.paths import RECIPE_PATHS

PAGE = (Path(__file__).parents[2] / "docs" / "study-file.md").read_text(encoding="utf-8")
STUDIES = [text for text in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL) if "question =" in text]


def test_every_key_stands_in_the_page():
    fields = [*_StudyFile.model_fields, *Design.model_fields, *Published.model_fields]
    fields += [path.rpartition(".")[2] for path in RECIPE_PATHS]
    assert [key for key in dict.fromkeys(fields) if f"`{key}`" not in PAGE] == []


def test_every_layer_stands_in_the_page():
    from paribus.models.layers import LAYERS  # noqa: PLC0415  torch, for this test only

    assert [name for name in LAYERS if f"`{name}`" not in PAGE] == []


@pytest.mark.parametrize(("text", "conditions"), list(zip(STUDIES, (1, 4, 2, 3), strict=True)))
def test_the_studies_of_the_page_are_sound(parse, text, conditions):
    assert len(expand(parse(text))) == conditions
