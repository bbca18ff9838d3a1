"""Which of the kernel's calls a submission may make: those that numerical Python needs, and no others.

A filter of the kernel's own (seccomp) looks at the number of every call, and at the arguments of a few. Of
the calls that every kernel of today has, those listed below are denied; of later ones, only those listed are
allowed. So a kernel that learns something new does not lend it to submissions.
"""

import ctypes
import errno
import platform
import struct
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Machine:
    """What differs between processors: the kernel's word for it, the last old call, and a few numbers."""

    word: int
    last: int
    clone: int
    ioctl: int
    socket: int
    denied: tuple[int, ...]


# mount, umount2, pivot_root, chroot, unshare, setns, ptrace, process_vm_readv, process_vm_writev, kcmp,
# bpf, perf_event_open, userfaultfd, add_key, request_key, keyctl, name_to_handle_at, open_by_handle_at,
# fanotify_init, lookup_dcookie, quotactl, nfsservctl, acct, syslog, vhangup, personality, vmsplice,
# move_pages, migrate_pages, init_module, finit_module, delete_module, kexec_load, kexec_file_load, reboot,
# swapon, swapoff, settimeofday, clock_settime, clock_adjtime, adjtimex, sethostname, setdomainname,
# shmget, semget, msgget (System V's, which outlive who made them), ioprio_set, sched_setattr
# and, on x86 alone, modify_ldt, _sysctl, iopl, ioperm, uselib, create_module, get_kernel_syms, query_module
MACHINES = {
    "x86_64": Machine(
        word=0xC000_003E,
        last=334,
        clone=56,
        ioctl=16,
        socket=41,
        denied=(
            *(165, 166, 155, 161, 272, 308, 101, 310, 311, 312),
            *(321, 298, 323, 248, 249, 250, 303, 304),
            *(300, 212, 179, 180, 163, 103, 153, 135, 278),
            *(279, 256, 175, 313, 176, 246, 320, 169),
            *(167, 168, 164, 227, 305, 159, 170, 171),
            *(29, 64, 68, 251, 314),
            *(154, 156, 172, 173, 134, 174, 177, 178),
        ),
    ),
    "aarch64": Machine(
        word=0xC000_00B7,
        last=293,
        clone=220,
        ioctl=29,
        socket=198,
        denied=(
            *(40, 39, 41, 51, 97, 268, 117, 270, 271, 272),
            *(280, 241, 282, 217, 218, 219, 264, 265),
            *(262, 18, 60, 42, 89, 116, 58, 92, 75),
            *(239, 238, 105, 273, 106, 104, 294, 142),
            *(224, 225, 170, 112, 266, 171, 161, 162),
            *(194, 190, 186, 30, 274),
        ),
    ),
}
# pidfd_send_signal, pidfd_open, close_range, openat2, faccessat2, epoll_pwait2, futex_waitv, fchmodat2
LATER = (424, 434, 436, 437, 439, 441, 449, 452)
OTHER_ABI = 0x4000_0000  # the bit that marks x86's calls with short pointers
NEW_NAMESPACES = 0x7E02_0000  # all flags of clone that make one
UNIX, INET, INET6 = 1, 2, 10
PROTOCOLS = (0, 6, 17)  # the usual one, TCP and UDP
TERMINAL = (0x5412, 0x541C)  # to put words into a terminal as if they had been typed

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, WORD, ARGUMENTS = 0, 4, 16  # where the kernel puts a call's number, processor and arguments
ALLOW, FAIL, KILL = 0x7FFF_0000, 0x0005_0000, 0x8000_0000
Instruction = tuple[int, int, int, int]


def program(machine: Machine) -> list[Instruction]:
    """Return the filter, as instructions of the kernel's packet filter: code, two jumps, operand."""
    return [
        (LOAD, 0, 0, WORD),
        (EQUAL, 1, 0, machine.word),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
        *_when(AT_LEAST, OTHER_ABI, errno.ENOSYS),
        *(step for number in machine.denied for step in _when(EQUAL, number, errno.EPERM)),
        *(step for number in LATER for step in _when(EQUAL, number, 0)),
        *_when(AT_LEAST, machine.last + 1, errno.ENOSYS),  # clone3 among them; libc then calls clone
        *_for(machine.clone, [(LOAD, 0, 0, ARGUMENTS), *_when(ANY_BIT, NEW_NAMESPACES, errno.EPERM)]),
        *_for(machine.ioctl, [(LOAD, 0, 0, ARGUMENTS + 8), *_any_of(TERMINAL, errno.EPERM)]),
        *_for(machine.socket, list(_sockets())),
        (RETURN, 0, 0, ALLOW),
    ]


def _when(test: int, operand: int, code: int) -> Iterator[Instruction]:
    """Yield: end with an error, or with 0 in leave, if the test holds of what was loaded."""
    yield (test, 0, 1, operand)
    yield (RETURN, 0, 0, FAIL | code if code else ALLOW)


def _any_of(values: tuple[int, ...], code: int) -> Iterator[Instruction]:
    for value in values:
        yield from _when(EQUAL, value, code)


def _for(number: int, steps: list[Instruction]) -> list[Instruction]:
    """Return steps that are taken for one call, and end in leave."""
    return [(EQUAL, 0, len(steps) + 1, number), *steps, (RETURN, 0, 0, ALLOW)]


def _sockets() -> Iterator[Instruction]:
    """Yield: local sockets, and TCP and UDP; no raw packets, no netlink, nothing exotic."""
    yield (LOAD, 0, 0, ARGUMENTS)
    yield from _when(EQUAL, UNIX, 0)
    yield (EQUAL, 2, 0, INET)
    yield (EQUAL, 1, 0, INET6)
    yield (RETURN, 0, 0, FAIL | errno.EAFNOSUPPORT)
    yield (LOAD, 0, 0, ARGUMENTS + 16)
    yield from _any_of(PROTOCOLS, 0)
    yield (RETURN, 0, 0, FAIL | errno.EPROTONOSUPPORT)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def restrict() -> None:
    """Put the filter on this process and all it starts, for good; raise OSError if the kernel has none.

    The process must have given up the possibility to gain rights.
    """
    code = b"".join(struct.pack("HBBI", *step) for step in program(MACHINES[platform.machine()]))
    set_seccomp, mode_filter = 22, 2
    libc = ctypes.CDLL(None, use_errno=True)
    given = ctypes.byref(_Program(len(code) // 8, code))
    if libc.prctl(set_seccomp, ctypes.c_ulong(mode_filter), given, 0, 0):
        raise OSError(ctypes.get_errno(), "the kernel takes no seccomp filter")
