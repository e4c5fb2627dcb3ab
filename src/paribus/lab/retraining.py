"""What was trained on other images, or from another file, than those of now: it is kept, and trained again."""

from collections.abc import Sequence

from paribus.lab.prepare import Prepared, PreparedRun
from paribus.store import Run

_ENDED = ("done", "diverged")


def trained_again(stored: Sequence[Run], prepared: Prepared, *, missing: Sequence[PreparedRun]) -> str:
    """Return a sentence about finished runs that are trained again, and why; empty for none.

    Args:
        stored: all runs of the study, those that it no longer asks for too.
        prepared: the study with its images as they are now.
        missing: the runs that are trained next.
    """
    now = {each.run.key: each for each in missing}
    ended = [(run, now[run.key]) for run in stored if run.state in _ENDED and run.key in now]
    images = {run.key for run, each in ended if run.data_fingerprint != prepared.data[each.data].fingerprint}
    # Of the same recipe, seed and images: what else an identity has is the file of the network.
    others = [(run, each) for run, each in ended if run.key not in images and run.id != each.id]
    files = {run.key: each.run.recipe.model.module for run, each in others}
    said = []
    if images:
        runs, are = _counted(len(images))
        said.append(
            f"the images are not those of the {runs} (another fingerprint): "
            f"{are} trained again on the images as they are now"
        )
    if files:
        runs, are = _counted(len(files))
        names = " and ".join(sorted({str(module).rpartition(":")[0] for module in files.values()}))
        said.append(f"{names} has changed since the {runs}: {are} trained again with the file as it is now")
    return "; ".join(said)


def _counted(count: int) -> tuple[str, str]:
    return ("1 finished run", "it is") if count == 1 else (f"{count:,} finished runs", "they are")
