"""From a study's directory to results: the study says which runs there are, the store what became of them."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from paribus.lab.looking import condition_names, last_epochs, looks_at
from paribus.lab.numerics import numerics_of
from paribus.lab.results import Results
from paribus.lab.settling import accuracies, settle
from paribus.store import Choice, Look, LookCount, Run, SealedEpoch, StoreReader, count_looks, open_reader
from paribus.study import Run as StudyRun
from paribus.study import Study


def read(directory: Path, study: Study, *, count: Callable[..., LookCount] = count_looks) -> Results:
    """Read a study's directory; `count` counts looks over its folder."""
    with open_reader(directory) as store:
        return read_from(store, study, count=count)


def read_from(store: StoreReader, study: Study, *, count: Callable[..., LookCount] = count_looks) -> Results:
    """Read an open store. Runs that the study asks for and the store does not know are waiting."""
    stored = {row.key: row for row in reversed(store.runs(current=False))}  # the current one of a key comes last
    last = last_epochs(store)
    study = dataclasses.replace(study, largest=store.facts("study").get("largest", {}))
    settled = settle(study, accuracies(stored, last))
    study, wanted = settled.study, settled.compared or settled.tuning
    tuning, rows = _rows(stored, settled.tuning), _rows(stored, settled.compared)
    look = next(reversed(looks_at(store, study, rows)), None)
    opened: dict[str, list[SealedEpoch]] = {}
    for test in store.sealed(look).epochs() if look else ():
        opened.setdefault(test.run, []).append(test)
    facts = _facts(store, wanted)
    prints = {each["test_fingerprint"] for each in facts["data"].values()}
    prints |= {look.test_fingerprint} if look else set()
    folder = store.directory.absolute().parent
    return Results(
        study=study,
        directory=store.directory,
        runs=rows,
        tuning=tuning,
        final=settled.final,
        last=last,
        test={run: tuple(epochs) for run, epochs in opened.items()},
        look=look,
        choice=_choice(store, study, look),
        looks=max((count(folder, test_fingerprint=each).looks for each in prints), default=0),
        facts=facts,
        numerics=numerics_of(store, (*tuning, *rows)),
    )


def _choice(store: StoreReader, study: Study, look: Look | None) -> Choice | None:
    """Return the choice of a look; the chosen condition by its present name, which may be a new label."""
    choice = store.choice(look.choice_sha256) if look and look.choice_sha256 else None
    if choice is None or choice.value["condition"] is None:
        return choice
    recipes = {name: recipe for recipe, name in choice.value["names"].items()}
    present = condition_names(study)[recipes[choice.value["condition"]]]
    return dataclasses.replace(choice, value={**choice.value, "condition": present})


def _rows(stored: Mapping[str, Run], wanted: Sequence[StudyRun]) -> tuple[Run, ...]:
    """Return a row for each run of the study, in its order and under its names; an edited study has new ones."""
    return tuple(
        dataclasses.replace(stored.get(run.key) or _waiting(run), condition=run.condition, position=position)
        for position, run in enumerate(wanted)
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


def _facts(store: StoreReader, wanted: Sequence[StudyRun]) -> dict[str, Mapping[str, Any]]:
    """Return what is known of the data and networks of this study's runs, in the order of its conditions.

    The "study" facts name the conditions that use each. A driver that has just begun has written nothing yet.
    """
    known = store.facts("study")
    facts: dict[str, Mapping[str, Any]] = {}
    used: dict[str, dict[str, list[str]]] = {"data": {}, "models": {}}
    for kind, users in (("data", "data"), ("model", "models")):
        stored, keys = store.facts(kind), known.get(users, {})
        for run in wanted:
            key = keys.get(run.key)
            if key in stored and run.condition not in used[users].setdefault(key, []):
                used[users][key].append(run.condition)
        facts[kind] = {key: stored[key] for key in used[users]}
    findings = store.facts("findings")
    return {
        "study": {**known, **used},
        **facts,
        "findings": {key: findings.get(key, []) for key in facts["data"]},
        "largest": store.facts("largest"),
    }
