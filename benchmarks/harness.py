"""Runs contenders: each a whole fresh process, A and B in turn, with the machine's own speed noted beside each."""

import contextlib
import functools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from tasks import Task

HERE = Path(__file__).parent
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
THREADS = (*THREADS, "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
ONE_THREAD_JAX = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": "", "PYTHONWARNINGS": "ignore"}
TAIL = 300  # characters of a failed contender's words


@dataclass(frozen=True, slots=True)
class Contender:
    """A script of contenders/, its task, and what it may use of the machine.

    Attributes:
        threads: None leaves it to the contender, as a user would.
        cores: of the machine; 0 is all of them.
        watched: whether the memory of all its processes is followed.
    """

    name: str
    script: str
    task: Task
    threads: int | None = None
    cores: int = 0
    backend: str = ""
    watched: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """Contenders that do the same work.

    Args:
        name: in tables.
        contenders: who takes part.
        copies: floats of the arrays whose copying is measured with it.
        planned: whether the first contender runs once before it counts, so that its plan is known.
    """

    name: str
    contenders: tuple[Contender, ...]
    copies: tuple[int, ...] = ()
    planned: bool = False


@dataclass(slots=True)
class Measurement:
    """One process from start to end. What it said of itself is in `found`; {} when it failed."""

    case: str
    contender: str
    repeat: int
    seconds: float = 0.0
    processor_seconds: float = 0.0
    peak_mib: float | None = None
    load: float = 0.0
    probe: dict = field(default_factory=dict)
    found: dict = field(default_factory=dict)
    error: str = ""

    @property
    def cold_seconds(self):
        """Wall seconds from process start to result; of the process inside, where a contender wraps one."""
        return self.found.get("cold_seconds", self.seconds)


@functools.cache
def compile_once(files):
    """Have Paribus compile what it keeps for all later starts on a machine; suite start measures that one."""
    task = Task(layers=("Flatten", "Linear(classes)"), batch=32, lr=0.1, steps=1, source="digits")
    found = Measurement("before everything", "Paribus, first start", 0)
    _launch(Contender("Paribus", "paribus_study", task), replace(task, folder=files.folder_of(task)), found)
    return f"  compiled once, not counted: {found.error or f'{found.seconds:.1f} s'}"


def measure(case, *, repeats, files, tell=print):
    """Run the contenders of a case in turn, `repeats` times; return the measurements."""
    made = []
    if any(each.script == "paribus_study" for each in case.contenders):
        tell(compile_once(files))
    if case.planned:
        first = case.contenders[0]
        once = Measurement(case.name, first.name, 0)
        _launch(first, replace(first.task, folder=files.folder_of(first.task)), once)
        tell(f"  its plan measured, not counted: {once.error or f'{once.seconds:.1f} s'}")
    for repeat in range(repeats):
        for contender in case.contenders:
            task = replace(contender.task, folder=files.folder_of(contender.task))
            found = Measurement(case.name, contender.name, repeat, load=os.getloadavg()[0])
            found.probe = probed(case.copies)
            _launch(contender, task, found)
            tell(_line(found))
            made.append(found)
    return made


def probed(copies=()):
    """Return the machine's speed on one core just now; see probe.py."""
    command = [sys.executable, str(HERE / "probe.py"), *map(str, copies)]
    with _pinned(1):
        done = subprocess.run(command, env=_environment(1), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def _launch(contender, task, found):
    """Run one contender to its end and fill in what was found."""
    command = [sys.executable, str(HERE / "contenders" / f"{contender.script}.py"), json.dumps(asdict(task))]
    environment = _environment(contender.threads)
    if contender.backend:
        environment["KERAS_BACKEND"] = contender.backend
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        begun = time.perf_counter()
        with _pinned(contender.cores):
            process = subprocess.Popen(command, env=environment, stdout=output, stderr=errors)
        watcher = Memory(process.pid) if contender.watched else None
        _, status, usage = os.wait4(process.pid, 0)
        found.seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        found.processor_seconds = usage.ru_utime + usage.ru_stime  # of children that it waited for, too
        found.peak_mib = watcher.peak_mib() if watcher else None
        output.seek(0)
        errors.seek(0)
        lines = output.read().splitlines()
        if process.returncode or not lines:
            found.error = f"exit code {process.returncode}: {errors.read().strip()[-TAIL:]}"
        else:
            found.found = json.loads(lines[-1])


def _environment(threads):
    """Return this environment with so many threads for every library, or with none settled."""
    environment = {**os.environ, **QUIET, "PYTHONPATH": str(HERE)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a user's Python keeps the modules that it has compiled
    for name in (*THREADS, "XLA_FLAGS"):
        environment.pop(name, None)
    if threads:
        environment |= dict.fromkeys(THREADS, str(threads))
    if threads == 1:
        environment["XLA_FLAGS"] = ONE_THREAD_JAX
    return environment


@contextlib.contextmanager
def _pinned(cores):
    """Keep what is started inside to so many cores, the last ones: the first also serves the system. 0 is all."""
    if not cores or not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(allowed)[-cores:])
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


class Memory(threading.Thread):
    """Follows the memory of a process and all its children: shared pages count once (Pss), ten times a second."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self._pid, self._peak, self._over = pid, 0, threading.Event()
        self.start()

    def run(self):
        while not self._over.wait(0.1):
            self._peak = max(self._peak, sum(map(_resident_kib, _family(self._pid))))

    def peak_mib(self):
        self._over.set()
        self.join()
        return self._peak / 1024


def _family(pid):
    """Return a process and its descendants."""
    found = [pid]
    for each in found:
        with contextlib.suppress(OSError):
            tasks = Path(f"/proc/{each}/task").iterdir()
            found += [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return found


def _resident_kib(pid):
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def _line(found):
    if found.error:
        return f"  {found.case} | {found.contender}: FAILED, {found.error}"
    rate, accuracy = found.found.get("images_per_second"), found.found.get("accuracy")
    said = f"{rate:,.0f} images/s, " if rate else ""
    said += f"accuracy {accuracy:.2%}, " if accuracy is not None else ""
    said += f"probe {found.probe['gflops']:.0f} GF/s, load {found.load:.1f}"
    return f"  {found.case} | {found.contender}: {found.cold_seconds:.1f} s, {said}"
