"""A contender's side: the task it is given, the images, a stopwatch for epochs, and the line of JSON at the end."""

import contextlib
import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np
from tasks import Task


def given():
    """Return the task on the command line."""
    return Task(**json.loads(sys.argv[1]))


def arrays(task):
    """Return float32 images [N, C, H, W] as the network gets them, and labels: training, then test."""
    folder, found = Path(task.folder), []
    for part in ("train", "test"):
        pixels = np.load(folder / f"{part}_images.npy").astype(np.float32)
        pixels /= 255.0
        if task.standardize:
            pixels -= task.standardize[0]
            pixels /= task.standardize[1]
        found += [pixels, np.load(folder / f"{part}_labels.npy")]
    return found


class Laps:
    """Wall and processor seconds of the training part of each epoch, with the images that it trained on."""

    def __init__(self):
        self.laps = []
        self._begun = None

    @contextlib.contextmanager
    def lap(self, images, *, model=0, epoch=0):
        """Time a block as one epoch of one model; the first epoch of the first model warms up and compiles."""
        self.start()
        yield
        self.stop(images, warm=bool(model or epoch))

    def start(self):
        self._begun = time.perf_counter(), time.process_time()

    def stop(self, images, *, warm):
        wall, processor = time.perf_counter() - self._begun[0], time.process_time() - self._begun[1]
        self.laps.append((images, wall, processor, warm))

    def result(self):
        """Return images a second: the median of warm epochs, where there are any."""
        chosen = [lap for lap in self.laps if lap[3]] or self.laps
        return {
            "images_per_second": statistics.median(images / wall for images, wall, *_ in chosen),
            "images_per_processor_second": statistics.median(images / max(cpu, 1e-9) for images, _, cpu, _ in chosen),
            "warm": any(lap[3] for lap in self.laps),
            "images": sum(lap[0] for lap in self.laps),
        }


def finish(laps, accuracies, **extra):
    """Print the result: the last line of a contender's output."""
    found = {"accuracy": float(np.mean(accuracies)), "models": len(accuracies), **laps.result(), **extra}
    print(json.dumps(found), flush=True)
