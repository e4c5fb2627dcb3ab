"""Paribus against what people use, side by side on this machine.

python benchmarks/run.py --only c1,c4 --repeats 5        or: make bench ONLY=c1,c4
python benchmarks/run.py --quick                         whether every contender works; the numbers mean nothing
"""

import argparse
import os
import shlex
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import machine
import tables
from harness import measure
from plain_files import PlainFiles
from suites import c1, c2, c3, c4, c5, c6, growth, limit, reports, start

from paribus.core import ParibusError

SUITES = {suite.NAME: suite for suite in (reports, c1, c2, c3, c4, c5, c6, limit, growth, start)}
HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Settings:
    """What suites may depend on. `epochs` None leaves a suite's own."""

    quick: bool
    epochs: int | None


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(SUITES), help=f"of {', '.join(SUITES)}; default: all")
    parser.add_argument("--case", default="", help="only cases whose name has this in it")
    parser.add_argument("--contender", default="", help="only contenders whose name has this in it")
    parser.add_argument("--quick", action="store_true", help="tiny amounts, once")
    parser.add_argument("--repeats", type=int, help="default: 3; 1 with --quick")
    parser.add_argument("--epochs", type=int, help="of the suites that say so: reports (1), c2 (5)")
    parser.add_argument("--out", type=Path, help="folder; default: benchmarks/results (with --quick: its quick)")
    chosen = parser.parse_args()
    chosen.only = [name for name in chosen.only.split(",") if name]
    unknown = sorted(set(chosen.only) - set(SUITES))
    if unknown:
        parser.error(f"no suite {', '.join(unknown)}; there are {', '.join(SUITES)}")
    chosen.repeats = chosen.repeats or (1 if chosen.quick else 3)
    chosen.out = chosen.out or HERE / "results" / ("quick" if chosen.quick else "")
    return chosen


def main():
    chosen = arguments()
    settings = Settings(quick=chosen.quick, epochs=chosen.epochs)
    about = {"repeats": chosen.repeats, "quick": chosen.quick, "command": shlex.join(["python", *sys.argv])}
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; results go to {chosen.out}", flush=True)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        files = PlainFiles(folder)
        try:
            for name in chosen.only:
                failed += compare(SUITES[name], settings, files=files, chosen=chosen, about=about)
        except ParibusError as error:  # the images are not here
            sys.exit(str(error))
    sys.exit(1 if failed else 0)


def compare(suite, settings, *, files, chosen, about):
    """Measure a suite, written down after every case; return how many processes failed."""
    print(f"\n{suite.NAME}: {suite.TITLE}", flush=True)
    about, made, text = {**machine.describe(), **about}, [], ""
    for case in suite.cases(settings):
        taken = tuple(each for each in case.contenders if chosen.contender in each.name)
        if chosen.case in case.name and taken:
            made += measure(replace(case, contenders=taken), repeats=chosen.repeats, files=files, tell=_tell)
            text = tables.write(chosen.out, suite, made, about=about, summary=suite.summary(made))
    print(f"\n{text}", flush=True)
    return sum(bool(each.error) for each in made)


def _tell(line):
    print(line, flush=True)


if __name__ == "__main__":
    main()
