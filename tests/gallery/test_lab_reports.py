import math
import runpy
from dataclasses import replace
from statistics import mean, stdev
from types import SimpleNamespace

import pytest
from house import ROOT
from scipy import stats

from paribus import lab
from paribus.study import load_gallery

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


def test_agreement_is_a_prediction_interval_for_one_more_seed(script):
    values = [0.9712, 0.9735, 0.9701, 0.9722]
    n = len(values)
    half = stats.t.ppf(0.975, n - 1) * stdev(values) * math.sqrt(1 + 1 / n)
    runs = dict(enumerate(values))
    for published, agrees in [(mean(values) + half - 1e-6, True), (mean(values) + half + 1e-3, False)]:
        ours, width, verdict = script.compare(runs, published)
        assert ours == pytest.approx(mean(values))
        assert width == pytest.approx(stats.t.ppf(0.975, n - 1) * stdev(values) / math.sqrt(n))
        assert verdict is agrees


@pytest.mark.parametrize("runs", [{}, {0: 0.97}, {0: 0.97, 1: None, 2: 0.98}])
def test_too_few_seeds_or_a_diverged_one_agree_with_nothing(script, runs):
    _, half, agrees = script.compare(runs, 0.97)
    assert half is None
    assert agrees is None


def test_sealed_test_values_stay_out_of_the_table(script, sealed):
    # Overrides of the recipe took the published numbers away: they belong to the gallery's own.
    study = replace(sealed.study, published=load_gallery("mnist-cnn-final").published)
    cells = {row.metric: script.published_line(row) for row in script.rows(study, sealed)}
    assert cells["test_accuracy"][2:6] == ("97.50 %", "", "", "")
    assert "sealed" in script.evidence(study, sealed)
    trained = mean(epoch.clean_accuracy for epoch in sealed.last.values())
    assert cells["train_accuracy"][3] == f"{trained:.2%}".replace("%", " %")
    opened = lab.reveal(sealed.directory, reason="the test of the table")
    cells = {row.metric: script.published_line(row) for row in script.rows(study, opened)}
    tested = mean(epochs[-1].test_accuracy for epochs in opened.test.values())
    assert cells["test_accuracy"][3] == f"{tested:.2%}".replace("%", " %")
    assert cells["test_accuracy"][5] == "2"


def test_the_losses_of_single_epochs_are_the_stored_ones(script, sealed, monkeypatch):
    curves = {sealed.study.name: {"base": {1: 0.5, 9: 0.1}}}
    monkeypatch.setitem(script.curve_rows.__globals__, "CURVES", curves)
    (_, first), (_, later) = script.curve_rows(sealed.study, sealed)
    assert first.values == {run.seed: sealed.last[run.id].train_loss for run in sealed.runs}
    assert later.values == {}


def test_the_page_has_every_published_number_where_the_script_writes(script, tmp_path):
    page = PAGE.read_text(encoding="utf-8")
    made = script.rewritten(page, tmp_path)
    kept = [text.partition(script.BEGIN)[0] + text.partition(script.END)[2] for text in (page, made)]
    assert kept[0] == kept[1]
    for name in script.STUDIES:
        for text in (page, made):
            block = text.partition(f"### {name}: ")[2].partition("\n### ")[0]
            assert block, name
            for row in script.rows(load_gallery(name), None):
                assert (
                    f"| {row.condition} | {script.METRICS[row.metric]} | {script.number(row.published, row)} |" in block
                )
