"""Networks looked into, for a report: of the baseline, of the best condition, and of those that were asked for."""

from collections.abc import Mapping, Sequence

from paribus.core import Inside, Picture
from paribus.lab.examples import Opened, Selection, done_runs, opened, roles, selection
from paribus.lab.keeping import kept_pictures
from paribus.lab.matrices import table_of
from paribus.lab.naming import require_condition
from paribus.lab.results import Results
from paribus.report import Example, Inspection
from paribus.store import Run, StoreReader
from paribus.study import is_quick


def inspections(results: Results, store: StoreReader, *, asked: Sequence[str] = ()) -> tuple[Inspection, ...]:
    """Look into the baseline, the best condition, and those asked for; needs neither torch nor the images.

    Raises:
        StudyError: the study has no condition that was asked for.
    """
    for name in asked:
        require_condition(name, [each.name for each in results.conditions])
    always = roles(results)
    found = {**always, **{name: "asked for" for name in asked if name not in always}}
    return tuple(_inspection(results, store, name, role) for name, role in found.items() if _table(results, name))


def _table(results: Results, condition: str) -> Mapping[str, object]:
    """Return the data facts of a condition; empty before anything of it was written down."""
    facts: Mapping[str, object] = results.facts["data"].get(table_of(results, condition), {})
    return facts


def _inspection(results: Results, store: StoreReader, condition: str, role: str) -> Inspection:
    data = results.facts["data"][table_of(results, condition)]
    run = _shown(results, condition)
    inside = store.inside(run.id) if run.state == "done" else None
    found = opened(results, store, condition)
    picked = selection(found) if found is not None else Selection((), (), (), 0)
    pictures = kept_pictures(store, data["fingerprint"]) if found is not None else {}
    wrong, right, hard = (_examples(found, kind, pictures) for kind in (picked.wrong, picked.right, picked.hard))
    missing = len(picked.wrong + picked.right + picked.hard) - len(wrong + right + hard)
    notes = (
        _of_the_run(results, run, inside),
        _of_the_seal(results, found),
        _of_the_pictures(results, missing, pictures),
        _of_the_numbers(results, condition, found),
    )
    return Inspection(
        condition=condition,
        role=role,
        seed=run.seed,
        classes=tuple(data["classes"]),
        inside=inside or Inside(),
        histograms=store.histograms(run.id) if run.id else (),
        wrong=wrong,
        right=right,
        hard=hard,
        hard_total=picked.hard_total,
        confusion=found.confusion if found is not None else (),
        note=" ".join(note for note in notes if note),
    )


def _shown(results: Results, condition: str) -> Run:
    """Return the run that is shown: the first seed that is done, else the first one."""
    own = [run for run in results.runs if run.condition == condition]
    return (done_runs(results, condition) or own)[0]


def _examples(found: Opened | None, places: Sequence[int], pictures: Mapping[int, Picture]) -> tuple[Example, ...]:
    if found is None:
        return ()
    return tuple(
        Example(
            picture=pictures[place],
            predicted=int(found.predicted[place]),
            confidence=float(found.confidence[place]),
            right=int(found.right[place]),
            seeds=found.seeds,
        )
        for place in places
        if place in pictures
    )


def _of_the_run(results: Results, run: Run, inside: Inside | None) -> str:
    if inside is None:
        state = {"diverged": "every finished one diverged"}.get(run.state, f"the run of seed {run.seed} is {run.state}")
        return f"No run of this condition is done: {state}."
    if not inside.planes:
        module = next(each.recipe.model.module for each in results.conditions if each.name == run.condition)
        why = ", or the module does not take a few images by themselves" if module else ""
        return f"There are no filters and feature maps: no layer can be seen as images{why}."
    return ""


def _of_the_seal(results: Results, found: Opened | None) -> str:
    if found is not None:
        return ""
    if results.look is not None:
        return "Test images cannot be shown: no finished run, or no labels in the store."
    what = "test images, right and wrong, and the confusion matrix"
    if is_quick(results.study):
        return f"The test set of a quick study is never opened: {what} come with the full one."
    command = f"paribus reveal {results.directory} --reason TEXT" if results.complete else "paribus run"
    return f"The test set is sealed: {what} are shown once it is opened ({command})."


def _of_the_pictures(results: Results, missing: int, pictures: Mapping[int, Picture]) -> str:
    if not missing:
        return ""
    if not pictures:
        where = f"paribus run {results.directory}"
        return (
            "Test images cannot be shown: they were not on the machine that opened the test set. "
            f"Where they are, or after `paribus data get`, `{where}` keeps those that are needed; it trains nothing."
        )
    return f"{missing} more test images are not shown: the store keeps few, for the baseline and the best one first."


def _of_the_numbers(results: Results, condition: str, found: Opened | None) -> str:
    if found is None:
        return ""
    loss = next(each.recipe.train.loss for each in results.conditions if each.name == condition)
    notes = ["Its outputs are no probabilities (the loss is mse): they are cut to 0 to 1."] if loss == "mse" else []
    return " ".join([*notes, *([] if found.confusion else ["There are too many classes for a confusion matrix."])])
