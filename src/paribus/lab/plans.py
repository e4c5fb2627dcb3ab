"""How each run will be executed: kept plans, and measurements of what nobody has measured on this machine."""

import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version

from paribus.core import RunError, digest
from paribus.data import keep, kept
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
    found = {key: plan for key in asked if (plan := _kept(key)) is not None}
    open_ones = [each for key, each in asked.items() if key not in found]
    if open_ones:  # the very first time on a machine, compiling takes half a minute
        watch(Snapshot("measuring how these networks train fastest here (kept for the next time)"))
    calls = [Call(each.key, planned, each, own=each.own) for each in open_ones]
    for answer in pool.ask(calls):
        if isinstance(answer.value, Planned):  # else the training itself will say what is wrong
            found[answer.key] = answer.value
            if not asked[answer.key].own:  # what such a file imports may change without it
                keep("plans", _name(answer.key), json.dumps(as_plain(answer.value)))
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


def _name(key: str) -> str:
    machine = [platform.machine(), platform.processor(), platform.node(), os.cpu_count()]
    versions = [platform.python_version(), *(version(name) for name in ("torch", "numpy", "scipy", "numba"))]
    return f"{digest([key, machine, versions])}.json"


def _kept(key: str) -> Planned | None:
    try:
        return from_plain(json.loads(kept("plans", _name(key)) or ""))
    except (ValueError, TypeError, KeyError, AssertionError):
        return None  # never kept, or by something else: it is measured again
