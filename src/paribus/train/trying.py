"""The process that tries whether a batch fits: two updates, a measurement and a state, as a training makes them.

Started as `python -m paribus.train.trying DESCRIPTOR`. It takes a size, says what became of it, and takes the next.
What it needs too much of is refused to it (on the CPU by the system, on a GPU by torch's allocator) before anything
else on the machine is short of memory; if the system has to end a process after all, it is this one.
"""

import contextlib
import gc
import sys
from multiprocessing.connection import Connection
from pathlib import Path

import torch

from paribus.core import ParibusError, StudyError
from paribus.data import Images, dark_share, open_images
from paribus.study import with_batch
from paribus.train.bench import EVALUATION_BATCH, Bench, Part, lay_out
from paribus.train.calibrate import candidates
from paribus.train.environment import settle
from paribus.train.evaluate import measure
from paribus.train.job import Plan
from paribus.train.largest import SHARE, Answer, Trial
from paribus.train.loop import path_of, train_epoch
from paribus.train.memory import is_out_of_memory, peak, reset_peak
from paribus.train.native_program import Unsupported

_WARM = 2  # images
_CONTEXT = 2**29  # bytes that CUDA itself takes in each further process, about


def main(descriptor: int) -> None:
    """Try one size after another until the driver closes its end of the connection."""
    connection: Connection = Connection(descriptor)
    _first_to_go()
    torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)  # its first use imports: not within the limit
    limit: int | None = None
    images: Images | None = None
    while True:
        try:
            trial, batch = connection.recv()
        except EOFError:
            return
        if images is None:
            images, limit = open_images(trial.images), _keep_within(trial)
            _answer(trial, min(batch, _WARM), images=images, limit=limit)  # a worker has trained before, too
        connection.send(_answer(trial, batch, images=images, limit=limit))


def _answer(trial: Trial, batch: int, *, images: Images, limit: int | None) -> Answer | ParibusError:
    device = torch.device(trial.device)
    try:
        reset_peak(device)
        for plan in _plans(trial, images):
            with contextlib.suppress(Unsupported):  # a path that does not take this network will not be chosen
                _use(trial, plan, batch, images)
        used = peak(device)
    except ParibusError as error:
        return error
    except Exception as error:  # noqa: BLE001  user code may raise anything
        if is_out_of_memory(error):
            return Answer(fits=False, why=str(error).partition("\n")[0], limit=limit)
        wrong = f'"largest": a batch of {batch:,} images cannot be trained: {type(error).__name__}: {error}'
        return StudyError("train.batch_size", wrong=wrong, allowed="a number that the network takes")
    finally:
        gc.collect()
    if used is not None and limit is not None and used > limit:
        return Answer(fits=False, why=f"{used:,} bytes, of {limit:,}", peak=used, limit=limit)
    return Answer(fits=True, peak=used, limit=limit)


def _plans(trial: Trial, images: Images) -> tuple[Plan, ...]:
    """Return the plans of each path that may need the most memory: which is chosen depends on speed.

    By tiles several threads have scratch, and lists where dark pixels are skipped; by a library one has patches.
    """
    found = candidates(trial.recipe, device=trial.device, dark=dark_share(images.train_images))
    native = [plan for plan in found if plan.path == "native"]
    skipping = [plan for plan in native if plan.linear == "sparse"]
    return tuple(dict.fromkeys([*(skipping or native[:1]), *native[-1:], found[-1]]))


def _use(trial: Trial, plan: Plan, batch: int, images: Images) -> None:
    """Do all that takes memory in a training: the second update has the optimizer's state beside its own needs."""
    settle(plan)
    recipe = with_batch(trial.recipe, batch)
    bench = lay_out(recipe, streams=trial.streams, images=images, base_dir=trial.base_dir, plan=plan)
    path, count = path_of(bench, threads=lambda: trial.cores), len(bench.parts["train"])
    two = count > batch + 1  # a second batch of a single image says nothing, and not every layer takes it
    for epoch, first in ((1, 0),) if two else ((1, 0), (2, 1)):
        train_epoch(path, epoch=epoch, first_step=first, steps=2 if two else 1)
    measure(path, _one_batch(bench))
    bench.save()


def _one_batch(bench: Bench) -> Part:
    test = bench.parts["test"]
    return Part(test.images, test.labels, test.index[: EVALUATION_BATCH[test.index.device.type]])


def _keep_within(trial: Trial) -> int | None:
    """Have more memory than a worker may take refused to this process; return how much that is."""
    device = torch.device(trial.device)
    if device.type == "cpu":
        if trial.limit is not None:
            _refuse_beyond(trial.limit)
        return trial.limit
    free, total = torch.cuda.mem_get_info(device)
    others = trial.workers - 1
    limit = trial.limit if trial.limit is not None else int(SHARE * (free - others * _CONTEXT) / trial.workers)
    torch.cuda.set_per_process_memory_fraction(min(1.0, max(0.0, limit / total)), device)
    return limit


def _refuse_beyond(limit: int) -> None:
    """Have the system refuse private memory beyond a limit; what is mapped but never touched does not count."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  not on Windows

    with contextlib.suppress(OSError, ValueError):
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        most = limit + _untouched()
        resource.setrlimit(resource.RLIMIT_DATA, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _untouched() -> int:
    """Return how many bytes of private memory are mapped and not used (Linux)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    found = {line.partition(":")[0]: int(line.split()[1]) * 1024 for line in lines if line.endswith("kB")}
    return max(0, found["VmData"] - found["RssAnon"])


def _first_to_go() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")  # proc(5)


if __name__ == "__main__":
    main(int(sys.argv[1]))
