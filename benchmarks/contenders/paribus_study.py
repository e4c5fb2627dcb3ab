"""Paribus as it is used: a study file, `paribus run`, and its own records.

Images a second in training come from what Paribus stored for each epoch. Variants: "speed" measures the training alone,
too, and takes them from there; "uncached" starts without code that was compiled before; "first" measures the seconds
from process start to the first update.
"""

import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from contest import given
from tasks import CLASSES

WORKERS, TIMES = 3, 3  # of measurements of speed
# A study run as a notebook would, which notes when its first images have been trained on.
FIRST = """
import sys, time, pathlib, paribus
seen = []
def watch(snapshot):
    if snapshot.images_done and not seen:
        seen.append(time.time())
paribus.run(sys.argv[1], folder=pathlib.Path(sys.argv[2]), workers=int(sys.argv[3]), report=False, watch=watch)
print(seen[0])
"""


def toml(value):
    """Return a plain value as TOML: of these, only what is none and tables differ from JSON."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + " }"
    return json.dumps(value)


def study_file(task):
    """Return the task as the text of a study file."""
    normalize = {"mean": [task.standardize[0]], "std": [task.standardize[1]]} if task.standardize else False
    data = {"source": task.source, "validation": task.validation, "normalize": normalize}
    if task.train_images:
        data["train_images"] = task.train_images
    train = {"optimizer": task.optimizer, "lr": task.lr, "batch_size": task.batch, "loss": task.loss}
    train |= {"steps": task.steps} if task.steps else {"epochs": task.epochs}
    train |= {"momentum": task.momentum} if task.optimizer == "SGD" else {"betas": task.betas}
    if task.schedule:
        train["schedule"] = task.schedule
    if task.augment:
        train["augment"] = ["RandomCrop(32, padding=4)", "RandomHorizontalFlip"]
    tables = {"data": data, "model": {"layers": task.layers}, "train": train}
    if task.rates:
        tables["vary"] = {'"train.lr"': task.rates}
    tables["design"] = {"seeds": task.seeds, "smallest_effect": "1pp"}
    lines = ['question = "How fast is it?"']
    for name, table in tables.items():
        lines += ["", f"[{name}]", *(f"{key} = {toml(value)}" for key, value in table.items())]
    return "\n".join(lines) + "\n"


def run(task, folder):
    """Run the study in a fresh process; return its JSON, its wall seconds, its epochs (epoch, seconds) and its plan."""
    path = folder / "measured.toml"
    path.write_text(study_file(task))
    command = [sys.executable, "-m", "paribus", "run", str(path), "--no-report", "--json"]
    command += ["--workers", str(task.workers), "--dir", str(folder / "studies")]
    environment = os.environ | ({"NUMBA_CACHE_DIR": str(folder / "compiled")} if task.variant == "uncached" else {})
    begun = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begun
    if done.returncode:
        sys.exit(done.stderr)
    found = json.loads(done.stdout)
    database = Path(found["directory"]) / "study.db"
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        epochs = connection.execute("SELECT epoch, train_seconds FROM epochs WHERE epoch > 0").fetchall()
        (plan,) = connection.execute("SELECT plan FROM runs WHERE plan IS NOT NULL").fetchone()
    return found, seconds, epochs, json.loads(plan)


def first_update(task, folder):
    """Return the seconds from the start of a process to its first update."""
    path = folder / "first.toml"
    path.write_text(study_file(task))
    command = [sys.executable, "-c", FIRST, str(path), str(folder / "first"), str(task.workers)]
    begun = time.time()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return float(done.stdout) - begun


def speed(task, plan):
    """Return images a second of one worker in training, the median of several measurements of half a second each.

    It is measured in workers, whose memory is set up as that of those that train, in more than one of them: where a
    process's memory comes to lie makes a difference.

    Args:
        task: what was trained.
        plan: how the study's runs were trained, as it was stored with them.
    """
    from paribus.core import Streams  # noqa: PLC0415  after the study, whose cold start is measured
    from paribus.data import describe_data, load_images  # noqa: PLC0415
    from paribus.study import load_study  # noqa: PLC0415
    from paribus.train import Call, Plan, Pool, Question, Timing, timed  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "measured.toml"
        path.write_text(study_file(task))
        recipe = load_study(path).base
    dark = describe_data(load_images(recipe.data), recipe.data, streams=Streams(0)).dark  # as many of the random images
    question = Question(recipe, task.shape, CLASSES, Path(), "cpu", "", dark)
    found = []
    for _ in range(WORKERS):
        with closing(Pool(workers=1)) as pool:
            calls = [Call(str(number), timed, Timing(question, Plan(**plan))) for number in range(TIMES)]
            found += [answer.value.training for answer in pool.ask(calls)]
    return statistics.median(found)


def main():
    task = given()
    with tempfile.TemporaryDirectory() as folder:
        found, seconds, epochs, plan = run(task, Path(folder))
        seconds = first_update(task, Path(folder)) if task.variant == "first" else seconds
    runs = found["runs"]
    warm = [each for epoch, each in epochs if epoch > 1] or [each for _, each in epochs]
    in_study = task.images * len(warm) / max(sum(warm), 1e-9) if not task.steps else None
    accuracies = [each["test_accuracy"] for each in runs if each["test_accuracy"] is not None]
    result = {
        "accuracy": sum(accuracies) / len(accuracies) if accuracies else None,
        "models": len(runs),
        "cold_seconds": seconds,
        "images_per_second": in_study * min(task.workers, len(runs)) if in_study else None,
        "warm": len(warm) < len(epochs),
        "images": task.images * len(epochs),
        "plan": plan,
        "states": sorted({each["state"] for each in runs}),
    }
    if task.variant == "speed":
        result |= {"images_per_second_in_study": in_study, "images_per_second": speed(task, plan), "warm": True}
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
