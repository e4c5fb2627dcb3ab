"""How fast this machine is just now: a matrix product of 1024 x 1024 floats on one thread, and copies of memory.

python probe.py [floats ...]  prints GF/s, and GB/s (read and written) of copying arrays of so many floats.
"""

import json
import sys
import time

import numpy as np

SIDE = 1024
SECONDS = 0.15


def fastest(work):
    """Return the seconds of the fastest of the repetitions that fit into SECONDS."""
    best, until = float("inf"), time.perf_counter() + SECONDS
    while time.perf_counter() < until:
        begun = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begun)
    return best


def torch_product():
    import torch  # noqa: PLC0415  a second of import

    torch.set_num_threads(1)
    a, b, c = (torch.ones(SIDE, SIDE) for _ in range(3))
    return fastest(lambda: torch.mm(a, b, out=c))


def main():
    a, b, c = (np.ones((SIDE, SIDE), np.float32) for _ in range(3))
    work = 2 * SIDE**3 / 1e9
    found = {"numpy": work / fastest(lambda: np.matmul(a, b, out=c))}
    if sys.argv[1:]:
        found["torch"] = work / torch_product()
    copies = {}
    for floats in map(int, sys.argv[1:]):
        source, target = np.ones(floats, np.float32), np.ones(floats, np.float32)
        copies[floats] = 8 * floats / 1e9 / fastest(lambda s=source, t=target: np.copyto(t, s))
    print(json.dumps({"gflops": max(found.values()), **found, "copy_gb_per_second": copies}))


if __name__ == "__main__":
    main()
