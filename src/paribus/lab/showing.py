"""What a person wants to know of images before training on them, and a sheet of samples to look at."""

import dataclasses
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from paribus.core import DataError, Streams, StudyError, nearest
from paribus.data import (
    Block,
    Duplicates,
    Finding,
    FolderSurvey,
    Images,
    Place,
    Tell,
    describe_data,
    find_copies,
    find_duplicates,
    find_imbalance,
    find_in_folder,
    find_refusals,
    folder_path,
    image_names,
    load_images,
    look_at_folder,
    normalization,
    sensible_size,
    several_sizes,
    split_images,
    survey_folder,
    write_sheet,
)
from paribus.lab.about_images import DataTable, Shown
from paribus.lab.naming import misnamed
from paribus.lab.places import home_of, load
from paribus.lab.progress import Snapshot, Watch, watch_nothing
from paribus.lab.samples import changed, samples
from paribus.lab.scaling import load_scaled
from paribus.study import BUILT_IN_SOURCES, DataSpec, Study, bare_study, expand, gallery_names, is_code, is_folder
from paribus.train import apart

_SEVERITIES = ("stop", "warn", "note")


def shown(
    reference: str,
    *overrides: str,
    data_dir: Path | None = None,
    sheet: Path | None = None,
    watch: Watch = watch_nothing,
) -> Shown:
    """Look at the images of a source, or of a study, and draw some of them into a PNG file.

    What would stop a study is listed and left out: bad files of a folder, classes without images, directories that
    do not belong there; and images of many sizes are given one.

    Args:
        reference: "mnist", "folder:PATH", a folder of images, "FILE.py:NAME", or whatever names a study.
        overrides: as for `load`; of a source too: "data.resize=32", "train.augment=['RandomHorizontalFlip']".
        data_dir: where to look for data files first.
        sheet: where the samples go; by default NAME-samples.png.
        watch: is told how far reading is.

    Raises:
        ParibusError: there is no such source or study, or its images cannot be read.
    """
    source = source_of(reference)
    study = _study(reference, overrides) if source is None else _bare(source, overrides)
    path = sheet if sheet is not None else Path(f"{study.name}-samples.png")
    if path.suffix.lower() != ".png" or not path.parent.is_dir():
        raise DataError(
            "--sheet",
            wrong=f"no PNG file can be written as {str(path)!r}",
            allowed="a name that ends in .png, in a folder that is there",
        )
    look = _Looking(study, data_dir, lambda reading: watch(Snapshot(reading.what, reading=reading)))
    tables, blocks = [], []
    for spec, users in _tables(study):
        table, block = look.at(spec, users)
        tables.append(table)
        blocks.extend(block)
    watch(Snapshot("drawing the samples"))
    write_sheet(path, blocks)
    augmentations = {augment: tuple(users) for augment, users in _augmentations(study).items()}
    return Shown(study.name, source is None, tuple(tables), tuple(augmentations.items()), path)


def source_of(reference: str) -> str | None:
    """Return the source that was named, as a study file writes it; None where it is no source, but perhaps a study."""
    if reference in BUILT_IN_SOURCES or is_folder(reference) or is_code(reference):
        return reference
    try:
        is_directory = Path(reference).is_dir()
    except (OSError, ValueError):  # no name that a file can have
        return None
    studied = home_of(reference) is not None or (Path(reference) / "study.db").exists()
    return f"folder:{reference}" if is_directory and not studied else None


def _study(reference: str, overrides: Sequence[str]) -> Study:
    misnaming = misnamed(reference, where="SOURCE|STUDY")
    if misnaming is not None:
        raise misnaming
    try:
        return load(reference, *overrides)
    except StudyError as error:
        if error.where != "STUDY":
            raise
    raise StudyError(
        "SOURCE|STUDY",
        wrong=f"{json.dumps(reference, ensure_ascii=False)} is neither a source nor a study",
        allowed=f'{", ".join(BUILT_IN_SOURCES)}, a folder of images, "FILE.py:NAME", or a study',
        nearest=nearest(reference, [*BUILT_IN_SOURCES, *gallery_names()]),
    )


def _bare(source: str, overrides: Sequence[str]) -> Study:
    name = source.removeprefix("folder:") if is_folder(source) else source.rpartition(":")[2]
    return bare_study(source, name=Path(name).absolute().name, overrides=overrides)


def _tables(study: Study) -> list[tuple[DataSpec, tuple[str, ...]]]:
    """Return the data tables of the conditions, and who uses them."""
    users: dict[DataSpec, list[str]] = {}
    for condition in expand(study):
        users.setdefault(condition.recipe.data, []).append(condition.name)
    return [(spec, tuple(names)) for spec, names in users.items()]


def _augmentations(study: Study, spec: DataSpec | None = None) -> dict[tuple[str, ...], list[str]]:
    """Return each way in which training images are changed, with the conditions that do so (on one data table)."""
    users: dict[tuple[str, ...], list[str]] = {}
    for condition in expand(study):
        augment = condition.recipe.train.augment
        if augment and spec in (None, condition.recipe.data):
            users.setdefault(augment, []).append(condition.name)
    return users


@dataclass(frozen=True, eq=False, slots=True)
class _Read:
    """Images that were read.

    Attributes:
        spec: the data table, with the size that was chosen where it has none.
        images: of the source, without what a study would stop at.
        refused: what that is; of a folder without its bad files and sizes.
        folder: what lies in it, counted from the images that were read; None for another source.
    """

    spec: DataSpec
    images: Images
    refused: tuple[Finding, ...] = ()
    folder: FolderSurvey | None = None


@dataclass(slots=True)
class _Looking:
    """Looks at the data tables of one study, each source read once."""

    study: Study
    data_dir: Path | None
    tell: Tell
    read: dict[tuple[object, ...], _Read] = dataclasses.field(default_factory=dict)

    def at(self, spec: DataSpec, users: tuple[str, ...]) -> tuple[DataTable, list[Block]]:
        """Return what is known of a data table, and what of it belongs on the sheet that is not there yet."""
        key = (spec.source, spec.resize, spec.on_bad_image)
        is_new = key not in self.read
        read = self.read[key] = self.read[key] if key in self.read else self._read_source(spec)
        images, folder = read.images, read.folder
        sized = spec.model_copy(update={"resize": read.spec.resize})
        if images.given_validation and "validation" not in spec.model_fields_set:
            sized = sized.model_copy(update={"validation": "given"})
        streams = Streams(0, self.study.design.vary_streams)
        split = split_images(images, sized, streams=streams)
        facts = describe_data(images, sized, streams=streams)
        duplicates = find_duplicates(images, split, tell=self.tell)
        measured = normalization(images, split, sized.model_copy(update={"normalize": "train"}))
        name = self._names(sized, images, duplicates)
        blank = tuple(name(place) for place in duplicates.blank)
        found = find_in_folder(folder, spec, skipped=images.skipped) if folder is not None else ()
        findings = (*read.refused, *found, *find_copies(duplicates, blank=blank), *find_imbalance(facts))
        table = DataTable(
            facts=facts,
            users=users,
            measured=measured,
            duplicates=duplicates,
            folder=folder,
            copies=tuple(tuple(name(place) for place in group) for group in duplicates.groups),
            blank=blank,
            findings=tuple(sorted(findings, key=lambda each: _SEVERITIES.index(each.severity))),
        )
        blocks = [samples(images, split, note=_note(sized, asked=spec))] if is_new else []
        return table, [
            *blocks,
            *changed(images, split, augmentations=_augmentations(self.study, spec), streams=streams),
        ]

    def _names(self, spec: DataSpec, images: Images, found: Duplicates) -> Callable[[Place], str]:
        """Return what gives an image its name: its file, in a folder, else its place."""
        names = None
        if (found.groups or found.blank) and is_folder(spec.source):
            names = image_names(folder_path(spec.source, base_dir=self.study.base_dir), images)
        if names is None:
            words = {"train": "training image", "test": "test image"}
            return lambda place: f"{words[place[0]]} {place[1]}"
        by_part = {"train": names[0], "test": names[1]}
        return lambda place: by_part[place[0]][place[1]]

    def _read_source(self, spec: DataSpec) -> _Read:
        if is_folder(spec.source):
            return self._read_folder(spec)
        images, sized, error = load_scaled(spec, load=self._load)
        refused = (several_sizes(error.wrong, resize=images.image_shape[1]),) if error is not None else ()
        return _Read(sized, images, refused)

    def _read_folder(self, spec: DataSpec) -> _Read:
        """Return the images of a folder: what stands in the way is left out, and sizes are those of the rest."""
        root = folder_path(spec.source, base_dir=self.study.base_dir)
        folder = survey_folder(root, strict=False, tell=self.tell)
        sized = _with_size(spec, folder)
        images, refused = self._look(sized)
        if images.skipped:
            names = [each.partition(": ")[0] for each in images.skipped]
            folder = survey_folder(root, strict=False, leave_out=names, tell=self.tell)
            before, sized = sized, _with_size(spec, folder)
            if sized != before:  # what claimed another size was no image
                images, refused = self._look(sized)
        return _Read(sized, images, refused, folder)

    def _look(self, spec: DataSpec) -> tuple[Images, tuple[Finding, ...]]:
        try:
            return self._load(spec), ()
        except DataError:
            look = look_at_folder(spec, base_dir=self.study.base_dir, tell=self.tell)
        return look.images, tuple(find_refusals(look.problems))

    def _load(self, spec: DataSpec) -> Images:
        base_dir = self.study.base_dir
        return load_images(spec, base_dir=base_dir, data_dir=self.data_dir, tell=self.tell, isolate=apart)


def _with_size(spec: DataSpec, folder: FolderSurvey) -> DataSpec:
    """Return a data table that has a size where the images need one."""
    needed = spec.resize is None and len(folder.sizes) > 1
    return spec.model_copy(update={"resize": sensible_size(folder)}) if needed else spec


def _note(spec: DataSpec, *, asked: DataSpec) -> str:
    """Return the small print of a sheet: what was done to the images."""
    if spec.resize is None:
        return ""
    chosen = " (the study has no resize yet)" if asked.resize is None else ""
    return f"of each image the centred square, scaled to {spec.resize} x {spec.resize}{chosen}"
