"""What people read of images: counts, warnings, and nothing that a class's name could do to a terminal."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from paribus.cli import commands, printing, sources
from paribus.core import DataFacts
from paribus.data import Duplicates, Finding, FolderSurvey, Normalization, source_status
from paribus.lab import DataTable, Shown

FACTS = DataFacts(
    source="folder:photos", classes=("cats", "\x1b[31mdogs\r"), image_shape=(3, 64, 64), train=(300, 100),
    validation=(30, 10), test=(60, 20), normalization="", split="fixed, stratified; 400 / 40 / 80", files=(),
    fingerprint="", test_fingerprint="", skipped=("cats/\x1b[2J.png: is empty",),
)  # fmt: skip
FOLDER = FolderSurvey(
    ("cats", "dogs"), (), 520, 0, 0, (((500, 375), 400), ((375, 500), 100), ((90, 2000), 20)),
    (("JPEG", 519), ("PNG", 1)), (("RGB", 520),), 520, 0,
)  # fmt: skip
TABLE = DataTable(
    facts=FACTS,
    users=("none", "flip"),
    measured=Normalization((0.5,), (0.25,)),
    duplicates=Duplicates(1, 0, 0, 0, 0, 0, 0, (), (), 520, ()),
    folder=FOLDER,
    copies=(("a.png", "b.png"), *((str(number), str(number)) for number in range(20))),
    blank=("cats/black.png",),
    findings=(Finding("data-x", "warn", "data.source", "something is wrong", "mend it"),),
)


@pytest.fixture
def printed(monkeypatch):
    """Return a function that gives the lines which a view prints: of a terminal of some width, or piped."""

    def lines(*tables, width=None, augmentations=()):
        file = io.StringIO()
        console = Console(
            file=file, force_terminal=width is not None, width=width or 10_000, color_system=None, highlight=False
        )
        monkeypatch.setattr(printing, "stdout", console)
        shown = Shown("photos", False, tables, augmentations, Path("photos-samples.png"))
        sources.show_data(shown, asked="my photos")
        return file.getvalue().splitlines()

    return lines


def test_counts_shares_and_what_follows_from_them_are_said(printed):
    said = printed(TABLE, augmentations=((("RandomHorizontalFlip",), ("flip",)),))
    assert said[1] == "folder:photos  520 images of 2 classes, 64 x 64 pixels, colour"
    assert next(line for line in said if line.startswith("cats ")).split()[1:6] == [
        "300",
        "30",
        "60",
        "75.0%",
        "█" * 20,
    ]
    assert next(line for line in said if line.startswith("total")).split() == ["total", "400", "40", "80"]
    text = "\n".join(said)
    assert "always naming cats is right for 75.0% of the test images; one test image is 1.2 pp of accuracy" in text
    assert "3 before resizing; smallest 90 x 2000, largest 375 x 500 by area and 90 x 2000 by the longer side;" in text
    assert "commonest 500 x 375 (400), 375 x 500 (100)," in text
    assert "JPEG (519), PNG (1)" in text
    assert "  a.png = b.png" in said
    assert "  and 11 more: --json lists them all" in said
    assert "  cats/black.png" in said
    assert "warning     something is wrong." in said
    assert "            Fix: mend it." in said
    assert "augment     flip: RandomHorizontalFlip" in said
    assert said[-1] == "next        paribus new NAME --data 'my photos'"


def test_names_of_classes_and_files_cannot_move_the_cursor(printed):
    said = "\n".join(printed(TABLE))
    assert "\x1b" not in said
    assert "\r" not in said
    assert "[31mdogs" in said


@pytest.mark.parametrize("width", [60, 80, 100])
def test_it_fits_a_terminal(printed, width):
    assert max(map(len, printed(TABLE, width=width))) <= width


def test_a_thousand_classes_are_not_a_flood(printed):
    many = replace(
        FACTS,
        classes=tuple(f"class{number}" for number in range(1000)),
        train=tuple(range(1, 1001)),
        validation=(0,) * 1000,
        test=(1,) * 1000,
    )
    said = printed(replace(TABLE, facts=many))
    assert len(said) < 90
    assert [line.split()[0] for line in said if line.startswith("class")][1:4] == ["class999", "class998", "class997"]
    assert "and 970 classes between" in said


def test_data_list_says_how_to_get_what_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path))
    monkeypatch.delenv("PARIBUS_DATA", raising=False)
    file = io.StringIO()
    monkeypatch.setattr(printing, "stdout", Console(file=file, width=200, color_system=None))
    sources.show_sources(source_status())
    assert "PARIBUS_DATA (not set)" in file.getvalue()
    assert "paribus data get fashion-mnist" in file.getvalue()
    assert "paribus data get digits" not in file.getvalue()


def test_thousands_of_bad_files_are_a_few_lines_behind_the_findings(printed):
    skipped = tuple(f"cats/{n}.ogg: is no image; only PNG is read" for n in range(4000))
    skipped += tuple(f"dogs/{n}.png: {n} is wrong" for n in range(30))
    many = replace(TABLE, facts=replace(FACTS, skipped=skipped), blank=tuple(f"{n}.png" for n in range(300)))
    said = printed(many)
    assert len(said) < 70
    assert "  4,000 .ogg: is no image; only PNG is read (the first: cats/0.ogg)" in said
    assert said.count("  and 21 more: --json lists them all") == 1  # of 31 lines
    assert said.count("  and 290 more: --json lists them all") == 1
    found = said.index("warning     something is wrong.")
    assert found < min(at for at, line in enumerate(said) if line.startswith(("duplicates", "flat", "bad files")))


def test_a_class_with_a_name_of_200_letters_does_not_widen_the_table(printed):
    names = ("x" * 200, "dogs")
    said = printed(replace(TABLE, facts=replace(FACTS, classes=names)))
    (row,) = (line for line in said if line.startswith("xx"))
    assert row.split()[:2] == ["x" * 39 + "…", "300"]
    assert len(row) < 100
    (balance,) = (line for line in said if line.startswith("balance"))
    assert "x" * 40 not in balance


def test_ctrl_c_ends_a_command_with_one_word_and_130(monkeypatch, capsys):
    def pressed(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("paribus.lab.show", pressed)
    monkeypatch.setattr("sys.argv", ["paribus", "data", "show", "digits"])
    with pytest.raises(SystemExit, match="130"):
        commands.main()
    assert capsys.readouterr().err == "stopped\n"
