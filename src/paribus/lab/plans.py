"""How each run will be executed: kept plans, and measurements of what nobody has measured on this machine."""

import json
import os
import platform
import uuid
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

from paribus.core import digest
from paribus.data import cache_folder
from paribus.lab.prepare import Prepared, PreparedRun
from paribus.lab.progress import Snapshot, Watch, watch_nothing
from paribus.train import Call, Planned, Pool, Question, apart, as_plain, from_plain, planned


def question_of(prepared: Prepared, each: PreparedRun, *, device: str) -> Question:
    """Return what is asked to find out how a run is best executed."""
    facts = prepared.data[each.data]
    return Question(
        recipe=each.run.recipe,
        image_shape=facts.image_shape,
        classes=len(facts.classes),
        base_dir=prepared.study.base_dir,
        device=device,
        source=each.source,
    )


def plans(pool: Pool, questions: Iterable[Question], *, watch: Watch = watch_nothing) -> Mapping[str, Planned]:
    """Return the plan of every question, by its key: kept from before, or measured by the workers now, and kept."""
    asked = {each.key: each for each in questions}
    found = {key: kept for key in asked if (kept := _kept(key)) is not None}
    open_ones = [each for key, each in asked.items() if key not in found]
    if open_ones:  # the very first time on a machine, compiling takes half a minute
        watch(Snapshot("measuring how these networks train fastest here (kept for the next time)"))
    calls = [Call(each.key, planned, each, own=each.recipe.model.module is not None) for each in open_ones]
    for answer in pool.ask(calls):
        if isinstance(answer.value, Planned):  # else the training itself will say what is wrong
            found[answer.key] = answer.value
            _keep(answer.key, answer.value)
    return found


def plan_of(question: Question) -> Planned:
    """Return the plan of one question, measured here if nobody has; a user's own network is run in a process apart."""
    found = _kept(question.key)
    if found is None:
        own = question.recipe.model.module is not None
        found = apart(planned, question) if own else planned(question)
        _keep(question.key, found)
    return found


def _file(key: str) -> Path:
    machine = [platform.machine(), platform.processor(), platform.node(), os.cpu_count()]
    versions = [platform.python_version(), *(version(name) for name in ("torch", "numpy", "scipy", "numba"))]
    return cache_folder() / "plans" / f"{digest([key, machine, versions])}.json"


def _kept(key: str) -> Planned | None:
    try:
        return from_plain(json.loads(_file(key).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError, AssertionError):
        return None  # never kept, or by something else: it is measured again


def _keep(key: str, found: Planned) -> None:
    """Write a plan down, whole or not at all; where nothing can be written it is measured again next time."""
    file = _file(key)
    fresh = file.with_name(f"{file.stem}.{uuid.uuid4().hex}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(as_plain(found)), encoding="utf-8")
        fresh.replace(file)
    except OSError:
        fresh.unlink(missing_ok=True)
