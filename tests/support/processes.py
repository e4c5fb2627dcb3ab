"""Which processes are there, asked of the system."""

import subprocess
from pathlib import Path


def descendants(pid):
    """Return the process ids of the children of a process, and of theirs; the dead that wait to be buried are none."""
    listed = subprocess.run(["ps", "-eo", "pid,ppid,stat,comm"], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listed.splitlines()[1:]]
    alive = {(int(row[0]), int(row[1])) for row in rows if not row[2].startswith("Z") and row[3] != "ps"}
    found, more = set(), {pid}
    while more:
        more = {child for child, parent in alive if parent in more}
        found |= more
    return found


def alive(pids):
    """Return those of some process ids that are of living processes."""
    everybody = descendants(0)
    return {pid for pid in pids if pid in everybody}


def threads(pids):
    """Return how many threads some processes have together (Linux)."""
    return sum(len(list(task.iterdir())) for pid in pids if (task := Path(f"/proc/{pid}/task")).is_dir())
