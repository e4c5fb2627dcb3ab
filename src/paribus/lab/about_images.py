"""The verbs about images (fetch, show, start) and what they return; the work is done in rooms that are loaded then."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paribus.core import DataFacts
from paribus.lab.progress import Watch, watch_nothing

if TYPE_CHECKING:
    from paribus.data import Balance, Duplicates, Finding, FolderSurvey, Normalization


@dataclass(frozen=True, slots=True)
class Fetched:
    """A source whose files are here: where, and whether they were not before. What is built in has no folder."""

    name: str
    folder: Path | None
    downloaded: bool


@dataclass(frozen=True)
class DataTable:
    """The images of one [data] table.

    Attributes:
        facts: counts, split and normalisation, as reports have them.
        users: names of the conditions that use the table.
        measured: mean and standard deviation of the training split, whatever the study normalises with.
        duplicates: images that are there more than once.
        folder: what lies in the folder, for a folder of images; else None.
        copies: images with the same pixels, by the names of their files, or "training image 5", counted from 0.
        blank: images of one flat colour, named likewise.
        findings: what speaks against training on it as it is, each with its fix.
    """

    facts: DataFacts
    users: tuple[str, ...]
    measured: "Normalization"
    duplicates: "Duplicates"
    folder: "FolderSurvey | None"
    copies: tuple[tuple[str, ...], ...]
    blank: tuple[str, ...]
    findings: "tuple[Finding, ...]"

    @property
    def even(self) -> "Balance":
        """The classes against each other."""
        from paribus.data import balance  # noqa: PLC0415

        return balance(self.facts)


@dataclass(frozen=True)
class Shown:
    """A source, or what a study sees of its sources.

    Attributes:
        name: of the study, or of the source in letters that a file's name can have.
        is_study: whether a study was named.
        tables: its data tables, the baseline's first.
        augmentations: each way in which training images are changed, with the conditions that change them so.
        sheet: the file with samples.
    """

    name: str
    is_study: bool
    tables: tuple[DataTable, ...]
    augmentations: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    sheet: Path

    def json(self) -> dict[str, Any]:
        """Return it as the command prints it with --json."""
        return {
            "name": self.name,
            "data": [_table_json(table) for table in self.tables],
            "augmentations": [
                {"augment": list(augment), "conditions": list(names)} for augment, names in self.augmentations
            ],
            "sheet": str(self.sheet),
        }


@dataclass(frozen=True, slots=True)
class Start:
    """The text of a new study file.

    Attributes:
        text: TOML, with remarks.
        template: name of the built-in study that it was made from.
        source: its data.source; "" where that is the template's.
        notes: what its maker should know of the images, in sentences.
    """

    text: str
    template: str
    source: str
    notes: tuple[str, ...] = ()


def fetch(names: Sequence[str], *, mirror: str = "", watch: Watch = watch_nothing) -> tuple[Fetched, ...]:
    """Download what is missing of the built-in sources; see `lab.fetching.fetched`."""
    from paribus.lab.fetching import fetched  # noqa: PLC0415

    return fetched(names, mirror=mirror, watch=watch)


def show(
    reference: str,
    *overrides: str,
    data_dir: Path | None = None,
    sheet: Path | None = None,
    watch: Watch = watch_nothing,
) -> Shown:
    """Look at the images of a source, or of a study, and draw some into a PNG file; see `lab.showing.shown`."""
    from paribus.lab.showing import shown  # noqa: PLC0415

    return shown(reference, *overrides, data_dir=data_dir, sheet=sheet, watch=watch)


def start(
    name: str, *, data: str = "", template: str = "", folder: Path = Path(), watch: Watch = watch_nothing
) -> Start:
    """Return a study file for images; see `lab.starting.started`."""
    from paribus.lab.starting import started  # noqa: PLC0415

    return started(name, data=data, template=template, folder=folder, watch=watch)


def _table_json(table: DataTable) -> dict[str, Any]:
    facts, even = table.facts, table.even
    return {
        "source": facts.source,
        "conditions": list(table.users),
        "image_shape": list(facts.image_shape),
        "classes": [
            {"name": name, "train": train, "validation": validation, "test": test}
            for name, train, validation, test in zip(
                facts.classes, facts.train, facts.validation, facts.test, strict=True
            )
        ],
        "mean": list(table.measured.mean),
        "std": list(table.measured.std),
        "largest": {"class": even.largest, "images": even.most},
        "smallest": {"class": even.smallest, "images": even.fewest},
        "always_naming_the_largest": even.always,
        "duplicates": {
            **{
                key: value
                for key, value in dataclasses.asdict(table.duplicates).items()
                if key not in ("groups", "blank")
            },
            "groups": [list(names) for names in table.copies],
            "blank": list(table.blank),
        },
        "folder": dataclasses.asdict(table.folder) if table.folder is not None else None,
        "skipped": list(facts.skipped),
        "files": [dataclasses.asdict(file) for file in facts.files],
        "fingerprint": facts.fingerprint,
        "findings": [{**dataclasses.asdict(each), "muted": False} for each in table.findings],
    }
