import math
import re
import runpy
from dataclasses import replace
from statistics import mean, stdev
from types import SimpleNamespace

import pytest
import torch
from house import ROOT
from scipy import stats

from paribus import lab
from paribus.study import directory_name, expand, gallery_names, load_gallery

PAGE = ROOT / "docs" / "lab-reports.md"


@pytest.fixture(scope="module")
def script():
    return SimpleNamespace(**runpy.run_path(str(ROOT / "docs" / "lab_reports.py")))


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    """A gallery study, trained for an epoch on the digits, its test set closed."""
    words = ("data.source=digits", "data.resize=28", "data.validation=0.2", "train.batch_size=256")
    study = lab.load("mnist-cnn-final", *words, "train.epochs=1", "design.seeds=2")
    return lab.run(study, folder=tmp_path_factory.mktemp("studies"), workers=1, sealed=True, report=False)


@pytest.fixture(scope="module")
def softmaxed(tmp_path_factory):
    """The study of the softmax in the wrong place, trained for an epoch on the digits, its test set opened."""
    words = ("data.source=digits", "data.resize=28", "data.validation=0.2", "train.epochs=1", "design.seeds=1")
    study = lab.load("mnist-double-softmax", *words)
    return lab.run(study, folder=tmp_path_factory.mktemp("studies"), workers=1, report=False)


def test_agreement_is_a_prediction_interval_for_one_more_seed(script):
    values = [0.9712, 0.9735, 0.9701, 0.9722]
    n = len(values)
    half = stats.t.ppf(0.975, n - 1) * stdev(values) * math.sqrt(1 + 1 / n)
    runs = dict(enumerate(values))
    for published, agrees in [(mean(values) + half - 1e-6, True), (mean(values) + half + 1e-3, False)]:
        row = script.Row("base", "test_accuracy", published, runs)
        ours, width, verdict = script.compare(row)
        assert ours == pytest.approx(mean(values))
        assert width == pytest.approx(stats.t.ppf(0.975, n - 1) * stdev(values) / math.sqrt(n))
        assert verdict is agrees
        _, _, verdict = script.compare(replace(row, comparable=False))
        assert verdict is None, "another recipe: neither yes nor no"


def test_a_number_printed_with_two_digits_agrees_within_its_rounding(script):
    runs = {0: 0.5662, 1: 0.5664}
    for digits, agrees in [(2, True), (4, False)]:
        assert script.compare(script.Row("CNN", "test_accuracy", 0.57, runs, digits=digits))[2] is agrees
    assert script.published_line(script.Row("CNN", "test_accuracy", 0.57, {}, digits=2))[2] == "57 %"


@pytest.mark.parametrize(
    ("runs", "seeds"), [({}, ""), ({0: 0.97}, "1"), ({0: 0.97, 1: None, 2: 0.98}, "3, 1 diverged")]
)
def test_too_few_seeds_or_a_diverged_one_agree_with_nothing(script, runs, seeds):
    row = script.Row("base", "test_accuracy", 0.97, runs)
    _, half, agrees = script.compare(row)
    assert script.seeds(row) == seeds
    assert half is None
    assert agrees is None


def test_sealed_test_values_stay_out_of_the_table(script, sealed):
    # Overrides of the recipe took the published numbers away: they belong to the gallery's own.
    study = replace(sealed.study, published=load_gallery("mnist-cnn-final").published)
    cells = {row.metric: script.published_line(row) for row in script.rows(study, sealed)}
    assert cells["test_accuracy"][2:6] == ("97.5 %", "", "", "")
    assert "sealed" in script.evidence(study, sealed)
    trained = mean(epoch.clean_accuracy for epoch in sealed.last.values())
    assert cells["train_accuracy"][3] == f"{trained:.2%}".replace("%", " %")
    opened = lab.reveal(sealed.directory, reason="the test of the table")
    cells = {row.metric: script.published_line(row) for row in script.rows(study, opened)}
    tested = mean(epochs[-1].test_accuracy for epochs in opened.test.values())
    assert cells["test_accuracy"][3] == f"{tested:.2%}".replace("%", " %")
    assert cells["test_accuracy"][5] == "2"


def test_numbers_of_single_epochs_are_the_stored_ones(script, sealed, monkeypatch):
    told = script.Told(
        holds=[], epochs={"train_loss": {"base": {"1": 0.5, "9": 0.1}}, "test_loss": {"base": {"1": 0.5}}}
    )
    monkeypatch.setitem(script.STUDIES, sealed.study.name, told)
    (_, first), (_, later), (_, tested) = script.curve_rows(sealed.study, sealed)
    assert first.values == {run.seed: sealed.last[run.id].train_loss for run in sealed.runs}
    assert later.values == {}
    assert tested.values == {}, "sealed"
    opened = lab.status(sealed.directory) if sealed.look else lab.reveal(sealed.directory, reason="the test of curves")
    *_, (_, tested) = script.curve_rows(sealed.study, opened)
    assert tested.values == {run.seed: opened.test[run.id][1].test_loss for run in opened.runs}


def test_a_study_with_other_settings_is_found_says_so_and_gets_no_verdict(script, sealed):
    folder = sealed.directory.parent
    made = script.section("mnist-cnn-final", folder)
    assert "`paribus run mnist-cnn-final data.source=digits" in made
    assert "train.epochs=1 design.seeds=2`" in made
    assert script.OTHER_RECIPE in made
    found = list(script.rows(load_gallery("mnist-cnn-final"), script.find(folder, load_gallery("mnist-cnn-final"))))
    assert [len(row.values) for row in found if row.metric == "train_accuracy"] == [2]
    assert not any(script.published_line(row)[6] for row in found)
    # The same rows of a study whose recipe is the published one: its verdicts come back.
    assert any(
        script.published_line(row)[6] for row in script.rows(replace(sealed.study, published=published()), sealed)
    )
    assert script.OTHER_RECIPE not in script.evidence(sealed.study, sealed)


def published():
    return load_gallery("mnist-cnn-final").published


def test_a_study_as_it_stands_is_preferred_then_the_longest(script, tmp_path, monkeypatch):
    study = load_gallery("mnist-cnn")
    lengths = {
        "mnist-cnn-00000000": 3,
        "mnist-cnn-11111111": 9,
        "mnist-cnn-quick-22222222": 50,
        "mnist-cnn-topology": 50,
    }
    for name in lengths:
        (tmp_path / name).mkdir()
        (tmp_path / name / "study.db").touch()

    def status(directory):
        run = SimpleNamespace(state="done", epochs=lengths.get(directory.name, 1))
        return SimpleNamespace(directory=directory, runs=(run,))

    monkeypatch.setitem(script.find.__globals__, "lab", SimpleNamespace(status=status))
    assert script.find(tmp_path, study).directory.name == "mnist-cnn-11111111"
    (tmp_path / directory_name(study)).mkdir()
    (tmp_path / directory_name(study) / "study.db").touch()
    assert script.find(tmp_path, study).directory.name == directory_name(study)
    assert script.find(tmp_path / "nothing", study) is None


def test_sections_of_studies_that_the_folder_has_not_stay_as_they_are(script, sealed, tmp_path):
    page = PAGE.read_text(encoding="utf-8")
    assert script.rewritten(page, tmp_path) == page, "nothing there: nothing changes"
    page = page.replace("`paribus run mnist-cnn`;", "`paribus run mnist-cnn`; a remark;")
    made = script.rewritten(page, sealed.directory.parent)
    before, after = (script.sections(text.partition(script.BEGIN)[2].partition(script.END)[0]) for text in (page, made))
    assert list(before) == list(after) == list(script.STUDIES)
    assert [name for name in before if before[name] != after[name]] == ["mnist-cnn-final"]
    assert "a remark" in after["mnist-cnn"]


def test_a_page_without_a_study_gets_its_section(script, tmp_path):
    made = script.rewritten(f"above {script.BEGIN} {script.END} below", tmp_path)
    assert made.startswith("above ")
    assert made.endswith(" below")
    assert made.count("Not run yet. Command: `paribus run ") == len(script.STUDIES)
    assert script.rewritten(made, tmp_path) == made


def test_every_experiment_of_the_lab_reports_has_a_study(script):
    counts = {"A": range(5), "B": range(1, 8), "C": range(1, 6), "D": range(1, 5), "E": range(1, 6)}
    wanted = {f"{report}{number}" for report, numbers in counts.items() for number in numbers}
    numbered = {each for told in script.STUDIES.values() for each in told.holds if re.fullmatch(r"[A-Z]\d+", each)}
    assert numbered == wanted
    of_reports = {name for name in gallery_names() if "lab report" in load_gallery(name).notes.lower()}
    assert of_reports == set(script.STUDIES)
    for name, told in script.STUDIES.items():
        notes = load_gallery(name).notes
        held = [each for each in told.holds if re.fullmatch(r"[A-Z]\d+", each)]
        assert {*held[:1], *held[-1:]} <= set(re.findall(r"[A-Z]\d+", notes)), f"{name} names its experiments"


def test_every_condition_has_a_published_number_or_words(script):
    for name, told in script.STUDIES.items():
        study = load_gallery(name)
        conditions = {each.name for each in expand(study)}
        numbers = {each.condition for each in study.published}
        words = {condition for condition, _ in script.said_by(study)}
        assert words | numbers == conditions, name
        by_epoch = {each for numbers in told.epochs.values() for each in numbers}
        assert {*told.running, *told.floor, *by_epoch} <= conditions, name


@pytest.mark.parametrize("columns", ["floors", "gaps", "costs"])
def test_more_tables_show_every_condition(script, softmaxed, columns):
    made = getattr(script, columns)(softmaxed)
    lines = [line.strip("| ").split(" | ") for line in made.splitlines() if line.startswith("| ")][2:]
    assert [cells[0] for cells in lines] == [each.name for each in softmaxed.conditions]
    if columns == "floors":
        for name, floor, lowest in lines:
            # The floor by a second way: what torch's cross-entropy says of a perfect softmax.
            perfect = torch.nn.functional.cross_entropy(torch.eye(10), torch.arange(10)).item()
            assert floor == (f"{perfect:.4f}" if name.startswith("softmax") else "0.0000")
            (run,) = [run for run in softmaxed.runs if run.condition == name]
            last, tested = softmaxed.last[run.id], softmaxed.test[run.id][-1]
            found = min(last.train_loss, last.clean_loss, last.validation_loss, tested.test_loss)
            assert lowest == f"{found:.4f}", "one epoch from chance is better than none"
            assert float(lowest) >= float(floor)
    if columns == "gaps":
        for name, train, test, gap in lines:
            runs = [run for run in softmaxed.runs if run.condition == name]
            trained = mean(softmaxed.last[run.id].clean_accuracy for run in runs)
            tested = mean(softmaxed.test_accuracy(run) for run in runs)
            assert (train, test) == (f"{100 * trained:.2f} %", f"{100 * tested:.2f} %")
            assert gap == f"{100 * (trained - tested):.2f} pp"
    if columns == "costs":
        assert {cells[1] for cells in lines} == {str(softmaxed.runs[0].steps)}
        assert {cells[4] for cells in lines} == {"0"}


def test_the_page_has_every_published_number_where_the_script_writes(script):
    page = PAGE.read_text(encoding="utf-8")
    found = script.sections(page.partition(script.BEGIN)[2].partition(script.END)[0])
    for name in script.STUDIES:
        assert found[name].startswith(script.heading(name))
        for row in script.rows(load_gallery(name), None):
            told = script.number(row.published, row, digits=row.digits)
            assert f"| {row.condition} | {script.METRICS[row.metric]} | {told} |" in found[name]
        for epoch, row in script.curve_rows(load_gallery(name), None):
            assert f"| {row.condition} | {epoch} | {script.number(row.published, row)} |" in found[name]
