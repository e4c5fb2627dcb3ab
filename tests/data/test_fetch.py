"""The real code, over TLS, against servers on this machine that do everything wrong."""

import os
import re
import time
from pathlib import Path

import mirror as manners
import numpy as np
import pytest
import trustme
from mirror import contents

from paribus.core import DataError
from paribus.data import download_source, fetch

SIZE = 200_000


def test_a_slow_line_is_waited_for_and_heard_of_five_times_a_second(two, tmp_path):
    two.first.manner = manners.slow(25, 0.02)
    heard, began = [], time.monotonic()
    download_source("mnist", folder=tmp_path / "own", tell=heard.append)
    assert contents(tmp_path / "own") == two.files
    assert 2 * 3 <= len(heard) <= (time.monotonic() - began) / 0.2 + 4


def test_a_line_that_is_cut_anywhere_goes_on_at_that_byte(two, tmp_path):
    offsets = np.random.Generator(np.random.Philox(key=20)).integers(1, SIZE, size=18)
    for offset in (1, SIZE - 1, *map(int, offsets)):
        two.first.asked.clear()
        two.first.manners = [manners.cut(offset)]
        folder = tmp_path / f"cut-{offset}"
        download_source("mnist", folder=folder)
        assert two.first.asked == [("images", ""), ("images", f"bytes={offset}-"), ("labels", "")]
        assert contents(folder) == two.files
    assert two.second.asked == []


def test_a_line_that_is_cut_again_and_again_gets_there_as_long_as_it_brings_something(two, tmp_path):
    two.first.manners = [manners.cut(SIZE // 15)] * 15
    download_source("mnist", folder=tmp_path / "own")
    assert contents(tmp_path / "own") == two.files
    assert two.second.asked == []


def test_what_one_mirror_began_another_ends(two, tmp_path):
    two.first.manners = [manners.cut(70_000)]
    two.first.manner = manners.fail(503)
    download_source("mnist", folder=tmp_path / "own")
    assert two.second.asked == [("images", "bytes=70000-"), ("labels", "")]
    assert contents(tmp_path / "own") == two.files


@pytest.mark.parametrize("manner", [manners.ignore_range, manners.chunked])
def test_a_mirror_that_knows_no_ranges_begins_again(two, tmp_path, manner):
    two.first.manners = [manners.cut(70_000), manner, manner]
    download_source("mnist", folder=tmp_path / "own")
    assert two.first.asked == [("images", ""), ("images", "bytes=70000-"), ("labels", "")]
    assert two.second.asked == []
    assert contents(tmp_path / "own") == two.files


@pytest.mark.parametrize(
    ("left", "again"),
    [
        (b"x" * 70_000, [("images", "bytes=70000-"), ("images", ""), ("labels", "")]),
        (b"x" * SIZE, [("images", ""), ("labels", "")]),
        (b"x" * (SIZE + 1), [("images", ""), ("labels", "")]),
        (None, [("labels", "")]),  # whole, and not yet named
    ],
)
def test_a_part_with_other_content_costs_one_more_download(two, tmp_path, left, again):
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "images.part").write_bytes(two.files["images"] if left is None else left)
    download_source("mnist", folder=folder)
    assert two.first.asked == again
    assert contents(folder) == two.files


BAD = {
    "answers with a web page": manners.page,
    "has another images: SHA-256": manners.page_as_file,
    "HTTP 404": manners.fail(404),
    "HTTP 503": manners.fail(503),
    "HTTP 204": manners.fail(204),
    "offers 200001 bytes, not the 200,000": manners.announce(+1),
    "offers 199999 bytes": manners.announce(-1),
    "sends more than the 200,000 bytes": manners.endless,
    "answers with another part": manners.other_part,
    "stopped after 0 of 200,000 bytes": manners.cut(0),
    "does not answer within 0.8 s": manners.silent,
    "localhost: does not answer": manners.stall(0),
    "220 ftp.example.org ready": manners.babble,
    "leads to an address that is not https": manners.lead_to("http://localhost:9/{name}"),
    "localhost: HTTP 302": manners.lead_to("file:///etc/passwd"),
    "HTTP 302": manners.lead_to("/{name}"),  # round and round
}


@pytest.mark.parametrize("reason", BAD)
def test_a_bad_mirror_leaves_nothing_behind_and_the_next_one_is_asked(two, tmp_path, monkeypatch, reason):
    if "does not answer" in reason:
        monkeypatch.setattr(fetch, "_TIMEOUT_SECONDS", 0.8)
    two.first.manner = two.second.manner = BAD[reason]
    began = time.monotonic()
    with pytest.raises(DataError, match=re.escape(reason)) as caught:
        download_source("mnist", folder=tmp_path / "own")
    assert time.monotonic() - began < 20
    assert caught.value.wrong.count("localhost: ") == 2
    assert caught.value.allowed.count("SHA-256") == 2
    assert contents(tmp_path / "own") == {}
    two.first.asked.clear()
    two.second.manner = manners.serve
    download_source("mnist", folder=tmp_path / "own")
    assert contents(tmp_path / "own") == two.files
    assert {name for name, _ in two.first.asked} == {"images"}, "a mirror that failed is not asked for the next file"


def test_a_line_that_trickles_is_given_up(two, tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "_STALL_SECONDS", 0.2)
    monkeypatch.setattr(fetch, "_STALL_BYTES", SIZE)
    two.first.manner = manners.slow(100, 0.02)
    monkeypatch.setattr(fetch, "_CUTS", 1)
    download_source("mnist", folder=tmp_path / "own")
    assert two.second.asked[0][1].startswith("bytes=")
    assert contents(tmp_path / "own") == two.files


def test_no_more_bytes_than_published_reach_the_disk(two, tmp_path, monkeypatch):
    sizes = []
    monkeypatch.setattr(Path, "unlink", lambda path, **_: sizes.append(path.stat().st_size) or os.unlink(path))  # noqa: PTH108
    two.first.manner = manners.endless
    download_source("mnist", folder=tmp_path / "own")
    assert sizes
    assert max(sizes) <= SIZE


def test_a_redirect_to_https_is_followed_and_keeps_the_range(two, tmp_path):
    two.first.manners = [manners.cut(70_000)]
    two.first.manner = manners.lead_to(two.second.address)
    download_source("mnist", folder=tmp_path / "own")
    assert two.second.asked == [("images", "bytes=70000-"), ("labels", "")]
    assert contents(tmp_path / "own") == two.files


def test_a_certificate_that_nobody_vouches_for_is_refused(two, tmp_path, monkeypatch):
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "other.pem"))
    with pytest.raises(DataError, match="certificate is not trusted"):
        download_source("mnist", folder=tmp_path / "own")
    assert two.first.asked == []
    assert contents(tmp_path / "own") == {}
