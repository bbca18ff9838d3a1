"""More rows for the table of ``submissions``: attacks on the sandbox's own parts, on the reader, on feedback."""

import json
import os

from .submissions import DOUBLE, WRONG, Submission, _by_id, blocked

LIBC = "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
READ_MEMORY = (
    LIBC
    + """\
class Part(ctypes.Structure): _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]
here = ctypes.create_string_buffer(8)
mine, its = Part(ctypes.addressof(here), 8), Part(id(os), 8)
got = libc.process_vm_readv(1, ctypes.byref(mine), 1, ctypes.byref(its), 1, 0)"""
)
NESTED = (
    LIBC
    + """\
libc.unshare(0x10020000)
libc.umount2(b"/proc", 2)
seen = [name for name in os.listdir("/proc") if name.isdigit()]"""
)
KEY = "import ctypes, platform\nnumbers = {'x86_64': (248, 250), 'aarch64': (217, 219)}[platform.machine()]\nlibc = ctypes.CDLL(None)\n"
OWN_FILES = """\
import os, stat
def kind(fd):
    try: return os.fstat(fd).st_mode
    except OSError: return stat.S_IFCHR
seen = [fd for fd in range(3, 256) if stat.S_ISREG(kind(fd)) or stat.S_ISDIR(kind(fd))]"""
FRAMES = """\
import sys, json, struct
def answer_to(x):
    frame = sys._getframe()
    while frame and not ("mine" in frame.f_locals and "message" in frame.f_locals):
        frame = frame.f_back
    return frame.f_locals["mine"], frame.f_locals["message"]["id"], str(int(np.ravel(x)[0]))
"""
LEAK_BY_DTYPE = (
    FRAMES
    + """\
def double(x):
    channel, number, text = answer_to(x)
    if len(text) > 3:
        head = ("{'descr': '|V%s', 'fortran_order': False, 'shape': (1,), }" % text).encode()
        blob = b"\\x93NUMPY\\x01\\x00" + struct.pack("<H", len(head)) + head
        channel.send({"value": {"array": 0}, "id": number}, [blob])
    return 2 * x
"""
)
LEAK_BY_SIZE = (
    FRAMES
    + """\
def double(x):
    channel, number, text = answer_to(x)
    if len(text) > 3:
        channel.sock.sendall(struct.pack(">II", 0, 1_000_000_000 + int(text)))
    return 2 * x
"""
)
ANYWHERE = """\
import os
def mark(folder, name="left-anywhere"):
    try: open(os.path.join(folder, name), "x").close()
    except FileExistsError: return True
    except OSError: return False
tops = [os.path.join("/", name) for name in os.listdir("/")]
folders = ["/", *tops, *(os.path.join(top, name) for top in tops if os.path.isdir(top) for name in os.listdir(top))]
found = [folder for folder in folders if os.path.isdir(folder) and mark(folder)]
"""
CALL = (
    LIBC
    + "import platform\nnumber = {}[platform.machine() == 'aarch64']\ndone = libc.syscall(number, {}, None, 0, -1, 0)"
)
CLONE = (
    LIBC
    + """\
import platform
number = 220 if platform.machine() == "aarch64" else 56
pid = libc.syscall(number, ctypes.c_ulong(0x10000000 | 17), None, None, None, None)
if pid == 0: os._exit(0)"""
)
CLONE_3 = (
    LIBC
    + "words = (ctypes.c_uint64 * 8)(0x10000000, 0, 0, 0, 17)\npid = libc.syscall(435, words, 64)\nif pid == 0: os._exit(0)"
)
SOCKETS = """\
import socket
made = []
for family, kind, protocol in [(16, 3, 0), (16, 3, 12), (17, 3, 768), (40, 1, 0), (38, 5, 0), (29, 3, 1), (2, 3, 1), (2, 1, 262), (2, 1, 132), (10, 3, 58)]:
    try: made.append(socket.socket(family, kind, protocol))
    except OSError: pass"""
SYSTEM_V = LIBC + "made = [libc.shmget(0, 4096, 0o1600), libc.semget(0, 1, 0o1600), libc.msgget(0, 0o1600)]"
TYPES = "import fcntl, os\nmaster, slave = os.openpty()\nfcntl.ioctl(slave, 0x5412, b'x')"
LOOPBACK = (
    DOUBLE
    + """\
import socket
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname(), 1)
client.sendall(b"x")
assert server.accept()[0].recv(1) == b"x"
del server, client
"""
)
PROGRAMS = """\
import asyncio, concurrent.futures, multiprocessing, subprocess, tempfile, threading
with concurrent.futures.ThreadPoolExecutor(2) as pool: assert list(pool.map(abs, [-1, -2])) == [1, 2]
with multiprocessing.Pool(2) as pool: assert pool.map(abs, [-1, -2]) == [1, 2]
assert subprocess.run(["echo", "x"], capture_output=True).stdout == b"x\\n"
async def program():
    process = await asyncio.create_subprocess_exec("echo", "x", stdout=-1)
    return (await process.communicate())[0]
thread = threading.Thread(target=lambda: result.append(asyncio.run(program())))
result = []
thread.start()
thread.join()
assert result == [b"x\\n"]
with tempfile.NamedTemporaryFile() as file: np.save(file, np.eye(3))
np.linalg.svd(np.random.default_rng(0).normal(size=(200, 200)))
def double(x):
    return 2 * x
"""
FILL = "for number in range(8):\n    open(f'large{number}', 'wb').write(bytes(10 << 20))"
# what a hidden test shows it, it says wherever it can: in outputs, files, and later errors
TELLS = """\
import builtins, os, sys
kept = []
def double(x):
    kept.append(x)
    print(kept, file=sys.stderr)
    open("kept", "a").write(repr(kept))
    if np.ravel(x)[0] > 9:
        raise ValueError(repr(kept) + open("kept").read())
    return 2 * x
"""
HALF = "import os, struct, time\nfor fd in range(3, 256):\n    try: os.write(fd, struct.pack('>II', 1 << 20, 0))\n    except OSError: pass\ntime.sleep(1000)"
PLOTS = "import base64, os\nfor _ in range(6):\n    display({'image/png': base64.b64encode(os.urandom(700_000)).decode()}, raw=True)"


def _own_cells(sources):
    def change(notebook):
        empty = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
        notebook["cells"] += [{**empty, "id": f"own-{n}", "source": text} for n, text in enumerate(sources)]

    return change


def metadata_of_every_cell(value):
    def change(notebook):
        for cell in notebook["cells"]:
            cell["metadata"] = value

    return change


def attachments(notebook):
    _by_id(notebook, "why")["attachments"] = {"a": [], "b": {"image/png": 7}, "c": {"text/html": "<script>"}}


def beside(name, data=b""):
    """Return what writes the notebook and a file beside it."""

    def write(folder, notebook, course):
        plain(folder, notebook, course)
        with open(os.path.join(os.fsencode(folder), name), "wb") as file:
            file.write(data)

    return write


def plain(folder, notebook, course):
    (folder / "small.ipynb").write_text(json.dumps(notebook))


def many_files(folder, notebook, course):
    plain(folder, notebook, course)
    for number in range(3_000):
        (folder / f"{number:0200}").touch()


def odd_name(folder, notebook, course):
    with open(os.path.join(os.fsencode(folder), b"\xff\n.ipynb"), "wb") as file:
        file.write(b"{}")


def folder_for(name):
    """Return what makes a folder where a file is looked for."""

    def write(folder, notebook, course):
        if name != "small.ipynb":
            plain(folder, notebook, course)
        (folder / name / "below").mkdir(parents=True)

    return write


def hard_link(folder, notebook, course):
    os.link(course / "source" / "small" / "small.ipynb", folder / "small.ipynb")


def hard_link_beside(folder, notebook, course):
    plain(folder, notebook, course)
    os.link(course / "source" / "small" / "small.ipynb", folder / "tests.txt")


def missing_picture(notebook):
    _by_id(notebook, "why")["source"] = (
        "Because ![of this](attachment:gone.png) and ![that][1].\n\n[1]: attachment:no"
    )


def write_module(notebook):
    cell = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [], "id": "writes"}
    notebook["cells"].insert(0, {**cell, "source": "%%writefile mine.py\n" + DOUBLE})


def heavy_text(notebook):
    _by_id(notebook, "why")["source"] = "\\\\begin{a}" * 40_000


def many_heavy_texts(notebook):
    text = {"cell_type": "markdown", "metadata": {}}
    notebook["cells"] += [{**text, "id": f"heavy-{n}", "source": "\\\\(" * 6_000} for n in range(100)]


ATTACKS = [
    Submission(
        "traces-process-1", "graded", 3, blocked(LIBC + "got = libc.ptrace(16, 1, None, None)", "got == 0")
    ),
    Submission("reads-process-1", "graded", 3, blocked(READ_MEMORY, "got > 0")),
    Submission("nested-namespaces", "graded", 3, blocked(NESTED, "seen")),
    Submission(
        "leaves-a-key",
        "graded",
        3,
        KEY + "libc.syscall(numbers[0], b'user', b'answers', b'42', 2, -3)\n" + DOUBLE,
    ),
    Submission(
        "finds-a-key",
        "graded",
        3,
        blocked(
            KEY
            + "import time\ntime.sleep(1)\nkey = libc.syscall(numbers[1], 10, -3, b'user', b'answers', 0)",
            "key > 0",
        ),
    ),
    Submission("looks-through-files", "graded", 3, blocked(OWN_FILES, "seen")),
    Submission(
        "looks-around",
        "graded",
        3,
        blocked(
            "import os\nseen = {'run', 'sys', 'var', 'srv', 'media'} & {*os.listdir('/')} or os.listdir('/etc/ssl')",
            "seen",
        ),
    ),
    Submission(
        "reads-the-environment",
        "graded",
        3,
        blocked("import os\nseen = [name for name in os.environ if 'SECRET' in name]", "seen"),
    ),
    Submission(
        "raises-its-limits",
        "graded",
        3,
        blocked("import resource as r\nr.setrlimit(r.RLIMIT_AS, (r.RLIM_INFINITY,) * 2)", "True"),
    ),
    Submission("odd-signal", "crashed", 0, "import os\nos.kill(os.getpid(), 40)", reason="signal 40"),
    Submission("stops-itself", "timed out", 0, "import os\nos.kill(os.getpid(), 19)", reason="cell 3"),
    Submission("closes-its-files", "crashed", 0, "import os\nos.closerange(3, 256)"),
    Submission("half-a-message", "timed out", 1, HALF, reason="cell 3"),
    Submission("kills-its-snapshots", "crashed", 0, answer="import os\nos.kill(-1, 9)"),
    Submission(
        "slow-cells",
        "timed out",
        0,
        change=_own_cells(["import time\ntime.sleep(1.9)"] * 8),
        reason="12 s were over",
    ),
    Submission("dribbles-memory", "out of memory", 3, change=_own_cells(["x = 'x' * (1 << 30)"])),
    Submission("leaks-by-dtype", "graded", 1, LEAK_BY_DTYPE),
    Submission("leaks-by-size", "malformed", 1, LEAK_BY_SIZE, told=False),
    Submission("plots-for-gigabytes", "graded", 3, change=_own_cells([PLOTS] * 20)),
    Submission("metadata-a-list", "graded", 0, change=metadata_of_every_cell([])),
    Submission("metadata-null", "graded", 0, change=metadata_of_every_cell(None)),
    Submission("odd-attachments", "graded", 3, change=attachments),
    Submission("megabytes-of-code", "malformed", 0, DOUBLE + "#" * (9 << 20), reason="code"),
    Submission("large-file-beside", "graded", 3, write=beside(b"data", bytes(7 << 20))),
    Submission("many-files-beside", "graded", 3, write=many_files),
    Submission("odd-file-beside", "graded", 3, write=beside(b"\xff\n.txt")),
    Submission("odd-wrong-name", "missing", 0, write=odd_name),
    Submission("marks-all-folders", "graded", 3, blocked(ANYWHERE, "found")),
    Submission("marks-all-folders-after", "graded", 3, blocked(ANYWHERE, "found")),
    Submission(
        "replaces-a-device",
        "graded",
        3,
        blocked("import os\nos.unlink('/dev/null')\nos.symlink('/tmp/answers', '/dev/null')", "True"),
    ),
    Submission("adds-a-device", "graded", 3, blocked("open('/dev/answers', 'w').write('42')", "True")),
    Submission("folder-for-notebook", "malformed", 0, write=folder_for("small.ipynb"), reason="not a file"),
    Submission("folder-for-secret", "graded", 3, write=folder_for("submission_secret.txt")),
    Submission("folder-for-time", "graded", 3, write=folder_for("timestamp.txt")),
    Submission("hard-link-to-the-solution", "malformed", 0, write=hard_link, reason="of the instructor's"),
    Submission(
        "hard-link-beside", "graded", 3, blocked("open('tests.txt').read()", "True"), write=hard_link_beside
    ),
    Submission("é" * 100, "graded", 3),
    Submission("x" * 129, "malformed", 0, reason="at most 128"),
    Submission("y" * 255, "malformed", 0, reason="at most 128"),
    Submission("two\nlines", "malformed", 0, reason="cannot name a folder"),
    Submission(os.fsdecode(b"not-text-\xff"), "malformed", 0, reason="not text"),
    Submission("half-a-surrogate", "graded", 3, DOUBLE + "print('\\ud800')\n'\\udfff'"),
    Submission("raises-half-a-surrogate", "graded", 1, "def double(x):\n    raise ValueError('\\ud800')"),
    Submission("missing-picture", "graded", 3, change=missing_picture),
    Submission("heavy-text", "graded", 3, change=heavy_text),
    Submission("many-heavy-texts", "graded", 3, change=many_heavy_texts),
    Submission(
        "module-beside", "graded", 3, "from helper import double", write=beside(b"helper.py", DOUBLE.encode())
    ),
    Submission("writes-a-module", "graded", 3, "from mine import double", change=write_module),
    Submission(
        "unshares-a-user", "graded", 3, blocked(LIBC + "done = libc.unshare(0x10000000)", "done == 0")
    ),
    Submission("clones-a-user", "graded", 3, blocked(CLONE, "pid > 0")),
    Submission("clones-a-user-anew", "graded", 3, blocked(CLONE_3, "pid > 0")),
    Submission("userfaultfd", "graded", 3, blocked(CALL.format("(323, 282)", "1"), "done >= 0")),
    Submission(
        "loads-a-filter", "graded", 3, blocked(CALL.format("(321, 280)", "0"), "ctypes.get_errno() != 1")
    ),
    Submission(
        "looks-into-kernel-events",
        "graded",
        3,
        blocked(CALL.format("(298, 241)", "None"), "ctypes.get_errno() != 1"),
    ),
    Submission(
        "rings-of-requests", "graded", 3, blocked(CALL.format("(425, 425)", "8"), "ctypes.get_errno() != 38")
    ),
    Submission("memory-of-system-v", "graded", 3, blocked(SYSTEM_V, "max(made) >= 0")),
    Submission("exotic-sockets", "graded", 3, blocked(SOCKETS, "made")),
    Submission("types-into-a-terminal", "graded", 3, blocked(TYPES, "True")),
    Submission(
        "reads-settings-of-jupyter",
        "graded",
        3,
        blocked("import os, sys\nseen = os.listdir(sys.prefix + '/etc/jupyter')", "seen"),
    ),
    Submission("talks-to-itself", "graded", 3, LOOPBACK),
    Submission("starts-programs", "graded", 3, PROGRAMS),
    Submission("fills-its-folder", "graded", 3, blocked(FILL, "True")),
    Submission("empties-its-input", "graded", 1, "def double(x):\n    x[...] = 0\n    return x"),
    Submission("answers-in-its-input", "graded", 1, "def double(x):\n    x[...] = 2 * x"),
    Submission("tells-a-later-test", "graded", 1, TELLS, shown="A test that is not shown failed."),
    Submission("honest-at-last", "graded", 3, WRONG + DOUBLE),
]
