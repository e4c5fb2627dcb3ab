"""From a study's directory to results: the study says which runs there are, the store what became of them."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from paribus.lab.looking import last_epochs, look_at
from paribus.lab.results import Results
from paribus.store import Run, SealedEpoch, StoreReader, count_looks, open_reader
from paribus.study import Run as StudyRun
from paribus.study import Study, runs


def read(directory: Path, study: Study) -> Results:
    """Read a study's directory."""
    with open_reader(directory) as store:
        return read_from(store, study)


def read_from(store: StoreReader, study: Study) -> Results:
    """Read an open store. Runs that the study asks for and the store does not know are waiting."""
    rows = _rows(store, study)
    look = look_at(store, rows)
    opened: dict[str, list[SealedEpoch]] = {}
    for test in store.sealed(look).epochs() if look else ():
        opened.setdefault(test.run, []).append(test)
    ids = {row.id for row in rows}
    trained_in = {epoch.environment for epoch in store.epochs() if epoch.run in ids}
    facts = _facts(store, study)
    prints = {each["test_fingerprint"] for each in facts["data"].values()}
    folder = store.directory.absolute().parent
    return Results(
        study=study,
        directory=store.directory,
        runs=rows,
        last=last_epochs(store),
        test={run: tuple(epochs) for run, epochs in opened.items()},
        look=look,
        choice=store.choice(look.choice_sha256) if look and look.choice_sha256 else None,
        looks=max((count_looks(folder, test_fingerprint=each).looks for each in prints), default=0),
        facts=facts,
        environments=tuple(value for name, value in store.environments().items() if name in trained_in),
    )


def _rows(store: StoreReader, study: Study) -> tuple[Run, ...]:
    """Return a row for each run of the study, in its order and under its names; an edited study has new ones."""
    stored = {row.key: row for row in reversed(store.runs(current=False))}  # the current one of a key comes last
    wanted = enumerate(runs(study))
    return tuple(
        dataclasses.replace(stored.get(run.key) or _waiting(run), condition=run.condition, position=position)
        for position, run in wanted
    )


def _waiting(run: StudyRun) -> Run:
    return Run(
        sequence=0,
        id="",
        key=run.key,
        condition=run.condition,
        seed=run.seed,
        position=0,
        current=False,
        recipe=run.recipe.model_dump_json(),
        streams=run.streams.vary,
        data_fingerprint="",
        plan=None,
        state="waiting",
        message="",
        epochs=0,
        steps=0,
        seconds=0.0,
        peak_memory_bytes=None,
        weights_sha256=None,
    )


def _facts(store: StoreReader, study: Study) -> dict[str, Mapping[str, Any]]:
    """Return what is known of the data and networks of this study's conditions, in the order of the conditions."""
    known = store.facts("study")
    names = [run.condition for run in runs(study)]
    facts: dict[str, Mapping[str, Any]] = {"study": known}
    for kind, users in (("data", known["data"]), ("model", known["models"])):
        stored = store.facts(kind)
        places = {
            key: min((names.index(each) for each in used if each in names), default=None) for key, used in users.items()
        }
        order = sorted((place, key) for key, place in places.items() if place is not None and key in stored)
        facts[kind] = {key: stored[key] for _, key in order}
    return facts
