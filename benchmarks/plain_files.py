"""The same images for everybody: what Paribus's reader finds, written once as plain arrays."""

import functools
from pathlib import Path

import numpy as np

from paribus.core import Streams
from paribus.data import load_images, split_images
from paribus.study import DataSpec


class PlainFiles:
    """Folders of plain files in a temporary place, one for each selection of images.

    Each has .npy files, uint8 [N, C, H, W] and int64 [N], and the same as raw bytes with the channels last, as the
    published files of such data sets have them without their headers.
    """

    def __init__(self, root):
        self._root = Path(root)

    def folder_of(self, task):
        """Return the folder of a task's images; written when it is asked for first."""
        folder = self._root / f"{task.source}-{task.validation}-{task.train_images or 'all'}"
        if not folder.exists():
            self._write(task, folder)
        return str(folder)

    def _write(self, task, folder):
        images = _loaded(task.source)
        spec = DataSpec(source=task.source, validation=task.validation, train_images=task.train_images)
        taken = split_images(images, spec, streams=Streams(0)).train  # the images that Paribus will train on
        folder.mkdir()
        for part, pixels, labels in (
            ("train", images.train_images[taken], images.train_labels[taken]),
            ("test", images.test_images, images.test_labels),
        ):
            np.save(folder / f"{part}_images.npy", pixels)
            np.save(folder / f"{part}_labels.npy", labels)
            np.ascontiguousarray(pixels.transpose(0, 2, 3, 1)).tofile(folder / f"{part}-images.raw")
            labels.astype(np.uint8).tofile(folder / f"{part}-labels.raw")


@functools.cache
def _loaded(source):
    return load_images(DataSpec(source=source))
