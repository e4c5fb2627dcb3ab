"""Whatever kills the driver, and whenever: no epoch lost, none doubled, and the rest comes out the same."""

import tempfile

import pytest


def ended(process, folder, mode, number=0):
    child = process(mode, folder, number)
    said, errors = child.communicate(timeout=120)
    assert child.returncode == 0, errors
    return int(said)


def test_killed_at_random_moments(process, tmp_path):
    assert ended(process, tmp_path, "kills", 40) == 40


@pytest.mark.torture
def test_killed_two_thousand_times(process, tmp_path):
    for _ in range(20):
        with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
            assert ended(process, folder, "kills", 100) == 100


def test_dead_between_any_two_statements(process, tmp_path):
    assert ended(process, tmp_path, "statements") > 100


def test_dead_in_the_middle_of_a_write(process, tmp_path):
    assert ended(process, tmp_path, "sizes") >= 20
