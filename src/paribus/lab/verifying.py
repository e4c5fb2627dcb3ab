"""The user's own proof: one finished run, taken at random, is trained again by the reference loop and compared."""

import dataclasses
import secrets
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from statistics import stdev

import numpy as np
import numpy.typing as npt

from paribus.core import EpochRecord, Outcome, RunError, StudyError
from paribus.lab.prepare import Prepared, Shelf, prepare
from paribus.lab.progress import Watch
from paribus.lab.results import Results
from paribus.lab.tally import Tally
from paribus.lab.verified import Accuracies, Losses, Verified
from paribus.store import Run, StoreReader, open_reader
from paribus.study import Run as StudyRun
from paribus.study import runs, tuning_runs
from paribus.train import Environment, Job, Plan, Pool, settle_device, weights_difference

_UPDATES = 50  # so few that rounding has not grown yet
_TOLERANCES = {"float32": 1e-3, "tf32": 1e-2, "bfloat16": 3e-2}  # about 10^4 roundings, and few of the coarse ones
_SMALL_LOSS = 1e-2  # what is smaller is compared with this: subtractions have left it few digits of its own


@dataclass(slots=True)
class _Again:
    """What the second training has left behind."""

    records: list[EpochRecord] = field(default_factory=list)  # without states
    outcome: Outcome | None = None
    environment: str = ""


def verify(results: Results, *, shelf: Shelf, device: str, watch: Watch) -> Verified | None:
    """Train one finished run again by the reference loop, and compare; nothing is written.

    Args:
        results: of the study, with test values only where the test set has been opened.
        shelf: has its images.
        device: where to train if the run's own device is not there.
        watch: is told how far it is.

    Returns:
        the comparison; None where no run is done.

    Raises:
        StudyError: the images or the network's file are no longer those that the run was trained with.
    """
    done = [run for run in (*results.tuning, *results.runs) if run.state == "done"]
    if not done:
        return None
    row = secrets.choice(done)
    prepared = prepare(results.study, (_asked(results, row),), shelf=shelf)
    if prepared.runs[0].id != row.id:
        wrong = "its images, or the file of its network, have changed since it was trained"
        raise StudyError(f"{row.condition}, seed {row.seed}", wrong=wrong, allowed="what it was trained with")
    stored = Plan(**(row.plan or {}))
    # What decides about the bits of the plain loop is kept from the stored plan.
    plan = Plan(device=_device(stored, device), threads=stored.threads, memory_format=stored.memory_format)
    again = _train(prepared, plan=plan, watch=watch)
    with open_reader(results.directory) as store:
        return _compare(results, store, row, prepared=prepared, again=again, plan=plan)


def _asked(results: Results, row: Run) -> StudyRun:
    """Return a run as the study asks for it."""
    asked = tuning_runs(results.study) if row in results.tuning else runs(results.study)
    return next(run for run in asked if run.key == row.key)


def _device(stored: Plan, device: str) -> str:
    """Return the stored run's device if this machine has it, else the one that the user has named."""
    try:
        return settle_device(stored.device)
    except RunError:
        return device


def _train(prepared: Prepared, *, plan: Plan, watch: Watch) -> _Again:
    """Train the one run, alone, from its beginning; keep all it says."""
    (each,) = prepared.runs
    tally = Tally(runs={each.id: each.run}, runs_total=1, runs_done=0)
    tally.plan(each.id, train_images=sum(prepared.data[each.data].train), steps_done=0)
    job = Job(
        run=each.id,
        recipe=each.run.recipe,
        streams=each.run.streams,
        images=prepared.images[each.data],
        base_dir=prepared.study.base_dir,
        plan=plan,
        source=each.source,
    )
    again = _Again()
    with closing(Pool(workers=1)) as pool:
        watch(dataclasses.replace(tally.snapshot(), stage="verifying"))
        for event in (event for events in pool.train([each.id], job=lambda _: job) for event in events):
            if isinstance(event, Environment):
                again.environment = event.digest
            elif isinstance(event, EpochRecord):
                again.records.append(dataclasses.replace(event, state=b""))
            elif isinstance(event, Outcome):
                again.outcome = event
            # It is no run of the study: that it has ended is told by the comparison.
            watch(dataclasses.replace(tally.hear(event), stage="verifying", ended=None))
    return again


def _compare(
    results: Results, store: StoreReader, row: Run, *, prepared: Prepared, again: _Again, plan: Plan
) -> Verified:
    outcome, recipe, stored = again.outcome, prepared.runs[0].run.recipe, Plan(**(row.plan or {}))
    assert outcome is not None
    weights, new = store.weights(row.id), outcome.weights
    environments = {epoch.environment for epoch in store.epochs(row.id)}
    return Verified(
        condition=row.condition,
        seed=row.seed,
        stored=stored,
        again=plan,
        ended=_ended(outcome),
        losses=_losses(store, row, again, tolerance=_TOLERANCES[recipe.train.precision]),
        accuracies=tuple(_accuracies(results, row, prepared, again.records[-1])) if outcome.state == "done" else (),
        identical=new == weights,
        promised=stored == plan and plan.device == "cpu" and environments == {again.environment},
        weights_difference=None if new is None else weights_difference(weights, new),
        own=recipe.model.module is not None,
    )


def _ended(outcome: Outcome) -> str:
    if outcome.state == "done":
        return ""
    how = "it diverged" if outcome.state == "diverged" else "it failed"
    return f"when it was trained again {how}: {outcome.message}"


def _losses(store: StoreReader, row: Run, again: _Again, *, tolerance: float) -> Losses:
    by_epoch = [np.asarray(each.losses, dtype=np.float64) for each in store.batches(row.id)]
    stored = np.concatenate(by_epoch)
    new = np.frombuffer(b"".join(each.batch_losses for each in again.records), dtype="<f4").astype(np.float64)
    updates = min(len(stored), len(new))
    apart = _relative(stored[:updates], new[:updates])
    compared = min(_UPDATES, len(by_epoch[0]), updates)
    above = np.flatnonzero(apart > tolerance)
    return Losses(
        compared=compared,
        largest=float(apart[:compared].max()) if compared else None,
        tolerance=tolerance,
        parted=int(above[0]) + 1 if len(above) else None,
        updates=len(stored),
    )


def _relative(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return |difference| / larger of the two, value by value; infinity where one is no number."""
    scale = np.maximum(np.maximum(np.abs(one), np.abs(other)), _SMALL_LOSS)
    with np.errstate(invalid="ignore"):
        apart = np.abs(one - other) / scale
    return np.where(np.isfinite(apart), apart, np.inf)


def _accuracies(results: Results, row: Run, prepared: Prepared, last: EpochRecord) -> Iterator[Accuracies]:
    """Yield final accuracies beside their spread over seeds; of the test set nothing unless it has been opened."""
    group = results.tuning if row in results.tuning else results.runs
    peers = [run for run in group if run.condition == row.condition and run.state == "done"]
    facts, stored = prepared.data[prepared.runs[0].data], results.last[row.id]
    trained = [results.last[run.id].clean_accuracy for run in peers]
    sd = _sd(trained)
    yield Accuracies("training", stored.clean_accuracy, last.clean_accuracy, sd, len(peers), sum(facts.train))
    if stored.validation_accuracy is not None and last.validation_accuracy is not None:
        sd, images = _sd([results.validation_accuracy(run) for run in peers]), sum(facts.validation)
        yield Accuracies("validation", stored.validation_accuracy, last.validation_accuracy, sd, len(peers), images)
    opened = results.test_accuracy(row)
    if opened is not None and last.test_accuracy is not None:
        sd, images = _sd([results.test_accuracy(run) for run in peers]), sum(facts.test)
        yield Accuracies("test", opened, last.test_accuracy, sd, len(peers), images)


def _sd(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return stdev(known) if len(known) > 1 else None
