"""Run a command as an ordinary user: ``python as_ordinary.py NAME COMMAND...``, given by root.

Python, or this repository, may lie below a folder that only root may enter. In a mount namespace of the
command's own the way to them is open, and nothing else that lies there is seen.
"""

import ctypes
import os
import pwd
import sys
from pathlib import Path

NEW_MOUNTS, BIND, RECURSIVE, PRIVATE = 0x20000, 0x1000, 0x4000, 1 << 18
NEEDED = [Path(sys.base_prefix).resolve(), Path(sys.prefix).resolve(), Path(__file__).resolve().parents[2]]
libc = ctypes.CDLL(None, use_errno=True)


def mount(source, target, kind, flags, data=None):
    if libc.mount(source, os.fsencode(target), kind, ctypes.c_ulong(flags), data):
        raise OSError(ctypes.get_errno(), f"mount {target}: {os.strerror(ctypes.get_errno())}")


def closed(path):
    """Return the first folder on the way to a path that others may not enter."""
    ways = [*reversed(path.parents), path]
    return next((way for way in ways if not way.stat().st_mode & 0o001), None)


def open_ways():
    if libc.unshare(NEW_MOUNTS):
        raise OSError(ctypes.get_errno(), "unshare")
    mount(b"none", "/", None, RECURSIVE | PRIVATE)
    behind = [(path, way, os.open(path, os.O_PATH)) for path in NEEDED if (way := closed(path)) is not None]
    for way in {way for _, way, _ in behind}:
        mount(b"tmpfs", way, b"tmpfs", 0, b"mode=755")
    for path, _, fd in behind:
        path.mkdir(parents=True, exist_ok=True)
        mount(f"/proc/self/fd/{fd}".encode(), path, None, BIND | RECURSIVE)
        os.close(fd)


if __name__ == "__main__":
    user = pwd.getpwnam(sys.argv[1])
    open_ways()
    os.setgroups([])
    os.setresgid(*[user.pw_gid] * 3)
    os.setresuid(*[user.pw_uid] * 3)
    os.execvp(sys.argv[2], sys.argv[2:])
