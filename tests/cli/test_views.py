"""What people read: nothing of it is trained here, or read from files."""

import io
from dataclasses import replace
from types import SimpleNamespace

import pytest
from rich.console import Console

from paribus.cli import live, printing, views
from paribus.core import DataFacts, LayerFact, ModelFacts
from paribus.lab import Check, Snapshot
from paribus.stats import RunTable, contrasts, describe, sentence
from paribus.study import expand, gallery_names, load_gallery, parse_study

STUDY = """
question = "Does it matter?"
data = { source = "digits" }
model = { layers = ["Conv2d(1, 8, 3)", "Flatten", "Linear(classes)", "Softmax(dim=1)"] }
train = { lr = 0.1, batch_size = 32, epochs = 1 }
vary = { train.lr = [0.1, 0.01], train.batch_size = [32, 64] }
design = { kind = "grid", seeds = 1 }
"""


@pytest.fixture
def printed(monkeypatch):
    """Return a function that gives the lines which a view prints: of a terminal of some width, or piped."""

    def lines(show, *arguments, width=None):
        file = io.StringIO()
        terminal = width is not None
        console = Console(file=file, force_terminal=terminal, width=width or 10_000, color_system=None, highlight=False)
        monkeypatch.setattr(printing, "stdout", console)
        show(*arguments)
        return file.getvalue().splitlines()

    return lines


@pytest.fixture
def check(tmp_path):
    """A small grid, as `paribus check` finds it."""
    study = parse_study(STUDY, name="tiny", base_dir=tmp_path)
    shapes = ((1, 1, 1), (1,), (10,), (10,))
    layers = tuple(
        LayerFact(name, shape, 0, "", 0) for name, shape in zip(study.base.model.layers, shapes, strict=True)
    )
    counts = {"train": (50, 50), "validation": (0, 0), "test": (10, 10)}
    data = DataFacts(
        "digits", ("0", "1"), (1, 8, 8), **counts, normalization="none", split="fixed", files=(), fingerprint="",
        test_fingerprint="",
    )  # fmt: skip
    conditions = expand(study)
    return Check(
        study=study,
        runs=len(conditions),
        models={each.name: ModelFacts(layers, 0, 0, "") for each in conditions},
        levels={each.name: dict(each.levels) for each in conditions},
        data=((data, tuple(each.name for each in conditions)),),
        seconds=1.0,
        memory_bytes=0,
        workers=1,
        power=(),
    )


@pytest.fixture
def results(tmp_path):
    """Return a function that gives the results of some accuracies, the first condition's the baseline."""

    def made(looks=1, **values):
        table = RunTable({name: dict(enumerate(runs)) for name, runs in values.items()}, next(iter(values)), 100)
        found = contrasts(table, smallest_effect=0.01)
        said = {each.condition: sentence(each, alpha=0.05, smallest_effect=0.01) for each in found}
        return SimpleNamespace(
            study=SimpleNamespace(name="tiny", question="Does it matter?", picks={}), judged=True, response="test",
            estimates=describe(table), contrasts=found, sentences=lambda: said, answer=lambda: "The answer.",
            choice=None, mixed="", look=object(), looks=looks, failed=(), directory=tmp_path, largest={},
        )  # fmt: skip

    return made


def test_check_names_design_conditions_and_what_is_missing(printed, check):
    said = "\n".join(printed(views.show_check, check))
    assert "4: 4 conditions x 1 seed; design: grid" in said
    assert "lr=0.1, batch_size=32 (baseline); lr=0.1, batch_size=64; lr=0.01, batch_size=32;" in said
    assert "no validation split: nothing can be chosen" in said
    assert "not declared: a fallback is used" in said
    assert "cross_entropy already applies log-softmax: remove Softmax" in said
    assert said.count("Conv2d(1, 8, 3) reads as 1 filter of 8 x 8, stride 3: input sizes are inferred") == 1


def test_check_is_silent_about_what_is_well(printed, check):
    layers = (LayerFact("Conv2d(8, 3)", (8, 6, 6), 0, "", 0), LayerFact("LogSoftmax(dim=1)", (10,), 0, "", 0))
    facts, users = check.data[0]
    sound = replace(
        check,
        models=dict.fromkeys(check.models, ModelFacts(layers, 0, 0, "")),
        data=((replace(facts, validation=(10, 10)), users),),
    )
    said = "\n".join(printed(views.show_check, sound))
    assert "note" not in said
    assert "nothing can be chosen" not in said


def test_verdicts_hang_in_a_terminal_and_are_one_line_each_in_a_pipe(printed, results):
    found = results(ReLU=(0.90, 0.91, 0.92), tanh=(0.91, 0.93, 0.92))
    piped = printed(views.show_results, found)
    assert [line for line in piped if line != line.rstrip()] == []
    (verdict,) = [line for line in piped if line.startswith("   undecided  tanh was ")]
    assert verdict.endswith(".")
    narrow = printed(views.show_results, found, width=60)
    start = next(index for index, line in enumerate(narrow) if line.startswith("   undecided  tanh was "))
    assert narrow[start + 1].startswith(" " * 14 + narrow[start + 1].strip()[:5])
    assert max(map(len, narrow)) <= 60


def test_a_reason_that_all_share_stands_once_below_the_table(printed, results):
    said = printed(views.show_results, results(a=(0.9,), b=(0.8,)))
    reason = "One seed: the spread between seeds is unknown, so there is no interval."
    assert [line for line in said if reason in line] == [reason]
    mixed = printed(views.show_results, results(a=(0.9,), b=(0.8, 0.9)))
    assert any(line.startswith("a ") and line.endswith(reason) for line in mixed)


def test_an_interval_beyond_all_accuracies_is_explained(printed, results):
    said = "A t interval knows no bounds"
    assert said in "\n".join(printed(views.show_results, results(a=(0.99, 0.90))))
    assert said not in "\n".join(printed(views.show_results, results(a=(0.50, 0.51, 0.52))))


def test_a_second_look_says_what_it_costs(printed, results):
    said = "the more looks, the less it proves"
    assert said not in "\n".join(printed(views.show_results, results(a=(0.5, 0.6))))
    assert said in "\n".join(printed(views.show_results, results(looks=2, a=(0.5, 0.6))))


def test_the_gallery_is_short_and_names_the_machine_once(printed):
    studies = [load_gallery(name) for name in gallery_names()]
    said = printed(views.show_gallery, studies, width=80)
    assert len(said) <= 3 * len(studies) + 2
    assert sum("AMD EPYC" in line for line in said) == 1


def test_progress_counts_what_is_done():
    assert live.describe(Snapshot(stage="training", runs_done=3, runs=12)).startswith("3 of 12 runs done")


def test_status_shows_a_finished_study_with_verdicts_and_a_grown_one_without(trained, paribus):
    folder, answer = trained
    said = paribus("status", "tiny.toml", cwd=folder).stdout
    first, second = answer["conditions"]
    assert "test accuracy" in said
    for each in (first, second):
        half = 100 * (each["interval"][1] - each["interval"][0]) / 2
        (line,) = [line for line in said.splitlines() if line.startswith(each["name"] + " ") and "/3" in line]
        assert f"{each['mean']:.2%} ± {half:.2f} pp" in line
    assert "   different  lr=0.01 was " in said
    assert "test set    opened" in said
    grown = paribus("status", "tiny.toml", "design.seeds=12", cwd=folder).stdout
    assert "validation accuracy" in grown
    assert " 3/12  " in grown
    assert "6 done, 18 waiting" in grown
    assert "different" not in grown
    assert "test set    sealed" in grown
