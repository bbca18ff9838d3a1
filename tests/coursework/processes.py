"""Which processes are running, for tests that none is left."""

import time
from pathlib import Path


def descendants(pid):
    """Return the processes below one: (pid, time of start), which together are never used again."""
    parents, starts = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)], starts[int(entry.name)] = int(fields[1]), fields[19]
    found, todo = set(), [pid]
    while todo:
        parent = todo.pop()
        children = [child for child, its in parents.items() if its == parent]
        found |= {(child, starts[child]) for child in children}
        todo += children
    return found


def gone(processes, seconds=10):
    """Wait for processes, given as (pid, start), to end; return those that do not."""
    deadline = time.monotonic() + seconds
    while (left := processes & descendants(1)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left
