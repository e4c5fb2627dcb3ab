import pytest

from paribus.data import keep, kept


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_text_comes_back_as_it_was_and_replaces_an_older_one(cache):
    assert kept("plans", "a") is None
    for text in ("one", "zwei €\n\n", ""):
        keep("plans", "a", text)
        assert kept("plans", "a") == text
    assert [file.name for file in (cache / "plans").iterdir()] == ["a"]


def test_what_is_no_text_was_never_kept(cache):
    keep("plans", "a", "text")
    (cache / "plans" / "a").write_bytes(b"\xff\xfe")
    assert kept("plans", "a") is None


def test_where_nothing_can_be_written_nothing_is_kept(cache):
    cache.write_text("no folder", encoding="utf-8")
    keep("plans", "a", "text")
    assert kept("plans", "a") is None
