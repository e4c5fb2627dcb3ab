"""A study of every released version stays readable with the same numbers; a new schema is a new version."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from paribus.store import ResumePoint, check_integrity, open_reader, open_writer

FROZEN = sorted((Path(__file__).parent / "frozen").glob("*.sql"))


@pytest.mark.parametrize("frozen", FROZEN, ids=lambda path: path.stem)
def test_a_frozen_study_reads_as_it_did(frozen, tmp_path, child):
    with closing(sqlite3.connect(tmp_path / "study.db")) as connection:
        connection.executescript(frozen.read_text(encoding="utf-8"))
    a, b = (run.id for run in child.RUNS)
    assert check_integrity(tmp_path) == ()
    with open_reader(tmp_path) as reader:
        assert [(run.id, run.state, run.epochs, run.seconds, run.plan) for run in reader.runs()] == [
            (a, "done", 2, 2.25, {"path": "reference", "threads": 1}),
            (b, "waiting", 1, 1.5, {"path": "reference", "threads": 1}),
        ]
        assert [epoch.clean_loss for epoch in reader.epochs(a)] == [0.7, 0.35, 0.7 / 3]
        assert [list(each.losses[:2]) for each in reader.batches(a)] == [[1.0, 1.125], [2.0, 2.125]]
        assert reader.weights(a) == b"weights"
        assert reader.histograms(a) == ((0, child.histograms(0)), (1, child.histograms(1)))
        assert reader.inside(a) == child.INSIDE
        assert reader.inside(b) is None
        assert reader.facts("data") == {"data": {"classes": ["0", "1"]}}
        assert reader.choice().value == {"condition": "lr=0.1"}
        (look,) = reader.looks()
        assert reader.sealed(look).epochs(a)[-1].test_accuracy == 0.42424242
        assert reader.sealed(look).predictions(a).classes == b"SEALED-CLASSES"
    with open_writer(tmp_path) as store:
        assert store.state(b) == ResumePoint(1, 5, child.noise(b, 1, size=16))
