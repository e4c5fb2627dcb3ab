"""What a study will do, found out without training it: networks, runs, time, memory, and what its seeds can show."""

import dataclasses
import math
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paribus.core import DataFacts, ModelFacts
from paribus.lab.largest_words import largest_sentences
from paribus.lab.places import STUDIES, placed
from paribus.lab.progress import Snapshot, Watch, watch_nothing
from paribus.study import Recipe, Study, expand, possible, tuning_runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paribus.data import Finding
    from paribus.lab.prepare import Prepared, PreparedRun
    from paribus.study import Run
    from paribus.train import Planned, Pool, Speed

_START_SECONDS = 4.0  # of the workers: importing torch
_SEARCH = 20.0  # seconds: a larger batch than what is found by then is left to `run`


@dataclass(frozen=True, slots=True)
class TrainedBy:
    """How a network will be trained here.

    Attributes:
        path: "native", compiled code, or "reference", PyTorch's own layers.
        why: why not by compiled code, as half a sentence; empty for "native".
        images_per_second: of one worker, updates only.
    """

    path: str
    why: str
    images_per_second: float

    def sentence(self) -> str:
        """Return it in a sentence."""
        how = "native (compiled)" if self.path == "native" else f"plain torch, because {self.why}"
        return f"{how}; about {float(f'{self.images_per_second:.2g}'):,.0f} images/s in one worker"


@dataclass(frozen=True)
class Check:
    """A study, looked at before it is trained.

    Attributes:
        study: the study.
        runs: number of runs, the most where seeds are added; those on which settings are tuned included.
        models: condition -> its network.
        levels: condition -> {recipe path: label}.
        data: facts of each data table that the conditions use, with the conditions.
        seconds: estimated time for all runs.
        memory_bytes: estimated memory of all workers together.
        workers: processes that the estimate assumes.
        power: what this number of seeds can and cannot show, in sentences.
        findings: what speaks against the images as they are; duplicates are looked for where that is quick.
        largest: which batch "largest" is, in sentences.
        paths: condition -> how its network will be trained on this machine.
    """

    study: Study
    runs: int
    models: dict[str, ModelFacts]
    levels: dict[str, dict[str, str]]
    data: tuple[tuple[DataFacts, tuple[str, ...]], ...]
    seconds: float
    memory_bytes: int
    workers: int
    power: tuple[str, ...]
    findings: "tuple[Finding, ...]" = ()
    largest: tuple[str, ...] = ()
    paths: dict[str, TrainedBy] = dataclasses.field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        """Return the check as the command prints it with --json."""
        batches = {each.name: each.recipe.train.batch_size for each in expand(self.study)}
        conditions = [
            {
                "name": name,
                "levels": levels,
                "batch_size": batches[name],
                "parameters": self.models[name].parameters,
                "path": dataclasses.asdict(self.paths[name]) if name in self.paths else None,
                "layers": [_layer(layer) for layer in dataclasses.asdict(self.models[name])["layers"]],
            }
            for name, levels in self.levels.items()
        ]
        estimate = {"seconds": self.seconds, "bytes": self.memory_bytes}
        findings = [{**dataclasses.asdict(each), "muted": False} for each in self.findings]
        return {"runs": self.runs, "conditions": conditions, "estimate": estimate, "findings": findings}


def check(
    study: Study | str | Path,
    *,
    data_dir: Path | None = None,
    device: str = "cpu",
    workers: int | None = None,
    measure: bool = True,
    watch: Watch = watch_nothing,
) -> Check:
    """Validate a study against its data and networks, and estimate what it takes; trains nothing that is kept.

    Args:
        study: the study, or where it is.
        data_dir: where to look for data files first.
        device: where it would be trained.
        workers: processes that would train.
        measure: False leaves out what takes seconds to measure: time, memory and paths are 0, 0 and empty.
        watch: is told what is being done.
    """
    from paribus.lab.crew import worker_count  # noqa: PLC0415
    from paribus.lab.finding import data_findings  # noqa: PLC0415
    from paribus.lab.largest import find_largest  # noqa: PLC0415
    from paribus.lab.prepare import Shelf, prepare  # noqa: PLC0415
    from paribus.train import Pool, check_precision, settle_device  # noqa: PLC0415

    place = placed(study, folder=STUDIES)
    study, device = place.study, settle_device(device)
    check_precision(possible(study), device=device)
    shelf = Shelf(study.base_dir, data_dir=data_dir, tell=lambda told: watch(Snapshot(told.what, reading=told)))
    found = find_largest(
        study, directory=place.directory, shelf=shelf, device=device, workers=workers, watch=watch,
        seconds=_SEARCH if measure else 0.0,
    )  # fmt: skip
    study = found.study
    conditions, compared, tuning = expand(study), _compared(study), tuning_runs(study)
    seconds, memory, paths = 0.0, 0, dict[str, TrainedBy]()
    with Pool(workers=1) if measure else nullcontext() as pool:  # it imports torch while images are read
        prepared = prepare(study, compared, shelf=shelf)
        models = _models(prepared, pool=pool)
        count = worker_count(device, wanted=workers, missing=len(tuning) + len(prepared.runs))
        if pool is not None:
            watch(Snapshot("measuring the speed"))
            seconds, memory, paths = _estimate(prepared, pool=pool, device=device, workers=count)
    users: dict[str, list[str]] = {}
    for each in _first_seed(prepared):
        users.setdefault(each.data, []).append(each.run.condition)
    return Check(
        study=study,
        runs=len(tuning) + len(conditions) * study.design.most_seeds,
        models=models,
        levels={each.name: dict(each.levels) for each in conditions},
        data=tuple((prepared.data[key], tuple(names)) for key, names in users.items()),
        seconds=seconds,
        memory_bytes=memory,
        workers=count,
        power=_power(prepared, comparisons=len(conditions) - 1),
        findings=tuple(dict.fromkeys(each for some in data_findings(prepared, shelf).values() for each in some)),
        largest=largest_sentences(study, found.facts),
        paths=paths,
    )


def _compared(study: Study) -> "Sequence[Run]":
    """Return the compared runs, as they would be with the first of the tuned values."""
    from paribus.lab.settling import settle  # noqa: PLC0415

    return settle(study, dict.fromkeys((run.key for run in tuning_runs(study)), None)).compared


def _power(prepared: "Prepared", *, comparisons: int) -> tuple[str, ...]:
    """Return what the seeds can and cannot show, in sentences."""
    from paribus.lab.settling import looks_of  # noqa: PLC0415
    from paribus.stats import can_show, can_show_sequential, smallest_effect  # noqa: PLC0415  scipy

    design, looks = prepared.study.design, looks_of(prepared.study)
    margin, _ = smallest_effect(design.smallest_effect, images=_judged(prepared))
    if looks is None:
        return can_show(design.most_seeds, contrasts=comparisons, alpha=design.alpha, smallest_effect=margin)
    return can_show_sequential(looks, contrasts=comparisons, alpha=design.alpha, smallest_effect=margin)


def _models(prepared: "Prepared", *, pool: "Pool | None") -> dict[str, ModelFacts]:
    from paribus.lab.prepare import describe_networks  # noqa: PLC0415

    known = dict(describe_networks(prepared, pool=pool))
    return {each.run.condition: known[each.model] for each in _first_seed(prepared)}


def _estimate(
    prepared: "Prepared", *, pool: "Pool", device: str, workers: int
) -> tuple[float, int, dict[str, TrainedBy]]:
    """Return seconds, bytes and paths, from a moment of updates of each network and batch size on random images."""
    from paribus.lab.plans import question_of, speeds_of  # noqa: PLC0415
    from paribus.train import images_measured, total_steps  # noqa: PLC0415

    first = _first_seed(prepared)
    questions = {each.run.condition: question_of(prepared, each, device=device) for each in first}
    speeds = speeds_of(pool, list(questions.values()))
    total, paths = 0.0, {}
    for each in first:
        recipe, facts = each.run.recipe, prepared.data[each.data]
        found, speed = speeds[questions[each.run.condition].key]
        paths[each.run.condition] = _trained_by(found, speed, recipe=recipe, device=device)
        images = sum(facts.train)
        seen = total_steps(recipe.train, images=images) * min(recipe.train.batch, images)
        others = sum(facts.validation) + sum(facts.test)
        measured = images_measured(recipe.train, images=images, others=others)
        total += seen / speed.training + measured / speed.measuring
    peak = max(speed.peak_memory_bytes or 0 for _, speed in speeds.values())
    design, tuned = prepared.study.design, [len(levels) for levels in prepared.study.tune.values()]
    budget = design.most_seeds + (math.prod(tuned) * design.tune_seeds if tuned else 0)
    return _START_SECONDS + total * budget / workers, peak * workers, paths


def _trained_by(found: "Planned", speed: "Speed", *, recipe: Recipe, device: str) -> TrainedBy:
    """Return the path of a plan, and what speaks against the compiled one."""
    if found.plan.path == "native":
        why = ""
    elif found.reason:
        why = found.reason
    elif device != "cpu":
        why = f"compiled code is for the CPU, and the device is {device}"
    elif recipe.train.precision != "float32":
        why = f"compiled code is in float32, and the precision is {recipe.train.precision}"
    else:
        why = "compiled code was measured, and is not faster here"
    return TrainedBy(found.plan.path, why, speed.training)


def _first_seed(prepared: "Prepared") -> "list[PreparedRun]":
    """Return one run of each condition."""
    return list({each.run.condition: each for each in reversed(prepared.runs)}.values())[::-1]


def _judged(prepared: "Prepared") -> int:
    return min(sum(facts.test) for facts in prepared.data.values())


def _layer(layer: dict[str, Any]) -> dict[str, Any]:
    kept = {key: layer[key] for key in ("name", "output_shape", "parameters", "sum")}
    return {**kept, "multiply_adds": layer["multiply_adds"]}
