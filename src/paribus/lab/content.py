"""Results as a report shows them: everything that `report` renders, and the figures of the Python interface."""

import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from paribus.core import DataFacts, FileFact, LayerFact, ModelFacts, StudyError, nearest
from paribus.figures import (
    BatchRow,
    CurveRow,
    batches_data,
    curves_data,
    differences_data,
    dots_data,
    draw_differences,
    draw_dots,
    draw_lines,
)
from paribus.lab.analysing import Analysis, analyses
from paribus.lab.inspecting import inspections
from paribus.lab.level_values import level_values
from paribus.lab.numerics import values_of
from paribus.lab.results import Results, chosen, response_note
from paribus.lab.sampling import samples
from paribus.lab.settling import looks_of
from paribus.report import (
    Choice,
    DataEntry,
    ModelEntry,
    Part,
    PublishedRow,
    ReportContent,
    RunRow,
    RunTime,
    Times,
    write,
)
from paribus.store import Epoch, Run, StoreReader, open_reader
from paribus.study import Recipe


def write_report(results: Results, *, inside: Sequence[str] = ()) -> Path:
    """Write report.html, figures and tables into the study's directory; return the report's path."""
    with open_reader(results.directory) as store:
        made = content(results, store, inside=inside)
    return write(made, directory=results.directory)


def content(results: Results, store: StoreReader, *, inside: Sequence[str] = ()) -> ReportContent:
    """Fill in a report; `inside` names conditions to look into, beside the baseline and the best one."""
    choice = chosen(results)
    margin, margin_note = results.margin
    return ReportContent(
        name=results.study.name,
        question=results.study.question,
        notes=results.study.notes,
        takes=results.study.takes,
        answer=(results.answer(),),
        response="test" if results.response == "test" else "validation",
        response_note=response_note(results),
        looks=results.looks,
        baseline=results.conditions[0].name,
        conditions=results.estimates,
        levels={each.name: {**each.levels, **results.study.picks.get(each.name, {})} for each in results.conditions},
        contrasts=results.contrasts,
        sentences=results.sentences(),
        smallest_effect=margin,
        smallest_effect_note=margin_note,
        alpha=results.study.design.alpha,
        runs=tuple(_run_row(results, run) for run in results.runs),
        curves=curves(results, store),
        batches=batches(results, store),
        models=_models(results),
        data=_data(results),
        settings=shared_settings([each.recipe for each in results.conditions]),
        environment=_environment(results),
        study_file=results.study.text,
        version=_version(),
        published=_published(results),
        choice=Choice(*choice) if choice else None,
        times=_times(results, store),
        findings=results.findings,
        parts=tuple(_part(each) for each in analyses(results, store)),
        inspections=inspections(results, store, asked=inside),
        samples=samples(results, store),
        judged_at=looks_of(results.study) or (),
        values=level_values(results),
    )


def _part(found: Analysis) -> Part:
    table = found.table
    columns, rows = (table.columns, tuple(table.rows)) if table else ((), ())
    return Part(found.title, found.explained, found.sentences, columns, rows, timed=found.timed)


def curves(results: Results, store: StoreReader) -> tuple[CurveRow, ...]:
    """Return every epoch of every run; test values only after a look."""
    names = {run.id: run for run in results.runs}
    opened = {(each.run, each.epoch): each for epochs in results.test.values() for each in epochs}
    rows = []
    for epoch in store.epochs():
        run = names.get(epoch.run)
        if run is not None:
            test = opened.get((epoch.run, epoch.epoch))
            rows.append(_curve_row(run, epoch, test.test_loss if test else None, test.test_accuracy if test else None))
    return tuple(rows)


def batches(results: Results, store: StoreReader) -> tuple[BatchRow, ...]:
    """Return every update's loss and accuracy, without an unfinished last epoch, of which there are losses only."""
    rows = []
    for run in (each for each in results.runs if each.id):
        parts = [part for part in store.batches(run.id) if len(part.accuracies) == len(part.losses)]
        losses = [value for part in parts for value in part.losses]
        accuracies = [value for part in parts for value in part.accuracies]
        if losses:
            rows.append(BatchRow(run.condition, run.seed, losses, accuracies))
    return tuple(rows)


def figure(results: Results, name: str) -> Any:
    """Return a figure of the study as an Altair chart, by the name of its file in figures/."""
    with open_reader(results.directory) as store:
        rows, updates = curves(results, store), batches(results, store)
    lost = {(run.condition, run.seed) for run in results.runs if run.state == "diverged"}
    margin, response = results.margin[0], f"{results.response} accuracy"
    drawings: dict[str, Callable[[], Any]] = {
        "dots": lambda: draw_dots(dots_data(results.estimates, response)),
        "differences": lambda: draw_differences(
            differences_data(results.contrasts, smallest_effect=margin, alpha=results.study.design.alpha)
        ),
        "loss": lambda: draw_lines(curves_data(rows, metric="loss", diverged=lost)),
        "accuracy": lambda: draw_lines(curves_data(rows, metric="accuracy", diverged=lost)),
        "batch-loss": lambda: draw_lines(batches_data(updates, metric="loss")),
        "batch-accuracy": lambda: draw_lines(batches_data(updates, metric="accuracy")),
    }
    if name not in drawings:
        raise StudyError(
            "figure", wrong=f"no figure {name!r}", allowed=", ".join(drawings), nearest=nearest(name, drawings)
        )
    return drawings[name]()


def shared_settings(recipes: Sequence[Recipe]) -> dict[str, object]:
    """Return recipe path -> value for what all conditions have in common."""
    flat = [_flat(recipe.model_dump(mode="json")) for recipe in recipes]
    return {path: value for path, value in flat[0].items() if all(path in o and o[path] == value for o in flat)}


def model_facts(stored: Mapping[str, Any]) -> ModelFacts:
    """Return model facts as they were before they were stored."""
    layers = tuple(LayerFact(**{**layer, "output_shape": tuple(layer["output_shape"])}) for layer in stored["layers"])
    return ModelFacts(**{**stored, "layers": layers})


def data_facts(stored: Mapping[str, Any]) -> DataFacts:
    """Return data facts as they were before they were stored."""
    names = [field.name for field in fields(DataFacts) if isinstance(stored.get(field.name), list)]
    tuples = {name: tuple(stored[name]) for name in names}
    return DataFacts(**{**stored, **tuples, "files": tuple(FileFact(**each) for each in stored["files"])})


def _flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            flat.update(_flat(value, f"{prefix}{key}."))
        elif value is not None:
            flat[prefix + key] = value
    return flat


def _curve_row(run: Run, epoch: Epoch, test_loss: float | None, test_accuracy: float | None) -> CurveRow:
    return CurveRow(
        condition=run.condition,
        seed=run.seed,
        epoch=epoch.epoch,
        step=epoch.step,
        train_loss=epoch.train_loss,
        clean_loss=epoch.clean_loss,
        clean_accuracy=epoch.clean_accuracy,
        running_accuracy=epoch.running_accuracy,
        validation_loss=epoch.validation_loss,
        validation_accuracy=epoch.validation_accuracy,
        test_loss=test_loss,
        test_accuracy=test_accuracy,
    )


def _run_row(results: Results, run: Run) -> RunRow:
    epoch = results.last.get(run.id) if run.state != "diverged" else None
    opened = results.test.get(run.id) if run.state == "done" else None
    return RunRow(
        condition=run.condition,
        seed=run.seed,
        state=run.state,
        epochs=run.epochs,
        message=run.message,
        train_accuracy=epoch.clean_accuracy if epoch else None,
        validation_accuracy=epoch.validation_accuracy if epoch else None,
        test_accuracy=results.test_accuracy(run),
        train_loss=epoch.train_loss if epoch else None,
        validation_loss=epoch.validation_loss if epoch else None,
        test_loss=opened[-1].test_loss if opened else None,
    )


def _models(results: Results) -> tuple[ModelEntry, ...]:
    users = results.facts["study"]["models"]
    return tuple(ModelEntry(model_facts(facts), tuple(users[key])) for key, facts in results.facts["model"].items())


def _data(results: Results) -> tuple[DataEntry, ...]:
    users = results.facts["study"]["data"]
    return tuple(DataEntry(data_facts(facts), tuple(users[key])) for key, facts in results.facts["data"].items())


def _published(results: Results) -> tuple[PublishedRow, ...]:
    metrics = ("test_accuracy", "test_loss", "train_accuracy", "train_loss")
    return tuple(
        PublishedRow(condition=each.condition, metric=metric, value=getattr(each, metric), source=each.source)
        for each in results.study.published
        for metric in metrics
        if getattr(each, metric) is not None
    )


def _environment(results: Results) -> dict[str, object]:
    """Return what the numbers depend on; where that differs, what was trained in what."""
    found = {name: " / ".join(values) for name, values in values_of(results.numerics).items()}
    return {"mixed numerics": results.mixed, **found} if results.mixed else {**found}


def _times(results: Results, store: StoreReader) -> Times:
    images: dict[str, float] = {}
    seconds: dict[str, float] = {}
    recipes = {(each.name): each.recipe for each in results.conditions}
    for epoch in store.epochs():
        seconds[epoch.run] = seconds.get(epoch.run, 0.0) + epoch.train_seconds
    for run in results.runs:
        images[run.id] = run.steps * recipes[run.condition].train.batch if run.steps else 0
    rows = tuple(
        RunTime(
            condition=run.condition,
            seed=run.seed,
            seconds=run.seconds,
            images_per_second=images[run.id] / seconds[run.id] if seconds.get(run.id) else None,
            peak_memory_bytes=run.peak_memory_bytes,
        )
        for run in results.runs
    )
    facts: dict[str, object] = {
        "directory": str(results.directory),
        "host": platform.node(),
        "report written": time.strftime("%Y-%m-%d %H:%M %Z"),
        "training time of all runs": f"{sum(row.seconds for row in rows):,.0f} s",
    }
    if results.tuning:
        facts["training time of tuning"] = f"{sum(run.seconds for run in results.tuning):,.0f} s"
    if results.look is not None:
        facts["test set opened"] = results.look.at
    return Times(facts=facts, runs=rows)


def _version() -> str:
    from importlib.metadata import version  # noqa: PLC0415

    return version("paribus")
