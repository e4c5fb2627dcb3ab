"""The real command on the embedded digits, as a user types it."""

import json
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from processes import alive, descendants

KEYS = {"study", "directory", "report", "response", "largest", "runs", "tuning", "tuned", "conditions", "contrasts",
        "choice", "looks", "findings", "verified"}  # fmt: skip
RUN_KEYS = {
    "condition", "seed", "state", "epochs", "train_accuracy", "validation_accuracy", "test_accuracy", "train_loss",
    "test_loss", "seconds", "peak_memory_bytes", "weights_sha256",
}  # fmt: skip


def test_run_answers_with_verdicts_a_choice_and_one_look(trained):
    _, answer = trained
    assert set(answer) == KEYS
    assert answer["response"] == "test"
    assert answer["looks"] == 1
    assert [set(run) for run in answer["runs"]] == [RUN_KEYS] * 6
    assert {run["state"] for run in answer["runs"]} == {"done"}
    assert len({run["weights_sha256"] for run in answer["runs"]}) == 6
    fast, slow = answer["conditions"]
    assert fast["mean"] > 0.75 > slow["mean"]
    (contrast,) = answer["contrasts"]
    assert contrast["verdict"] == "different"
    by_seed = {(run["condition"], run["seed"]): run["test_accuracy"] for run in answer["runs"]}
    differences = [by_seed[slow["name"], seed] - by_seed[fast["name"], seed] for seed in range(3)]
    assert contrast["difference"] == pytest.approx(sum(differences) / 3)
    means = {}
    for run in answer["runs"]:
        means.setdefault(run["condition"], []).append(run["validation_accuracy"])
    assert answer["choice"]["condition"] == max(means, key=lambda name: sum(means[name]))


def test_run_again_trains_nothing_and_does_not_look_again(trained, paribus, same_bits):
    folder, answer = trained
    started = _orders(answer["directory"], folder)
    again = paribus("run", "tiny.toml", "--json", "--no-report", cwd=folder)
    assert again.returncode == 0, again.stderr
    assert same_bits(json.loads(again.stdout)) == same_bits(answer)
    assert json.loads(again.stdout)["looks"] == 1
    assert _orders(answer["directory"], folder) == started


def test_an_added_seed_and_level_train_only_what_is_new_and_count_a_second_look(trained, paribus, tmp_path):
    folder, answer = trained
    shutil.copytree(folder, tmp_path / "copy")
    more = ["design.seeds=4", "vary.train.lr=[0.1, 0.01, 0.03]"]
    done = paribus("run", "tiny.toml", *more, "--json", "--no-report", cwd=tmp_path / "copy")
    assert done.returncode == 0, done.stderr
    grown = json.loads(done.stdout)
    assert Path(grown["directory"]).name == Path(answer["directory"]).name
    assert len(grown["runs"]) == 12
    assert grown["looks"] == 2
    old = {(run["condition"], run["seed"]): run["weights_sha256"] for run in answer["runs"]}
    new = {run["weights_sha256"] for run in grown["runs"]}
    assert set(old.values()) < new
    assert "[7/12]" in done.stderr
    assert "[6/12]" not in done.stderr


def test_killed_and_run_again_it_ends_with_the_same_bits(trained, environment, place, paribus, same_bits):
    _, answer = trained
    for wait_for in (1, 5, 11):  # committed epochs
        process = _start(environment, place)
        _until_epochs(place, wait_for, process)
        process.kill()
        process.communicate()
    done = paribus("run", "tiny.toml", "--json", "--no-report", cwd=place)
    assert done.returncode == 0, done.stderr
    assert same_bits(json.loads(done.stdout)) == same_bits(answer)


def test_one_worker_or_three_the_bits_are_the_same(trained, place, paribus, same_bits):
    _, answer = trained
    done = paribus("run", "tiny.toml", "--workers", "3", "--json", "--no-report", cwd=place)
    assert same_bits(json.loads(done.stdout)) == same_bits(answer)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_within_three_seconds_and_says_how_to_go_on(environment, place, number):
    process = _start(environment, place, "train.epochs=5000")
    _until_epochs(place, 2, process)
    workers = descendants(process.pid)
    assert workers
    asked = time.monotonic()
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert time.monotonic() - asked < 3
    assert process.returncode == 130
    assert "paribus run tiny.toml --no-report train.epochs=5000" in said
    assert "Traceback" not in said
    assert not alive(workers)


def test_sealed_until_revealed(place, paribus):
    sealed = json.loads(paribus("run", "tiny.toml", "--sealed", "--json", cwd=place).stdout)
    assert sealed["response"] == "validation"
    assert sealed["looks"] == 0
    assert sealed["choice"] is None
    assert {run["test_accuracy"] for run in sealed["runs"]} == {None}
    report = Path(place, sealed["report"]).read_text(encoding="utf-8")
    assert "sealed" in report
    done = paribus("reveal", sealed["directory"], "--reason", "the design is final", "--json", cwd=place)
    opened = json.loads(done.stdout)
    assert opened["response"] == "test"
    assert opened["looks"] == 1
    assert all(run["test_accuracy"] > 0 for run in opened["runs"])


def test_quick_never_opens_the_test_set(place, paribus):
    answer = json.loads(paribus("run", "tiny.toml", "--quick", "--json", "--no-report", cwd=place).stdout)
    assert answer["response"] == "validation"
    assert answer["looks"] == 0
    assert {run["test_accuracy"] for run in answer["runs"]} == {None}


def test_a_diverged_run_is_an_outcome_and_not_chance_accuracy(place, paribus):
    overrides = ["train.loss=mse", "vary.train.lr=[0.1, 1e9]", "design.seeds=2"]
    done = paribus("run", "tiny.toml", *overrides, "--json", "--no-report", cwd=place)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    lost = [run for run in answer["runs"] if run["state"] == "diverged"]
    assert [run["condition"] for run in lost] == [answer["conditions"][1]["name"]] * 2
    assert {(run["test_accuracy"], run["validation_accuracy"], run["weights_sha256"]) for run in lost} == {(None,) * 3}
    assert answer["contrasts"][0]["verdict"] == "diverged"
    assert answer["contrasts"][0]["p"] is None
    assert answer["choice"]["condition"] == "lr=0.1"
    assert answer["conditions"][1]["mean"] is None


def test_the_report_is_rebuilt_without_torch_and_without_data(trained, environment, tmp_path):
    folder, answer = trained
    copy = tmp_path / "elsewhere"
    shutil.copytree(folder / answer["directory"], copy)
    (copy / "report.html").unlink()
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("raise ImportError('no torch here')", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "paribus", "report", copy], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**environment, "PYTHONPATH": str(tmp_path), "PARIBUS_CACHE": str(tmp_path / "empty")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rebuilt = (copy / "report.html").read_text(encoding="utf-8")
    first = (folder / answer["directory"] / "report.html").read_text(encoding="utf-8")
    assert _timeless(rebuilt) == _timeless(first)
    assert (copy / "tables" / "contrasts.csv").exists()
    assert list((copy / "figures").glob("*.svg"))


def test_status_and_check_say_what_they_promise(trained, paribus):
    folder, answer = trained
    status = json.loads(paribus("status", answer["directory"], "--json", cwd=folder).stdout)
    assert set(status) == KEYS
    assert status["runs"] == answer["runs"]
    check = json.loads(paribus("check", "tiny.toml", "--json", cwd=folder).stdout)
    assert check["runs"] == 6
    first = check["conditions"][0]
    assert first["parameters"] == 64 * 16 + 16 + 16 * 10 + 10
    assert [layer["sum"] for layer in first["layers"] if layer["parameters"]] == ["64*16 + 16", "16*10 + 10"]
    assert check["estimate"]["seconds"] > 0
    every = json.loads(paribus("status", "--json", cwd=folder).stdout)
    assert [each["runs"] for each in every["studies"]] == [answer["runs"]]
    listed = paribus("status", cwd=folder).stdout
    assert "tiny" in listed
    assert "6 done" in listed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "quickstrat"], "quickstart"),
        (["run", "tiny.toml", "train.epoch=3"], "train.epochs"),
        (["run", "tiny.toml", "data.source=mnist"], "data.source=digits"),
        (["check", "tiny.toml", "model.layers=['Flatten', 'Liner(10)']"], "Linear"),
        (["report", "tiny.toml", "train.lr=0.2", "--dir", "my studies"], "is varied"),
        (["report", "tiny.toml", "train.epochs=2", "--dir", "x y"], "paribus run tiny.toml train.epochs=2 --dir 'x y'"),
        (["new", "no-such-folder/mine"], "No such file or directory"),
        (["new", ""], "is no name"),
        (["run", "tiny.toml", "--dir", "tiny.toml/studies"], "Not a directory"),
        (["run", "tiny.toml", "--device", "cuda:99"], "cpu"),
    ],
)
def test_a_mistake_is_one_paragraph_that_names_the_fix(place, paribus, words, said):
    done = paribus(*words, cwd=place)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(place.glob("paribus-studies/*"))


def test_a_directory_that_lost_its_study_file_is_named_and_the_others_are_listed(trained, paribus, tmp_path):
    folder, answer = trained
    shutil.copytree(folder, tmp_path / "copy")
    shutil.copytree(tmp_path / "copy" / answer["directory"], tmp_path / "copy" / "paribus-studies" / "lost")
    (tmp_path / "copy" / "paribus-studies" / "lost" / "study.toml").unlink()
    listed = paribus("status", cwd=tmp_path / "copy")
    assert listed.returncode == 0
    assert "6 done" in listed.stdout
    assert "study.toml is missing" in listed.stderr


def test_lists_are_one_object_and_the_version_is_told(paribus, tmp_path):
    assert json.loads(paribus("gallery", "--json", cwd=tmp_path).stdout)["studies"][0]["name"]
    assert json.loads(paribus("data", "--json", cwd=tmp_path).stdout)["sources"][0]["source"]
    assert re.fullmatch(r"paribus \d+\.\d+.*\n", paribus("--version", cwd=tmp_path).stdout)
    assert "Start with:  paribus run quickstart" in paribus(cwd=tmp_path).stderr


def _start(environment, place, *overrides):
    return subprocess.Popen(
        [sys.executable, "-m", "paribus", "run", "tiny.toml", "--no-report", *overrides],
        cwd=place, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def _until_epochs(place, wanted, process):
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        if sum(_orders(path.parent, Path()) for path in place.glob("paribus-studies/*/study.db")) >= wanted:
            return
        time.sleep(0.01)


def _orders(directory, folder):
    """Count the epochs that are committed; asks SQLite itself, read-only."""
    try:
        with sqlite3.connect(f"file:{folder / directory / 'study.db'}?mode=ro", uri=True, timeout=10) as file:
            count = file.execute("SELECT count(*) FROM epochs").fetchone()[0]
        file.close()
    except sqlite3.OperationalError:
        return 0
    return count


def _timeless(report):
    head, _, rest = report.partition("<!-- times:begin -->")
    return head + rest.partition("<!-- times:end -->")[2]
