"""Pictures of a comparison: the test images that a condition fixes and breaks."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from paribus.core import DataError, StudyError
from paribus.data import Block, Images, Row, source_status, write_sheet
from paribus.lab.comparison import Comparison
from paribus.lab.places import Place
from paribus.lab.prepare import Shelf
from paribus.lab.reading import read

_COLUMNS, _MOST_ROWS = 12, 10


def pictured(place: Place, found: Comparison, path: Path, *, data_dir: Path | None = None) -> bool:
    """Draw the images fixed and broken into a PNG; return whether there were any to draw.

    Raises:
        DataError: the images are not on this machine, or the file cannot be written.
        StudyError: the images are not those that the networks saw.
    """
    screen = found.screen
    if screen is None or not (screen.fixed or screen.broken):
        return False
    results = read(place.directory, place.study)
    recipe = next(each.recipe for each in results.conditions if each.name == found.condition)
    _refuse_to_download(recipe.data.source, data_dir=data_dir)
    images, _ = Shelf(results.study.base_dir, data_dir=data_dir).take(recipe.data)
    if images.fingerprint not in {facts["fingerprint"] for facts in results.facts["data"].values()}:
        raise StudyError(recipe.data.source, wrong="has other images now than those that were trained on")
    kinds = (("fixed: right in more seeds", screen.fixed), ("broken: right in fewer seeds", screen.broken))
    blocks = tuple(_block(f"{kind} with {found.condition}", which, images, found) for kind, which in kinds if which)
    write_sheet(path, blocks)
    return True


def _refuse_to_download(source: str, *, data_dir: Path | None) -> None:
    """Refuse to fetch a whole data set for a picture that nobody may have asked for."""
    for status in source_status(data_dir=data_dir):
        if status.name == source and not status.available:
            get = f"paribus data get {source}"
            raise DataError("data.source", wrong=f"the images of {source} are not on this machine", next_command=get)


def _block(title: str, which: Sequence[int], images: Images, found: Comparison) -> Block:
    """Return one kind of image, the clearest first, a row for each true class."""
    screen = found.screen
    assert screen is not None
    labels = images.test_labels[list(which)]
    rows = []
    for label in dict.fromkeys(labels.tolist()):
        own = [index for index, of in zip(which, labels, strict=True) if of == label][:_COLUMNS]
        counts = [f"{screen.right_base[index]}→{screen.right[index]}" for index in own]
        said = counts[0] if len(set(counts)) == 1 else f"{counts[0]} to {counts[-1]}"
        rows.append(Row(images.classes[label], np.stack([images.test_images[index] for index in own]), said))
    note = f"seeds that get it right, of {screen.n}: {found.baseline} → {found.condition}. {screen.reason}"
    return Block(title, note, tuple(rows[:_MOST_ROWS]))
