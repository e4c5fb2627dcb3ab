"""How each run will be executed: kept plans, and measurements of what nobody has measured on this machine."""

import json
import os
import platform
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from paribus.core import RunError, digest
from paribus.data import cache_folder
from paribus.lab.prepare import Prepared, PreparedRun
from paribus.lab.progress import Snapshot, Watch, watch_nothing
from paribus.train import (
    Call,
    Plan,
    Planned,
    Pool,
    Question,
    Speed,
    Timing,
    agreed,
    as_plain,
    from_plain,
    planned,
    timed,
)


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
        dark=facts.dark,
    )


def plans(
    pool: Pool, questions: Iterable[Question], *, used: Sequence[Plan] = (), watch: Watch = watch_nothing
) -> Mapping[str, Planned]:
    """Return the plan of every question of a study, by its key; one for all where they have a choice.

    What is measured is kept from before, or measured by the workers now, and kept. `used` are plans of the study's
    earlier runs, the latest last: it stays with them.
    """
    asked = {each.key: each for each in questions}
    found = {key: kept for key in asked if (kept := _kept(key)) is not None}
    open_ones = [each for key, each in asked.items() if key not in found]
    if open_ones:  # the very first time on a machine, compiling takes half a minute
        watch(Snapshot("measuring how these networks train fastest here (kept for the next time)"))
    calls = [Call(each.key, planned, each, own=each.own) for each in open_ones]
    for answer in pool.ask(calls):
        if isinstance(answer.value, Planned):  # else the training itself will say what is wrong
            found[answer.key] = answer.value
            if not asked[answer.key].own:  # what such a file imports may change without it
                _keep(answer.key, answer.value)
    return agreed(found, used=used)


def speeds_of(pool: Pool, questions: Sequence[Question]) -> Mapping[str, tuple[Planned, Speed]]:
    """Return the plan of every question and the speed under it, by its key, measured by workers as they would train.

    Raises:
        ParibusError: what a network of the user's own raises.
    """
    found, measured = plans(pool, questions), {}
    asked = {each.key: each for each in questions if each.key in found}
    calls = [Call(key, timed, Timing(each, found[key].plan), own=each.own) for key, each in asked.items()]
    for answer in pool.ask(calls):
        if answer.error is not None:
            raise answer.error
        measured[answer.key] = found[answer.key], answer.value
    if any(each.key not in measured for each in questions):
        raise RunError("model", wrong="a process that measured the speed of a network ended before it was done")
    return measured


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
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
