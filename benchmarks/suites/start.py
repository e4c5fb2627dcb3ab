"""What it costs to begin: a study of one update, and one more run when the worker is warm."""

import statistics
from dataclasses import replace

from harness import Case, Contender
from tables import by_contender
from tasks import TINY_MLP, Task

NAME = "start"
TITLE = "Start: from the command to the end of a study of one update"
NOTE = (
    "MLP with 32 units, one update of 32 images, one worker, data in the cache. So the seconds are those of "
    "the start, of one update, of measuring the network on its training and test images, and of storing it "
    "all. A further run: (seconds of 2 N runs less seconds of N) / N. To the first update: from the start of a process "
    "that calls `paribus.run` to the first images trained on (its processor seconds are of a whole study and of that); "
    "beside it a process that does no more than import torch and numba and load a function that numba has kept. "
    "What is compiled once for a machine is compiled, but for the last case; the plan, measured once for a recipe, is "
    "known."
)
RUNS = 20
FIRST, IMPORTS = "to the first update", "torch, numba and one kept function"


def cases(settings):
    runs = 2 if settings.quick else RUNS
    made = []
    for source in ("digits", "mnist"):
        task = Task(layers=TINY_MLP, batch=32, lr=0.1, steps=1, source=source, standardize=(0.5, 0.5))
        counts = (1, runs, 2 * runs)
        contenders = [Contender(f"{n} runs", "paribus_study", replace(task, seeds=n)) for n in counts]
        contenders.append(Contender(FIRST, "paribus_study", replace(task, seeds=1, variant="first")))
        contenders.append(Contender(IMPORTS, "imports", task))
        made.append(Case(source, tuple(contenders), planned=True))
    first = replace(task, source="digits", variant="uncached")
    made.append(Case("digits, nothing compiled before", (Contender("1 runs", "paribus_study", first),)))
    return made


def summary(made):
    lines = []
    for case in dict.fromkeys(each.case for each in made):
        found = {name: each for name, each in by_contender(made, case).items() if each}
        seconds = {
            int(name.split()[0]): statistics.median(m.cold_seconds for m in each)
            for name, each in found.items()
            if name.endswith("runs")
        }
        if len(seconds) == 3:
            few, many = sorted(seconds)[1:]
            further = (seconds[many] - seconds[few]) / (many - few)
            lines.append(
                f"- {case}: one run {seconds[1]:.2f} s; each further run in a warm worker {further * 1000:.0f} ms"
            )
    return lines
