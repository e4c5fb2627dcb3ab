"""Training what is missing: jobs to the workers, their records to the store, one commit point."""

import dataclasses
from collections.abc import Sequence

from paribus.core import EpochRecord, Outcome
from paribus.lab.crew import Crew
from paribus.lab.looking import last_epochs
from paribus.lab.plans import plans, question_of
from paribus.lab.prepare import Prepared, PreparedRun, describe_networks
from paribus.lab.progress import Watch
from paribus.lab.standing import board_of
from paribus.lab.tally import Tally
from paribus.store import RunDeclaration, Store
from paribus.train import Environment, Event, Job, Plan, Pool, Resume, Started


def declaration(prepared: Prepared, each: PreparedRun) -> RunDeclaration:
    """Return what the store is told of a run before anything of it is trained."""
    return RunDeclaration(
        id=each.id,
        key=each.run.key,
        condition=each.run.condition,
        seed=each.run.seed,
        recipe=each.run.recipe.model_dump_json(),
        streams=each.run.streams.vary,
        data_fingerprint=prepared.data[each.data].fingerprint,
    )


def train_all(store: Store, *, prepared: Prepared, missing: Sequence[PreparedRun], crew: Crew, watch: Watch) -> None:
    """Train every run of `missing`; the workers describe the networks first."""
    pool = crew.pool(missing=len(missing))
    describe_models(store, prepared, pool=pool)
    _train(pool, store, prepared=prepared, missing=missing, device=crew.device, watch=watch)


def _train(
    pool: Pool, store: Store, *, prepared: Prepared, missing: Sequence[PreparedRun], device: str, watch: Watch
) -> None:
    """Pass jobs to the workers and write down all they say; the driver alone writes."""
    by_id = {each.id: each for each in missing}
    tally = Tally(
        runs={each.id: each.run for each in missing},
        runs_total=len(prepared.runs),
        runs_done=len(prepared.runs) - len(missing),
        board=board_of(
            prepared.study,
            [each.run for each in prepared.runs],
            stored=store.reader.runs(),
            last=last_epochs(store.reader),
        ),
        split="validation" if any(any(facts.validation) for facts in prepared.data.values()) else "training",
    )
    steps_done: dict[str, int] = {}
    questions = {each.id: question_of(prepared, each, device=device) for each in missing}
    used = [Plan(**run.plan) for run in store.reader.runs() if run.plan is not None and run.state != "failed"]
    measured = plans(pool, questions.values(), used=used, watch=watch)

    def job(run: str) -> Job:
        each = by_id[run]
        found = measured.get(questions[run].key)
        plan = Plan(**store.start(run, dataclasses.asdict(found.plan if found else Plan(device=device))))
        point = store.state(run)
        steps_done[run] = point.step if point else 0
        return Job(
            run=run,
            recipe=each.run.recipe,
            streams=each.run.streams,
            images=prepared.images[each.data],
            base_dir=prepared.study.base_dir,
            plan=plan,
            source=each.source,
            resume=Resume(epoch=point.epoch, step=point.step, state=point.state) if point else None,
        )

    for each in missing:
        tally.plan(each.id, train_images=sum(prepared.data[each.data].train), steps_done=0)
    watch(tally.snapshot())
    for events in pool.train([each.id for each in missing], job=job):
        _write(store, events)
        for event in events:
            if isinstance(event, Started):
                tally.plan(event.run, train_images=event.train_images, steps_done=steps_done[event.run])
            watch(tally.hear(event))


def _write(store: Store, events: Sequence[Event]) -> None:
    """Write down what the workers said: all epochs that came together wait for the disk together."""
    for event in events:
        if isinstance(event, Environment):
            store.put_environment(dict(event.facts))
    epochs = [event for event in events if isinstance(event, EpochRecord)]
    if epochs:
        store.commit_epochs(epochs)
    for event in events:
        if isinstance(event, Outcome):
            store.finish(event)


def describe_models(store: Store, prepared: Prepared, *, pool: Pool | None = None) -> None:
    """Write down the parameter tables that the store does not have yet.

    Workers make those of layers, where there are any; else torch is imported here.

    Raises:
        ModelError: a network does not fit its images.
    """
    for key, made in describe_networks(prepared, pool=pool, but=store.reader.facts("model")):
        store.put_fact("model", key, dataclasses.asdict(made))
