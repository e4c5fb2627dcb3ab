"""The text of a new study: a built-in study whose remarks stay, with a few values changed for other images."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from paribus.core import StudyError
from paribus.study.gallery import gallery_text
from paribus.study.load import parse_study
from paribus.study.reading import read_toml
from paribus.study.study import Study
from paribus.study.values import toml_text

_HEADER = re.compile(r"\[([A-Za-z_]+)\] *(#.*)?")
_ASSIGNMENT = re.compile(r"([A-Za-z_]+)( *= *)(.*)")
_LINE_END = "\n"
# Any network and any rate will do where only the images are looked at.
_BARE = """question = "What do these images look like?"
[data]
source = {source}
[model]
layers = ["Flatten", "Linear(classes)"]
[train]
lr = 0.1
batch_size = 32
epochs = 1
"""


def bare_study(source: str, *, name: str, overrides: Sequence[str] = (), base_dir: Path = Path()) -> Study:
    """Return a study of a source and of nothing else, for looking at its images.

    Raises:
        StudyError: it is no source, or an override is not allowed.
    """
    return parse_study(_BARE.format(source=toml_text(source)), name=name, base_dir=base_dir, overrides=overrides)


def starting_text(
    template: str,
    *,
    name: str,
    changes: Mapping[str, object],
    head: Sequence[str] = (),
    keep_remarks: bool = True,
    base_dir: Path = Path(),
) -> str:
    """Return a built-in study's text with values changed, and with all else as it is, remarks included.

    What is true of the old images only, results that others published and how long it takes, is left out.

    Args:
        template: name of the built-in study.
        name: of the new study.
        changes: "data.source" -> value; None takes the line away.
        head: remarks for the top of the file, without "#".
        keep_remarks: whether the remark behind a changed value stays.
        base_dir: folder of the new study.

    Raises:
        StudyError: there is no such built-in study, or it does not allow the changes.
    """
    text = _without_published(gallery_text(template))
    for path, value in {"takes": None, **changes}.items():
        section, _, key = path.rpartition(".")
        text = with_value(text, key, value, section=section, keep_remark=keep_remarks)
    top = "".join(f"# {_one_line(remark)}{_LINE_END}" for remark in head)
    text = f"{top}#{_LINE_END}{text}" if top else text
    parse_study(text, name=name, base_dir=base_dir)
    return text


def with_value(text: str, key: str, value: object, *, section: str = "", keep_remark: bool = True) -> str:
    """Return TOML with one value changed; a key that is not there is added.

    Args:
        text: values that take more than one line can stand in it, but cannot be changed.
        key: a bare one.
        value: what the key becomes; None takes its line away.
        section: "" for the outermost keys; the section is there.
        keep_remark: whether the remark behind the value stays.
    """
    lines = text.split(_LINE_END)
    begin, end = _extent(lines, section)
    for at in range(begin, end):
        found = _ASSIGNMENT.fullmatch(lines[at])
        if found and found[1] == key:
            remark = found[3] if keep_remark else ""
            kept = [] if value is None else [f"{key}{found[2]}{_followed(toml_text(value), old=remark)}"]
            return _LINE_END.join([*lines[:at], *kept, *lines[at + 1 :]])
    if value is None:
        return text
    at = min(begin + 1, end)
    return _LINE_END.join([*lines[:at], f"{key} = {toml_text(value)}", *lines[at:]])


def _extent(lines: Sequence[str], section: str) -> tuple[int, int]:
    """Return the first line of a section's values, and the one after its last."""
    heads = [at for at, line in enumerate(lines) if line.startswith("[")]
    if not section:
        return 0, heads[0] if heads else len(lines)
    begin = next(at for at in heads if (found := _HEADER.fullmatch(lines[at])) and found[1] == section) + 1
    return begin, next((at for at in heads if at >= begin), len(lines))


def _followed(value: str, *, old: str) -> str:
    """Return a value with the remark that stood behind the old one, at the same column where it fits."""
    for at in [found.start() for found in re.finditer(r" *#", old)]:
        try:
            read_toml(f"value = {old[:at]}", where="")
        except StudyError:
            continue  # a "#" inside a text
        remark = old[at:].lstrip()
        return f"{value.ljust(len(old) - len(remark) - 2)}  {remark}"
    return value


def _without_published(text: str) -> str:
    """Return the text without [[published]] tables; they come last or before another table."""
    return re.sub(r"^\[\[published\]\].*?(?=^\[(?!\[published\]\])|\Z)", "", text, flags=re.MULTILINE | re.DOTALL)


def _one_line(text: str) -> str:
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
