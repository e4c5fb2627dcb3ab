"""Archives that lie: whatever is in them, only listed files with their published content reach the disk."""

import gzip
import hashlib
import io
import tarfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paribus.data.archive import ArchiveError, extract
from paribus.data.catalog import Published
from paribus.data.telling import tell_nobody

CONTENT = {
    name: np.random.Generator(np.random.Philox(key=key)).bytes(40_000)
    for key, name in enumerate(("data_batch_1", "test_batch"))
}
FILES = tuple(Published(name, len(each), hashlib.sha256(each).hexdigest()) for name, each in CONTENT.items())
GOOD = [(f"batches/{name}", content) for name, content in CONTENT.items()]


def tar(members):
    """Pack (name or TarInfo, content) pairs as they are."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for given_member, content in members:
            member = given_member
            if isinstance(member, str):
                member = tarfile.TarInfo(member)
                member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


def special(name, kind, *, link="", size=0):
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.size = kind, link, size
    return member


@pytest.fixture
def unpack(tmp_path):
    """Return a function that unpacks a tar file; it returns what is in the folder then."""

    def run(content, *, packed=True, files=FILES):
        house = tmp_path / "house"
        (house / "folder").mkdir(parents=True, exist_ok=True)
        (house / "outside").write_bytes(b"untouched")
        path = tmp_path / "made.tar.gz"
        path.write_bytes(gzip.compress(content, compresslevel=1) if packed else content)
        try:
            extract(path, inside="batches", files=files, folder=house / "folder", tell=tell_nobody)
        finally:
            found = {each.name: each for each in (house / "folder").iterdir()}
            for name, each in found.items():
                assert each.is_file()
                assert not each.is_symlink()
                assert each.read_bytes() == CONTENT[name]
            assert {each.name for each in house.iterdir()} == {"folder", "outside"}
            assert (house / "outside").read_bytes() == b"untouched"
        return set(found)

    return run


def test_listed_files_are_written_and_unlisted_ones_are_not(unpack):
    extra = [
        ("batches/batches.meta", b"not asked for"),
        ("data_batch_1", b"in no folder"),
        ("batches/x/test_batch", b""),
    ]
    assert unpack(tar([*extra, *GOOD])) == set(CONTENT)
    assert unpack(tar(GOOD), files=FILES[:1]) == set(CONTENT), "the other one is there from before"


def test_only_what_is_asked_for_is_written(unpack):
    assert unpack(tar(GOOD), files=FILES[1:]) == {"test_batch"}


HARMLESS = {
    "a path upwards": ("../outside", b"evil"),
    "a path upwards from within": ("batches/../../outside", b"evil"),
    "an absolute path": ("/tmp/paribus-evil", b"evil"),  # noqa: S108 - a name in a test
    "a symbolic link out of the folder": (special("batches/way", tarfile.SYMTYPE, link="../.."), b""),
    "a link to a file outside": (special("batches/hard", tarfile.LNKTYPE, link="../outside"), b""),
    "a device": (special("batches/device", tarfile.CHRTYPE), b""),
    "a pipe": (special("batches/pipe", tarfile.FIFOTYPE), b""),
    "a folder in place of the part": (special("data_batch_1.part", tarfile.DIRTYPE), b""),
    "a name that is no text": ("batches/\udcff\udcfe", b"?"),
}


@pytest.mark.parametrize("what", HARMLESS)
def test_what_is_not_listed_is_passed_over_whatever_it_is(unpack, what):
    assert unpack(tar([HARMLESS[what], *GOOD])) == set(CONTENT)


def test_a_second_member_of_the_same_name_changes_nothing(unpack):
    again = [(name, b"evil" * 10_000) for name, _ in GOOD]
    assert unpack(tar([*GOOD, *again])) == set(CONTENT)
    assert unpack(tar([GOOD[0], again[0], GOOD[1]])) == set(CONTENT)


FIRST = "batches/data_batch_1"
REFUSED = {
    "no regular file": [
        (special(FIRST, tarfile.SYMTYPE, link="../../outside"), b""),
        (special(FIRST, tarfile.LNKTYPE, link="batches/test_batch"), b""),
        (special(FIRST, tarfile.CHRTYPE), b""),
        (special(FIRST, tarfile.BLKTYPE), b""),
        (special(FIRST, tarfile.FIFOTYPE), b""),
        (special(FIRST, tarfile.DIRTYPE), b""),
    ],
    "of 40,001 bytes, not 40,000": [(FIRST, CONTENT["data_batch_1"] + b"x")],
    "of 39,999 bytes": [(FIRST, CONTENT["data_batch_1"][:-1])],
    "another batches/data_batch_1: SHA-256": [(FIRST, bytes(40_000))],
}


@pytest.mark.parametrize(
    ("said", "member"), [(said, member) for said, members in REFUSED.items() for member in members]
)
def test_a_listed_name_that_is_not_the_published_file_is_refused(unpack, said, member):
    with pytest.raises(ArchiveError, match=said):
        unpack(tar([member, *GOOD]))


def test_a_sparse_file_is_refused(unpack):
    member = tarfile.TarInfo(FIRST)
    member.size = 40_000
    member.pax_headers = {"GNU.sparse.map": "0,10", "GNU.sparse.size": "40000", "GNU.sparse.numblocks": "1"}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(member, io.BytesIO(bytes(40_000)))
    with pytest.raises(ArchiveError, match="no regular file"):
        unpack(out.getvalue())


def test_a_missing_file_is_named(unpack):
    with pytest.raises(ArchiveError, match="has no batches/test_batch"):
        unpack(tar(GOOD[:1]))


@pytest.mark.parametrize("where", ["an unlisted file", "a long name", "after the end"])
def test_what_grows_without_end_is_given_up_early(unpack, where, monkeypatch):
    read = []
    real = gzip.GzipFile.read

    def counted(file, size=-1):
        block = real(file, size)
        read.append(len(block))
        return block

    monkeypatch.setattr(gzip.GzipFile, "read", counted)
    huge = 30_000_000
    member = special("x", tarfile.REGTYPE if where == "an unlisted file" else tarfile.GNUTYPE_LONGNAME, size=huge)
    bomb = tar([]) + bytes(huge) if where == "after the end" else member.tobuf(tarfile.GNU_FORMAT) + bytes(huge)
    with pytest.raises(ArchiveError, match=r"larger than the published files|has no batches"):
        unpack(bomb)
    assert sum(read) < 1_500_000


@pytest.mark.parametrize("content", [b"", b"no tar file at all", b"\x1f\x8b and then nothing of gzip"])
@pytest.mark.parametrize("packed", [True, False])
def test_what_is_no_archive_is_refused(unpack, content, packed):
    with pytest.raises(ArchiveError, match=r"is damaged|has no"):
        unpack(content, packed=packed)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(flips=st.lists(st.tuples(st.integers(0, 511), st.integers(1, 255)), max_size=4), cut=st.integers(0, 90_000))
def test_no_damage_brings_out_anything_else(unpack, flips, cut):
    content = bytearray(tar(GOOD))
    for place, mask in flips:  # of the first header, which decides name, kind and size
        content[place] ^= mask
    try:
        unpack(bytes(content[: len(content) - cut]))  # it checks what is on the disk afterwards
    except ArchiveError:
        return
    assert cut < 60_000
