"""A process in namespaces of its own, with limits and no rights: Linux, through libc.

The warm process calls ``clone`` for every submission. The child sees its own process table, network,
message queues, host name and mounts; ``confine`` then hides what is left to hide and gives up
every right before the submission runs.
"""

import ctypes
import fcntl
import os
import platform
import resource
import signal
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import livenotes

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x0002_0000, 0x0400_0000, 0x0800_0000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x1000_0000, 0x2000_0000, 0x4000_0000
ALL = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_BIND, MS_REC, MS_PRIVATE, MS_NOATIME = 0x1000, 0x4000, 1 << 18, 1024
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38
CAPABILITY_VERSION_3 = 0x2008_0522
JOIN_SESSION_KEYRING = 1
SET_FLAGS, UP = 0x8914, 1  # of a network interface
# The numbers of the system calls clone and keyctl differ between processors; their first arguments do not.
CLONE_CALL = {"x86_64": 56, "aarch64": 220}
KEYCTL_CALL = {"x86_64": 250, "aarch64": 219}

PACKAGE = Path(livenotes.__file__).resolve().parent
PYTHON = tuple(dict.fromkeys((sys.base_prefix, sys.prefix, str(PACKAGE))))
"""The folders that Python runs from, which a submission must see."""

_libc = ctypes.PyDLL(None, use_errno=True)


def _call(name: str, *arguments: object) -> int:
    """Call a function of libc; raise OSError if it fails."""
    result = int(getattr(_libc, name)(*arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
    return result


def clone(body: Callable[[], None], *, isolated: bool) -> int:
    """Fork a child that runs ``body`` and never returns; with ``isolated``, in new namespaces of all kinds.

    One call instead of a fork, an unshare and another fork: each copies the whole warm process.
    """
    number = CLONE_CALL[platform.machine()]
    flags = (ALL if isolated else 0) | signal.SIGCHLD
    ctypes.pythonapi.PyOS_BeforeFork()
    pid = int(_libc.syscall(number, ctypes.c_ulong(flags), None, None, None, None))
    if pid:
        ctypes.pythonapi.PyOS_AfterFork_Parent()
        if pid < 0:
            code = ctypes.get_errno()
            raise OSError(code, f"clone: {os.strerror(code)}")
        return pid
    status = 70
    try:
        ctypes.pythonapi.PyOS_AfterFork_Child()
        body()
        status = 0
    finally:
        os._exit(status)


def confine(work: str, tmp_bytes: int, user: tuple[int, int]) -> None:
    """Inside new namespaces: map this user to another, hide /proc, and give an empty /tmp and own devices.

    ``user`` is the number of the user and of the group as they were before ``clone``: in a new user namespace
    a process is nobody until its numbers are mapped, and can no longer say who it was.

    An empty folder in place of /proc hides the other processes, which a new /proc would too, but a
    new one cannot be mounted without rights that an ordinary user does not have. An environment that
    lies below /tmp is seen there still, read-only as before.
    """
    kept = {path: os.open(path, os.O_PATH) for path in PYTHON if Path(path).is_relative_to("/tmp")}
    uid, gid = user
    for name, text in (("uid_map", f"{UID} {uid} 1"), ("setgroups", "deny"), ("gid_map", f"{UID} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    _call("mount", b"none", b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None)
    hidden = ctypes.c_ulong(MS_NOSUID | MS_NODEV | MS_NOATIME)
    size = f"size={tmp_bytes},nr_inodes=4096,mode=1777".encode()
    _call("mount", b"tmpfs", b"/tmp", b"tmpfs", hidden, size)
    for path, fd in kept.items():
        os.makedirs(path, exist_ok=True)
        _bind(fd, path)
    _own_devices(size)
    _call("mount", b"tmpfs", b"/proc", b"tmpfs", ctypes.c_ulong(MS_NOSUID | MS_NODEV | MS_RDONLY), b"size=4k")
    os.makedirs(work, exist_ok=True)
    _raise_loopback()
    join_new_keyring()


def _own_devices(size: bytes) -> None:
    """Put a /dev in place of the one that all would share, with terminals and shared memory of its own.

    An ordinary user owns the folder that bubblewrap makes, and so could leave files there for the next one.
    """
    kept = {f"/dev/{name}": os.open(f"/dev/{name}", os.O_PATH) for name in DEVICES}
    hidden = ctypes.c_ulong(MS_NOSUID | MS_NODEV | MS_NOATIME)
    _call("mount", b"tmpfs", b"/dev", b"tmpfs", hidden, b"size=4k,mode=755")
    for path, fd in kept.items():
        os.close(os.open(path, os.O_CREAT))
        _bind(fd, path)
    for folder in ("/dev/pts", "/dev/shm"):
        os.mkdir(folder)
    terminals = ctypes.c_ulong(MS_NOSUID | MS_NOEXEC | MS_NOATIME)
    _call("mount", b"devpts", b"/dev/pts", b"devpts", terminals, b"newinstance,ptmxmode=0666,mode=620")
    os.symlink("pts/ptmx", "/dev/ptmx")
    _call("mount", b"tmpfs", b"/dev/shm", b"tmpfs", hidden, size)
    read_only = ctypes.c_ulong(MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV)
    _call("mount", None, b"/dev", None, read_only, None)


def _raise_loopback() -> None:
    """Let a submission talk to itself over the network that nobody else is on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, SET_FLAGS, struct.pack("16sh14x", b"lo", UP))


def _bind(fd: int, path: str) -> None:
    """Show at a path what a file opened by O_PATH refers to, and close it."""
    source = f"/proc/self/fd/{fd}".encode()
    _call("mount", source, path.encode(), None, ctypes.c_ulong(MS_BIND | MS_REC), None)
    os.close(fd)


DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
UID = 1000
"""The user a submission sees itself as."""
NOBODY = 65534


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


def become_nobody() -> None:
    """Turn root into the user who owns nothing, as a submission of root's should not be root's."""
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    _call("prctl", PR_SET_DUMPABLE, 1, 0, 0, 0)  # else /proc/self stays root's, and with it the user map


def join_new_keyring() -> None:
    """Leave the keys of the session one was started in: what one submission kept there, the next would find.

    A kernel may have been built without keys; then there are none to share.
    """
    _libc.syscall(KEYCTL_CALL[platform.machine()], JOIN_SESSION_KEYRING, None)


def drop_rights() -> None:
    """Give up every capability, and the possibility to gain one by running a program.

    Nobody may look into this process either: a submission could otherwise trace the one that reports on it.
    """
    _call("prctl", PR_SET_DUMPABLE, 0, 0, 0, 0)
    _call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    empty = (ctypes.c_uint32 * 6)()
    _call("capset", ctypes.byref(_Header(CAPABILITY_VERSION_3, 0)), empty)


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends."""
    _call("prctl", PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def memory_in_use() -> int:
    """Bytes of address space of this process."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def limit(*, memory: int, processes: int, cpu: int, file_size: int) -> None:
    """Set the limits of this process and of all it starts."""
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_NPROC, processes),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_FSIZE, file_size),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
    ):
        hard = resource.getrlimit(what)[1]
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (allowed, allowed))
