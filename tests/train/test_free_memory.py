"""How much memory may be taken: by files as Linux and its control groups write them."""

import os

import pytest

from paribus.train.free_memory import free_memory

MIB = 2**20


@pytest.fixture
def machine(tmp_path):
    """Return a function that writes the kernel's files and reads them."""

    def make(groups, *, own="0::/a/b\n", files=()):
        proc, cgroups = tmp_path / "proc", tmp_path / "cgroup"
        (proc / "self").mkdir(parents=True, exist_ok=True)
        (proc / "meminfo").write_text("MemTotal: 8192000 kB\nMemAvailable:    4096000 kB\n", encoding="ascii")
        (proc / "self" / "cgroup").write_text(own, encoding="ascii")
        for path, text in groups.items():
            (cgroups / path).parent.mkdir(parents=True, exist_ok=True)
            (cgroups / path).write_text(text, encoding="ascii")
        for path in files:
            (proc / path).unlink()
        return free_memory(proc=proc, cgroups=cgroups)

    return make


def test_without_a_limit_it_is_what_the_system_calls_available(machine):
    assert machine({"a/b/memory.max": "max\n", "a/b/memory.current": "5\n"}) == 4_096_000 * 1024


def test_the_narrowest_group_counts_and_files_in_memory_do_not(machine):
    groups = {
        "a/b/memory.max": "max\n",
        "a/b/memory.current": "0\n",
        "a/memory.max": f"{1000 * MIB}\n",
        "a/memory.current": f"{700 * MIB}\n",
        "a/memory.stat": f"anon 5\ninactive_file {200 * MIB}\n",
        "memory.max": f"{3000 * MIB}\n",
        "memory.current": f"{MIB}\n",
    }
    assert machine(groups) == 500 * MIB


def test_the_first_version_of_groups_counts_too_and_an_overdrawn_one_leaves_nothing(machine):
    groups = {"memory/c/memory.limit_in_bytes": f"{MIB}\n", "memory/c/memory.usage_in_bytes": f"{3 * MIB}\n"}
    assert machine(groups, own="3:cpu:/c\n4:hugetlb,memory:/c\n") == 0


def test_where_the_system_does_not_say_it_is_half_of_the_machine(machine):
    found = machine({}, files=["meminfo"])
    assert found == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
