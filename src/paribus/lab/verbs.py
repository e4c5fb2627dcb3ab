"""The verbs: run, status, reveal. Each reads as a table of contents; the rooms do the work."""

import dataclasses
import functools
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from paribus.core import ParibusError, StudyError
from paribus.lab.comparison import Comparison
from paribus.lab.looking import last_epochs, open_test
from paribus.lab.places import STUDIES, Place, placed
from paribus.lab.progress import Snapshot, Watch, watch_nothing
from paribus.lab.reading import read, read_from
from paribus.lab.results import Results
from paribus.lab.settling import accuracies, asking_for_largest, settle
from paribus.store import Store, count_looks, open_writer
from paribus.study import Study, directory_name, is_quick, possible
from paribus.study import quick as smoke_sized

if TYPE_CHECKING:
    from paribus.lab.crew import Crew
    from paribus.lab.keeping import Take
    from paribus.lab.prepare import Prepared, Shelf

_ENDED = ("done", "diverged")


def run(  # noqa: PLR0913  every one is an option of the command, all by keyword
    study: Study | str | Path | Place,
    *,
    folder: Path = STUDIES,
    data_dir: Path | None = None,
    device: str = "cpu",
    workers: int | None = None,
    quick: bool = False,
    sealed: bool = False,
    report: bool = True,
    verify: bool = False,
    watch: Watch = watch_nothing,
) -> Results:
    """Train what is missing, choose on validation, open the test set once, write the report.

    Args:
        study: the study, or where it is.
        folder: of studies; this one gets a directory of its own in it, unless it is given by its directory.
        data_dir: where to look for data files first.
        device: "cpu", "cuda", "cuda:1", or "auto".
        workers: processes that train, and cores that they use; by default one per core on the CPU.
        quick: a smoke-sized study that never opens the test set.
        sealed: leave the test set closed; `reveal` opens it.
        report: write report.html.
        verify: train one finished run, taken at random, again by the reference loop, and compare: `results.verified`,
            which is None where no run is done.
        watch: is told where the study stands.

    Raises:
        ParibusError: the study cannot be trained as it is. Runs that fail by themselves are in the results.
    """
    from paribus.lab.crew import Crew  # noqa: PLC0415  rooms are imported when needed
    from paribus.train import check_precision, settle_device  # noqa: PLC0415

    place = placed(study, folder=folder)
    place = _made_small(place) if quick else place
    study, device = place.study, settle_device(device)
    check_precision(possible(study), device=device)
    watch(Snapshot("reading images"))
    with closing(Crew(device=device, workers=workers)) as crew:
        fresh = not place.directory.exists()
        # All is to be trained: workers import torch while this process imports what it needs.
        if fresh and not asking_for_largest(study):
            crew.pool(missing=len(settle(study, {}).wanted))
        from paribus.lab.largest import find_largest, keep_largest  # noqa: PLC0415  NumPy and the images
        from paribus.lab.prepare import Shelf, prepare  # noqa: PLC0415

        shelf = Shelf(study.base_dir, data_dir=data_dir, tell=lambda told: watch(Snapshot(told.what, reading=told)))
        # What is missing is found out before anything is written.
        found = find_largest(study, directory=place.directory, shelf=shelf, device=device, workers=workers, watch=watch)
        wanted = settle(found.study, {}).wanted
        if fresh:  # with the largest batch known; workers that were started above go on
            crew.pool(missing=len(wanted))
        prepare(found.study, wanted, shelf=shelf)
        with open_writer(place.directory) as store:
            study = keep_largest(store, found)
            _train(store, study, shelf=shelf, crew=crew, watch=watch)
            crew.close()
            results = read_from(store.reader, study)
            if results.complete and results.measured and not (sealed or is_quick(study)):
                _open(store, results, reason="run")
                results = read_from(store.reader, study)
                _keep_pictures(store, results, take=lambda spec: shelf.take(spec)[0])
    if report:
        watch(Snapshot("writing the report"))
        results.report()
    return _verified(results, shelf=shelf, device=device, watch=watch) if verify else results


def _train(store: Store, study: Study, *, shelf: "Shelf", crew: "Crew", watch: Watch) -> None:
    """Train what the study asks for; then what it asks for in the light of that; until it asks for no more."""
    from paribus.lab.prepare import prepare  # noqa: PLC0415
    from paribus.lab.retraining import trained_again  # noqa: PLC0415
    from paribus.lab.sampling import keep_samples  # noqa: PLC0415
    from paribus.lab.training import describe_models, train_all  # noqa: PLC0415

    known: dict[str, float | None] = {}
    said = told = ""
    while True:
        settled = settle(study, known)
        prepared = prepare(settled.study, settled.wanted, shelf=shelf)
        _write_down(store, prepared)
        _write_findings(store, prepared, shelf)
        known = _ended(store)
        missing = [each for each in prepared.runs if each.run.key not in known]
        said = said or trained_again(store.reader.runs(current=False), prepared, missing=missing)
        if said != told:
            watch(Snapshot("reading images", said=said))
            told = said
        keep_samples(store, prepared, shelf=shelf, pool=crew.pool(missing=len(missing)) if missing else None)
        if missing:
            train_all(store, prepared=prepared, missing=missing, crew=crew, watch=watch)
            known = _ended(store)
        describe_models(store, prepared)
        if settled.final or any(each.run.key not in known for each in prepared.runs):  # some failed
            return


def _verified(results: Results, *, shelf: "Shelf", device: str, watch: Watch) -> Results:
    from paribus.lab.verifying import verify  # noqa: PLC0415

    return dataclasses.replace(results, verified=verify(results, shelf=shelf, device=device, watch=watch))


def _ended(store: Store) -> dict[str, float | None]:
    """Return what has ended of the runs that were declared last."""
    return accuracies({run.key: run for run in store.reader.runs()}, last_epochs(store.reader))


def status(study: Study | str | Path | Place, *, folder: Path = STUDIES) -> Results:
    """Read what is done, running, diverged or failed; works while the study trains, and without torch."""
    place = _trained(study, folder=folder)
    return read(place.directory, place.study)


def statuses(folder: Path = STUDIES) -> tuple[tuple[Results, ...], tuple[ParibusError, ...]]:
    """Read every study of a folder; return them, and what is wrong with those that cannot be read."""
    found: list[Results] = []
    broken: list[ParibusError] = []
    count = functools.cache(count_looks)  # each counts over the whole folder
    for path in sorted(folder.glob("*/study.db")):
        try:
            place = _trained(path.parent, folder=folder)
            found.append(read(place.directory, place.study, count=count))
        except ParibusError as error:
            broken.append(error)
    return tuple(found), tuple(broken)


def reveal(study: Study | str | Path | Place, *, reason: str, folder: Path = STUDIES) -> Results:
    """Open the test set of a study that was run sealed; the look is logged with its reason.

    Raises:
        StudyError: some runs are not finished: the test set is opened for all conditions together; or there is
            nothing to be seen, or the study is a quick one.
    """
    from paribus.lab.keeping import at_hand  # noqa: PLC0415  the images

    place = _trained(study, folder=folder)
    with open_writer(place.directory) as store:
        results = read_from(store.reader, place.study)
        _refuse_to_reveal(results, place)
        _open(store, results, reason=reason)
        results = read_from(store.reader, place.study)
        _keep_pictures(store, results, take=at_hand(results))
    results.report()
    return results


def compare(place: Place, condition: str, baseline: str) -> Comparison:
    """Compare two conditions of a study that was run, in depth."""
    from paribus.lab.comparing import compared  # noqa: PLC0415  scipy

    return compared(_trained(place, folder=STUDIES), condition, baseline)


def picture(place: Place, found: Comparison, path: Path, *, data_dir: Path | None = None) -> bool:
    """Draw the test images that a condition fixes and breaks into a PNG; return whether there were any to draw."""
    from paribus.lab.picturing import pictured  # noqa: PLC0415  pillow, and the images

    return pictured(place, found, path, data_dir=data_dir)


def _trained(study: Study | str | Path | Place, *, folder: Path) -> Place:
    """Return the place of a study that was run.

    Raises:
        StudyError: it was never run here.
    """
    place = placed(study, folder=folder)
    if not (place.directory / "study.db").is_file():
        wrong = f"was not run here: there is no {place.directory}"
        raise StudyError(place.study.name, wrong=wrong, next_command=f"paribus run {place.said}")
    return place


def _refuse_to_reveal(results: Results, place: Place) -> None:
    name = place.study.name
    if is_quick(place.study):
        raise StudyError(name, wrong="is a quick study", allowed="its test set is never opened; run it without --quick")
    if not results.complete:
        wanted = (*results.tuning, *results.runs)
        waiting = sum(each.state not in _ENDED for each in wanted)
        raise StudyError(
            name,
            wrong=f"{waiting} of {len(wanted)} runs are not finished",
            allowed="the test set is opened once, for all conditions together",
            next_command=f"paribus run {place.said} --sealed",
        )
    if not results.measured:
        raise StudyError(name, wrong="every run diverged", allowed="the test set is opened when there is one to judge")


def _made_small(place: Place) -> Place:
    """Return the quick study of a study, beside it; a quick one stays as it is."""
    if is_quick(place.study):
        return place
    study = smoke_sized(place.study)
    return Place(study, place.directory.parent / directory_name(study), place.said)


def _write_down(store: Store, prepared: "Prepared") -> None:
    """Put the study, its runs and what is known of its data into the directory."""
    from paribus.lab.matrices import packed  # noqa: PLC0415
    from paribus.lab.training import declaration  # noqa: PLC0415

    study = prepared.study
    store.declare([declaration(prepared, each) for each in prepared.runs])
    for key, facts in prepared.data.items():
        store.put_fact("data", key, dataclasses.asdict(facts))
        store.put_fact("labels", key, packed(prepared.labels[key]))
    # By the keys of runs, which no edit of a study's words and labels changes; earlier runs keep theirs.
    earlier = store.reader.facts("study")
    used = {
        "models": {each.run.key: each.model for each in prepared.runs},
        "data": {each.run.key: each.data for each in prepared.runs},
    }
    users = {kind: {**earlier.get(kind, {}), **keys} for kind, keys in used.items()}
    known = {"name": study.name, "base_dir": str(study.base_dir.absolute()), **users}
    for key, value in known.items():
        store.put_fact("study", key, value)
    file = store.directory / "study.toml"
    part = file.with_suffix(".part")
    part.write_text(study.text, encoding="utf-8")
    part.replace(file)


def _write_findings(store: Store, prepared: "Prepared", shelf: "Shelf") -> None:
    """Keep what speaks against the images, for who reads the results; found once for each data table."""
    from paribus.lab.finding import data_findings  # noqa: PLC0415

    for key, findings in data_findings(prepared, shelf, known=store.reader.facts("findings")).items():
        store.put_fact("findings", key, [dataclasses.asdict(each) for each in findings])


def _open(store: Store, results: Results, *, reason: str) -> None:
    """Open the test set for all compared runs."""
    prints = sorted({facts["test_fingerprint"] for facts in results.facts["data"].values()})
    open_test(store, results.study, runs=results.runs, test_fingerprints=prints, reason=reason)


def _keep_pictures(store: Store, results: Results, *, take: "Take") -> None:
    """Keep the test images that a report shows, now that they are opened."""
    from paribus.lab.examples import roles  # noqa: PLC0415
    from paribus.lab.keeping import keep_pictures  # noqa: PLC0415

    keep_pictures(store, results, first=tuple(roles(results)), take=take)
