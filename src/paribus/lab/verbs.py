"""The verbs: load, run, status, reveal, report. Each reads as a table of contents; the rooms do the work."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from paribus.core import StudyError
from paribus.lab.progress import Snapshot, Watch, watch_nothing
from paribus.lab.reading import read, read_from
from paribus.lab.results import Results
from paribus.store import Store, open_reader, open_writer
from paribus.study import Study, directory_name, resolve
from paribus.study import quick as smoke_sized

if TYPE_CHECKING:
    from paribus.lab.prepare import Prepared

STUDIES = Path("paribus-studies")
_ENDED = ("done", "diverged")


def load(reference: str | Path, *overrides: str) -> Study:
    """Load a study: a TOML file, the name of a gallery study, or a study's directory.

    Args:
        reference: where it is.
        overrides: settings to change, as on the command line: "train.epochs=3", "vary.train.lr=[0.1,0.3]".

    Raises:
        StudyError: there is no such study, or something in it is wrong.
    """
    directory = Path(reference)
    if not (directory / "study.toml").is_file():
        return resolve(str(reference), overrides=overrides)
    with open_reader(directory) as store:
        known = store.facts("study")
    study = resolve(str(reference), overrides=overrides, base_dir=Path(known["base_dir"]))
    return dataclasses.replace(study, name=known["name"])


def run(  # noqa: PLR0913  every one is an option of the command, all by keyword
    study: Study,
    *,
    folder: Path = STUDIES,
    data_dir: Path | None = None,
    device: str = "cpu",
    workers: int | None = None,
    quick: bool = False,
    sealed: bool = False,
    report: bool = True,
    watch: Watch = watch_nothing,
) -> Results:
    """Train what is missing, choose on validation, open the test set once, write the report.

    Args:
        study: the study.
        folder: of studies; this one gets a directory of its own in it.
        data_dir: where to look for data files first.
        device: "cpu", "cuda", "cuda:1", or "auto".
        workers: processes that train; one per core on the CPU by default.
        quick: a smoke-sized study that never opens the test set.
        sealed: leave the test set closed; `reveal` opens it.
        report: write report.html.
        watch: is told where the study stands.

    Raises:
        ParibusError: the study cannot be trained as it is. Runs that fail by themselves are in the results.
    """
    from paribus.lab.looking import open_test  # noqa: PLC0415  rooms are imported when they are needed
    from paribus.lab.prepare import prepare  # noqa: PLC0415
    from paribus.lab.training import describe_models, train_all  # noqa: PLC0415
    from paribus.train import settle_device  # noqa: PLC0415

    study = smoke_sized(study) if quick else study
    device = settle_device(device)
    watch(Snapshot("reading images"))
    prepared = prepare(study, data_dir=data_dir)
    directory = folder / directory_name(study)
    with open_writer(directory) as store:
        _write_down(store, prepared)
        ended = {each.id for each in store.reader.runs() if each.state in _ENDED}
        missing = [each for each in prepared.runs if each.id not in ended]
        if missing:
            train_all(store, prepared=prepared, missing=missing, device=device, workers=workers, watch=watch)
        describe_models(store, prepared)
        results = read_from(store.reader, study)
        if results.complete and not (quick or sealed):
            open_test(store, runs=results.runs, test_fingerprints=_test_fingerprints(results), reason="run")
            results = read_from(store.reader, study)
    if report:
        watch(Snapshot("writing the report"))
        results.report()
    return results


def status(study: Study | str | Path, *, folder: Path = STUDIES) -> Results:
    """Read what is done, running, diverged or failed; works while the study trains, and without torch."""
    directory, study = _at(study, folder=folder)
    return read(directory, study)


def reveal(study: Study | str | Path, *, reason: str, folder: Path = STUDIES) -> Results:
    """Open the test set of a study that was run sealed; the look is logged with its reason.

    Raises:
        StudyError: some runs are not finished: the test set is opened for all conditions together.
    """
    from paribus.lab.looking import open_test  # noqa: PLC0415

    directory, study = _at(study, folder=folder)
    with open_writer(directory) as store:
        results = read_from(store.reader, study)
        if not results.complete:
            waiting = sum(each.state not in _ENDED for each in results.runs)
            raise StudyError(
                study.name,
                wrong=f"{waiting} of {len(results.runs)} runs are not finished",
                allowed="the test set is opened once, for all conditions together",
                next_command=f"paribus run {study.name} --sealed",
            )
        open_test(store, runs=results.runs, test_fingerprints=_test_fingerprints(results), reason=reason)
        results = read_from(store.reader, study)
    results.report()
    return results


def report(study: Study | str | Path, *, folder: Path = STUDIES) -> Path:
    """Rebuild the report from the store; needs no torch and no data."""
    return status(study, folder=folder).report()


def _at(study: Study | str | Path, *, folder: Path) -> tuple[Path, Study]:
    """Return the directory of a study that was run, and the study.

    Raises:
        StudyError: it was never run here.
    """
    if not isinstance(study, Study):
        if (Path(study) / "study.toml").is_file():
            return Path(study), load(study)
        study = load(study)
    directory = folder / directory_name(study)
    if not (directory / "study.db").is_file():
        raise StudyError(
            study.name, wrong=f"was not run here: there is no {directory}", next_command=f"paribus run {study.name}"
        )
    return directory, study


def _write_down(store: Store, prepared: "Prepared") -> None:
    """Put the study, its runs and what is known of its data into the directory."""
    from paribus.lab.training import declaration  # noqa: PLC0415

    study = prepared.study
    store.declare([declaration(prepared, each) for each in prepared.runs])
    for key, facts in prepared.data.items():
        store.put_fact("data", key, dataclasses.asdict(facts))
    users: dict[str, dict[str, list[str]]] = {"models": {}, "data": {}}
    for each in prepared.runs:
        for kind, key in (("models", each.model), ("data", each.data)):
            names = users[kind].setdefault(key, [])
            if each.run.condition not in names:
                names.append(each.run.condition)
    known = {"name": study.name, "base_dir": str(study.base_dir.absolute()), **users}
    for key, value in known.items():
        store.put_fact("study", key, value)
    file = store.directory / "study.toml"
    part = file.with_suffix(".part")
    part.write_text(study.text, encoding="utf-8")
    part.replace(file)


def _test_fingerprints(results: Results) -> list[str]:
    return sorted({facts["test_fingerprint"] for facts in results.facts["data"].values()})
