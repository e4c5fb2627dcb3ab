import re
from urllib.parse import urlsplit

import numpy as np
import pytest

from paribus.core import digest_bytes
from paribus.data.catalog import SOURCES, owner_of
from paribus.study import BUILT_IN_SOURCES, DataSpec


def test_every_source_a_study_may_name_is_here_and_no_other():
    assert tuple(SOURCES) == BUILT_IN_SOURCES
    for name in SOURCES:
        assert DataSpec(source=name).source == name


def test_no_two_files_share_a_checksum_and_each_has_its_form():
    files = [file for source in SOURCES.values() for layout in source.layouts for file in layout.files]
    found = [sha256 for file in files for sha256 in (file.sha256, file.packed_sha256) if sha256]
    assert len(set(found)) == len(found) == 4 * 2 + 4 * 2 + 4 + 6 + 6
    assert all(re.fullmatch("[0-9a-f]{64}", sha256) for sha256 in found)


def test_sizes_follow_from_the_images():
    for source in SOURCES.values():
        values = int(np.prod(source.image_shape))
        for layout in source.layouts:
            sizes = [file.bytes for file in layout.files]
            if layout.reader == "idx":
                expected = [n for count in (source.train, source.test) for n in (16 + count * values, 8 + count)]
                assert sizes == expected
            if layout.reader == "cifar-binary":
                assert sum(sizes) == (source.train + source.test) * (values + 1)


def test_what_is_offered_for_download_is_offered_by_https_and_has_a_checksum():
    hosts = {}
    for name, source in SOURCES.items():
        for layout in source.layouts:
            assert all(address.count("{name}") == 1 for address in layout.mirrors)
            parts = [urlsplit(address) for address in layout.mirrors]
            assert {part.scheme for part in parts} <= {"https"}
            hosts[name] = hosts.get(name, set()) | {part.hostname for part in parts}
            if layout.mirrors and not layout.archive:
                assert all(file.download[2] for file in layout.files)
    # Of the files of Kuzushiji-MNIST we know no second mirror.
    assert {name: len(found) for name, found in hosts.items()} == {
        "mnist": 2,
        "fashion-mnist": 2,
        "kmnist": 1,
        "cifar10": 3,
    }


def test_every_source_is_found_in_the_cache_under_its_own_name():
    assert [name for name, source in SOURCES.items() for each in source.layouts[:1] if name not in each.folders] == []


@pytest.mark.parametrize("folder", ["mnist", "cifar-10-batches-py"])
def test_the_real_files_have_the_checksums_of_the_table(real_data, folder):
    paths = [path for path in sorted((real_data / folder).iterdir()) if "batch" in path.name or path.suffix == ".gz"]
    paths = [path for path in paths if path.name != "batches.meta"]
    assert len(paths) in (4, 6)
    owner = "mnist" if folder == "mnist" else "cifar10"
    assert {owner_of(digest_bytes(path.read_bytes())) for path in paths} == {owner}
