"""What `paribus data` prints: sources, and what is to be known of their images."""

import os
import shlex
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from paribus.cli.printing import counted, cut, line, listed, make_table, row, say, styled

if TYPE_CHECKING:
    from paribus.data import Finding, FolderSurvey, SourceStatus
    from paribus.lab import DataTable, Shown

_STYLES = {"stop": "bold red", "warn": "bold yellow", "note": "bold"}
_MOST_CLASSES, _ENDS = 40, 15
_BAR = 20
_MOST_SIZES, _MOST_LINES = 3, 10
_MOST_CHARACTERS = 40  # of the name of a class in a table


def show_sources(sources: Sequence["SourceStatus"]) -> None:
    """Print the data sources, where they were looked for, and how to get what is missing."""
    from paribus.data import cache_folder  # noqa: PLC0415  rooms are imported when a verb needs them

    table = make_table("source", "what it is", "found")
    for source in sources:
        where = str(source.folder or "built in") if source.available else f"paribus data get {source.name}"
        table.add_row(styled(source.name, "bold"), styled(source.title), styled(where))
    say(table)
    named = os.environ.get("PARIBUS_DATA")
    row("looked in", f"--data-dir if given, PARIBUS_DATA ({named or 'not set'}), {cache_folder() / 'data'}")
    row("your own", "paribus data show FOLDER  looks at a folder of images with a directory for each class")


def sources_json(sources: Sequence["SourceStatus"]) -> list[dict[str, Any]]:
    """Return the data sources as plain values."""
    return [
        {
            "source": each.name,
            "title": each.title,
            "available": each.available,
            "folder": str(each.folder) if each.folder else None,
            "files": [{"name": file.name, "sha256": file.sha256} for file in each.files],
        }
        for each in sources
    ]


def show_data(shown: "Shown", *, asked: str) -> None:
    """Print what is to be known of images before training on them.

    Args:
        shown: the images of a source or a study.
        asked: what was typed to name them.
    """
    for table in shown.tables:
        _show_table(table, alone=len(shown.tables) == 1)
    for augment, users in shown.augmentations:
        line("augment", f"{listed(users)}: {', '.join(augment)}")
    line("sheet", str(shown.sheet))
    if not shown.is_study:
        line("next", f"paribus new NAME --data {shlex.quote(asked)}")


def _show_table(table: "DataTable", *, alone: bool) -> None:
    facts = table.facts
    channels, height, width = facts.image_shape
    images = sum(facts.train) + sum(facts.validation) + sum(facts.test)
    say()
    said = f"  {images:,} images of {len(facts.classes):,} classes, "
    colour = {1: "grey", 3: "colour"}.get(channels, f"{channels} channels")
    say(styled(facts.source, "bold") + styled(f"{said}{width} x {height} pixels, {colour}"))
    if not alone:
        line("used by", listed(table.users))
    say(_classes(table))
    line("split", facts.split)
    mean, std = (", ".join(f"{value:.4f}" for value in values) for values in (table.measured.mean, table.measured.std))
    line("pixels", f"mean {mean}, standard deviation {std} of the training split (0 is black, 1 is white)")
    line("balance", _balance(table))
    if table.folder is not None:
        _show_folder(table.folder)
    show_findings(table.findings)
    _show_copies(table)
    if table.blank:
        line("flat", f"{counted(len(table.blank), 'image')} of one flat colour:")
        _show_first(table.blank)
    if facts.skipped:
        from paribus.data import bad_file_lines  # noqa: PLC0415  rooms are imported when a verb needs them

        line("bad files", f"{counted(len(facts.skipped), 'file')} left out:")
        _show_first(bad_file_lines(facts.skipped))


def show_findings(findings: Iterable["Finding"]) -> None:
    """Print what speaks against training on images as they are, each with its fix."""
    words = {"stop": "stop", "warn": "warning", "note": "note"}
    for each in findings:
        evidence = each.evidence if each.evidence.endswith(".") else f"{each.evidence}."
        fix = f"\nFix: {each.fix}." if each.fix else ""
        row(words[each.severity], evidence + fix, style=_STYLES[each.severity])


def _classes(table: "DataTable") -> Any:
    """Return the table of classes; of very many, those with most and those with fewest training images."""
    facts, total = table.facts, sum(table.facts.train)
    numbers = ("train", "validation", "test")
    made = make_table("class", *numbers, "share of train", numbers=numbers)
    rows = list(zip(facts.classes, facts.train, facts.validation, facts.test, strict=True))
    ordered = rows
    if len(rows) > _MOST_CLASSES:
        ordered = sorted(rows, key=lambda each: -each[1])
        ordered = [*ordered[:_ENDS], *ordered[-_ENDS:]]
    most = max(facts.train)
    for index, (name, train, validation, test) in enumerate(ordered):
        if len(rows) > _MOST_CLASSES and index == _ENDS:
            made.add_row(styled(f"and {len(rows) - 2 * _ENDS:,} classes between", "dim"))
        bar = "█" * round(_BAR * train / most)
        share = f"{train / total:>6.1%}  {bar}"
        made.add_row(
            *(
                styled(cell)
                for cell in (cut(name, _MOST_CHARACTERS), f"{train:,}", f"{validation:,}", f"{test:,}", share)
            )
        )
    made.add_section()
    sums = [f"{sum(counts):,}" for counts in (facts.train, facts.validation, facts.test)]
    made.add_row(*(styled(cell, "bold") for cell in ("total", *sums)))
    return made


def _balance(table: "DataTable") -> str:
    even, tests = table.even, sum(table.facts.test)
    largest, smallest = (cut(name, _MOST_CHARACTERS) for name in (even.largest, even.smallest))
    named = f"largest class {largest} ({even.most:,}), smallest {smallest} ({even.fewest:,})"
    if even.most == even.fewest:
        named = f"every class has {even.most:,} training images"
    always = f"always naming {largest} is right for {even.always:.1%} of the test images"
    return f"{named}; {always}; one test image is {100 / tests:.2g} pp of accuracy"


def _show_folder(folder: "FolderSurvey") -> None:
    if not folder.sizes:
        return
    sizes = [size for size, _ in folder.sizes]
    area = sorted(sizes, key=lambda size: size[0] * size[1])
    if len(sizes) == 1:
        line("sizes", f"all {_size(sizes[0])}")
    else:
        common = ", ".join(f"{_size(size)} ({count:,})" for size, count in folder.sizes[:_MOST_SIZES])
        longest = max(sizes, key=lambda size: (max(size), size[0] * size[1]))
        ends = f"smallest {_size(area[0])}, largest {_size(area[-1])}"
        if max(longest) > max(area[-1]):
            ends += f" by area and {_size(longest)} by the longer side"
        line("sizes", f"{len(sizes):,} before resizing; {ends}; commonest {common}")
    for label, counts in (("formats", folder.formats), ("modes", folder.modes)):
        line(label, ", ".join(f"{name} ({count:,})" for name, count in counts))


def _show_copies(table: "DataTable") -> None:
    if not table.copies:
        line("duplicates", f"none among {table.duplicates.images:,} images, pixel for pixel")
        return
    line("duplicates", f"{counted(len(table.copies), 'group')} of images with the same pixels:")
    _show_first(
        [f"{' = '.join(names[:_MOST_SIZES])}{' = ...' if len(names) > _MOST_SIZES else ''}" for names in table.copies]
    )


def _show_first(lines: Sequence[str]) -> None:
    """Print the first of some lines; the last says that --json has them all."""
    for each in lines[:_MOST_LINES]:
        say(styled(f"  {each}"))
    more = len(lines) - _MOST_LINES
    if more > 0:
        say(styled(f"  and {more:,} more: --json lists them all", "dim"))


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"
