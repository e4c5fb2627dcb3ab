"""Looks are counted over all studies of a folder: an edited study does not start again at one."""

import shutil

import pytest

from paribus.core import StoreError
from paribus.store import LookCount, count_looks, open_writer


def look(store, child, **changes):
    arguments = {"test_fingerprint": child.TEST_SET, "choice_sha256": None, "reason": "again", "runs": []}
    return store.record_look(**{**arguments, **changes})


def test_looks_are_counted_over_sibling_studies(finished, child):
    folder = finished.parent
    assert count_looks(folder, test_fingerprint=child.TEST_SET) == LookCount(1, ())
    with open_writer(folder / "edited-89abcdef") as store:
        assert look(store, child) == LookCount(2, ())
        assert look(store, child, test_fingerprint="another test set") == LookCount(1, ())
        assert look(store, child) == LookCount(3, ())
        assert [(each.sequence, each.reason) for each in store.reader.looks()] == [(n, "again") for n in (1, 2, 3)]


def test_a_copied_study_does_not_count_twice_and_an_unreadable_one_is_named(finished, child):
    folder = finished.parent
    shutil.copytree(finished, folder / "copy")
    (folder / "broken").mkdir()
    (folder / "broken" / "study.db").write_bytes(b"no database")
    (folder / "no study").mkdir()
    assert count_looks(folder, test_fingerprint=child.TEST_SET) == LookCount(1, ("broken",))


def test_the_choice_is_written_before_the_look(store, child):
    with pytest.raises(StoreError, match="choice 0123abcd is not written"):
        look(store, child, choice_sha256="0123abcd" * 8)
    assert store.reader.looks() == ()
    choice = store.record_choice({"condition": "a"})
    look(store, child, choice_sha256=choice, reason="because \udcff")
    assert (store.reader.looks()[0].choice_sha256, store.reader.looks()[0].reason) == (
        choice,
        "because \\udcff",
    )
