"""The workers of a session.

Neither NumPy nor what reads images is imported here: workers are started first, and import torch while the driver
imports the rest.
"""

import os

from paribus.train import Pool


def worker_count(device: str, *, wanted: int | None, missing: int) -> int:
    """Return how many processes train: one per core on the CPU, one on a GPU, never more than runs are missing."""
    return max(1, min(wanted or (_cores() if device == "cpu" else 1), missing))


def core_count(device: str, *, wanted: int | None) -> int:
    """Return how many cores all workers may use together, where `wanted` of them are asked for."""
    return min(wanted or _cores(), _cores()) if device == "cpu" else 1


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Crew:
    """Workers for one session: started when there is something to train, kept for what is asked for after that.

    Args:
        device: where runs are trained.
        workers: processes; by default as `worker_count` says.
    """

    def __init__(self, *, device: str, workers: int | None) -> None:
        self.device, self._wanted = device, workers
        self._pool: Pool | None = None
        self._size = 0

    def pool(self, *, missing: int) -> Pool:
        """Return a pool that is large enough for so many runs."""
        size = worker_count(self.device, wanted=self._wanted, missing=missing)
        if self._pool is None or size > self._size:
            self.close()
            self._pool, self._size = Pool(workers=size, cores=core_count(self.device, wanted=self._wanted)), size
        return self._pool

    def close(self) -> None:
        """End the workers, if any were started."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None
