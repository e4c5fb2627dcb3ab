from pathlib import Path

import pytest

from paribus.data import cache_folder


@pytest.mark.parametrize(
    ("settings", "platform", "expected"),
    [
        ({"PARIBUS_CACHE": "/own", "XDG_CACHE_HOME": "/x"}, "linux", "/own"),
        ({"XDG_CACHE_HOME": "/x"}, "linux", "/x/paribus"),
        ({}, "linux", "/home/anna/.cache/paribus"),
        ({"XDG_CACHE_HOME": ""}, "linux", "/home/anna/.cache/paribus"),
        ({}, "darwin", "/home/anna/Library/Caches/paribus"),
        ({"LOCALAPPDATA": "/local"}, "win32", "/local/paribus"),
    ],
)
def test_the_cache_is_where_the_platform_has_it(monkeypatch, settings, platform, expected):
    for name in ("PARIBUS_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", "/home/anna")
    monkeypatch.setattr("sys.platform", platform)
    assert cache_folder() == Path(expected)


def test_without_a_home_folder_the_cache_is_temporary(monkeypatch):
    monkeypatch.delenv("PARIBUS_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("pathlib.Path.home", homeless)
    assert cache_folder().name.startswith("paribus-")
