"""What a reader should know beside the numbers: model files that were edited since, looks for another analysis."""

from paribus.core import ModelError
from paribus.lab.results import Results


def notes(results: Results) -> tuple[str, ...]:
    """Return sentences; empty when there is nothing to say."""
    return (*_findings(results), *_edited_models(results), *_other_looks(results))


def _findings(results: Results) -> list[str]:
    return [f"{each['evidence']}. Fix: {each['fix']}" for each in results.findings if each["severity"] != "note"]


def _edited_models(results: Results) -> list[str]:
    own = {each.name: each.recipe.model for each in results.conditions if each.recipe.model.module is not None}
    if not own:
        return []
    from paribus.lab.prepare import model_source  # noqa: PLC0415  pillow and more, which most studies do not need

    users = results.facts["study"]["models"]
    trained = {name: results.facts["model"][key]["source"] for key, names in users.items() for name in names}
    found = []
    for name, spec in own.items():
        try:
            now = model_source(spec, base_dir=results.study.base_dir)
        except ModelError:  # the directory was copied to where the file is not: nothing can be said
            continue
        if name in trained and trained[name] != now:
            file = (spec.module or "").rpartition(":")[0]
            found.append(f"{file} was edited after {name} was trained: `paribus run` trains {name} anew.")
    return found


def _other_looks(results: Results) -> list[str]:
    if results.look is not None or not results.looks:
        return []
    times = "once" if results.looks == 1 else f"{results.looks} times"
    said = f"This test set was opened {times} in this folder of studies, but not for these runs and this analysis: "
    return [said + "opening it again is another look, and is counted."]
