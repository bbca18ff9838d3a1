"""Submissions, honest, broken and hostile: what each does, and the verdict and points it must get.

The assignment is the small one of ``course``: ``double`` is worth 2 points and ``answer`` 1. Where an
attack is tried, the code is right only if the attack failed, so that full points say it did.
"""

import copy
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

DOUBLE = "def double(x):\n    return 2 * x\n"
WRONG = "def double(x):\n    return 3 * x\n"
ANSWER = "answer = 42"


@dataclass(frozen=True)
class Submission:
    """One row: ``double`` and ``answer`` are cells; ``change`` alters the notebook, ``write`` the files.

    ``told`` says whether the page names the verdict: it does not if that came up in a hidden test.
    """

    name: str
    verdict: str
    points: float
    double: str = DOUBLE
    answer: str = ANSWER
    reason: str = ""
    change: Callable[[dict[str, Any]], Any] | None = None
    write: Callable[[Any, dict[str, Any], Any], None] | None = None
    shown: str = ""
    told: bool = True
    extra: dict[str, Any] = field(default_factory=dict)


def blocked(attempt, check="False"):
    """Return a cell that tries something and defines ``double`` rightly only if that raised or came to nothing."""
    lines = "\n".join("    " + line for line in attempt.split("\n"))
    return (
        f"won = True\ntry:\n{lines}\n    won = bool({check or 'True'})\nexcept BaseException:\n    won = False\n"
        "def double(x):\n    return x if won else 2 * x\n"
    )


def _by_id(notebook, grade_id):
    return next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def edit_tests(notebook):
    for grade_id in ("test_double", "test_answer"):
        _by_id(notebook, grade_id)["source"] = "pass"


def delete_tests(notebook):
    notebook["cells"] = [
        c for c in notebook["cells"] if "test" not in c["metadata"].get("nbgrader", {}).get("grade_id", "")
    ]


def test_to_text(notebook):
    cell = _by_id(notebook, "test_double")
    cell["cell_type"] = "markdown"
    del cell["outputs"], cell["execution_count"]


def forge_metadata(notebook):
    for cell in notebook["cells"]:
        record = cell["metadata"].get("nbgrader")
        if record:
            record |= {"points": 1000, "grade": True, "locked": False, "solution": True, "checksum": "0"}


def break_metadata(notebook):
    for cell in notebook["cells"]:
        cell["metadata"]["nbgrader"] = ["grade_id", {"points": None}]
    notebook["metadata"] = {"kernelspec": 7}


def duplicate(notebook):
    again = copy.deepcopy(_by_id(notebook, "test_double"))
    notebook["cells"] += [again, copy.deepcopy(again)]


def other_kernel(notebook):
    notebook["metadata"]["kernelspec"] = {"name": "no-such-kernel", "display_name": "?", "language": "cobol"}


def numbers_for_sources(notebook):
    notebook["cells"][2]["source"] = 17


def reorder(notebook):
    notebook["cells"] = notebook["cells"][:1] + notebook["cells"][:0:-1]


def raw(data):
    def write(folder, notebook, course):
        path = folder / "small.ipynb"
        path.write_bytes(data(json.dumps(notebook).encode()) if callable(data) else data)

    return write


def wrong_name(folder, notebook, course):
    (folder / "Small (1).ipynb").write_text(json.dumps(notebook))


def link_to_solution(folder, notebook, course):
    (folder / "small.ipynb").symlink_to(course / "source" / "small" / "small.ipynb")


def linked_folder(folder, notebook, course):
    folder.rmdir()
    folder.symlink_to(course / "source" / "small")


def link_beside(folder, notebook, course):
    (folder / "small.ipynb").write_text(json.dumps(notebook))
    (folder / "tests.txt").symlink_to(course / "source" / "small" / "small.ipynb")


def pipe(folder, notebook, course):
    os.mkfifo(folder / "small.ipynb")


def nothing(folder, notebook, course):
    folder.rmdir()
    folder.parent.rmdir()


def bad_timestamp(folder, notebook, course):
    (folder / "small.ipynb").write_text(json.dumps(notebook))
    (folder / "timestamp.txt").write_text("the day before yesterday")


SWALLOW = (
    "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass"
)
EQUAL = "class Equal:\n    def __eq__(self, other): return True\n    __gt__ = __lt__ = __ge__ = __le__ = __eq__\n    __hash__ = None\n    def __array__(self, *a, **k): return self\n"
PATCHED = """\
import numpy as np, builtins, operator
def fine(*a, **k): return None
for name in dir(np.testing):
    if name.startswith("assert"): setattr(np.testing, name, fine)
np.allclose = np.isclose = np.array_equal = lambda *a, **k: True
operator.eq = lambda a, b: True
"""
FORGE = """\
import os, json, struct
text = json.dumps({"id": 1, "outputs": [], "error": None, "score": 2, "verdict": "graded", "npy": []}).encode()
for fd in range(3, 256):
    try: os.write(fd, struct.pack(">II", len(text), 0) + text)
    except OSError: pass
"""
GARBAGE = (
    "import os\nfor fd in range(3, 256):\n    try: os.write(fd, b'\\xff' * 64)\n    except OSError: pass\n"
)
HOOKS = """\
ip = get_ipython()
ip.input_transformers_cleanup.append(lambda lines: ["pass\\n"])
ip.events.register("pre_run_cell", lambda *a: ip.user_ns.update(np=None))
ip.ast_transformers.append(type("T", (), {"visit": lambda self, node: node})())
"""

TABLE = [
    Submission("honest", "graded", 3),
    Submission("wrong", "graded", 1, WRONG),
    Submission("partial", "graded", 1, "def double(x):\n    return np.array([2.0, 4.0])"),
    Submission("blank", "graded", 0, "# YOUR CODE HERE\nraise NotImplementedError()", "# YOUR CODE HERE"),
    Submission("syntax-error", "graded", 1, "def double(x)\n    return 2 * x", shown="SyntaxError"),
    Submission("raises", "graded", 1, "def double(x):\n    raise ValueError(x)"),
    Submission("recursion", "graded", 1, "def double(x):\n    return double(x)"),
    Submission(
        "prints-and-plots",
        "graded",
        3,
        DOUBLE + "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nprint('look here')",
        shown="look here",
    ),
    Submission(
        "warns",
        "graded",
        3,
        "import warnings, sys\nwarnings.warn('old')\nprint('!', file=sys.stderr)\n" + DOUBLE,
        shown="old",
    ),
    Submission(
        "warns-when-called",
        "graded",
        3,
        "import warnings\ndef double(x):\n    warnings.warn('old')\n    return 2 * x",
    ),
    Submission("magics", "graded", 3, "%matplotlib inline\n%time z = 1\n" + DOUBLE),
    Submission("endless", "timed out", 1, "while True:\n    pass", reason="cell 3"),
    Submission("endless-deaf", "timed out", 0, SWALLOW, reason="cell 3"),
    Submission("endless-deaf-late", "timed out", 2, answer=SWALLOW, reason="cell 5"),
    Submission(
        "endless-call", "timed out", 1, "def double(x):\n    while True:\n        pass", reason="double"
    ),
    Submission("sleeps", "timed out", 1, "import time\ntime.sleep(1000)", reason="cell 3"),
    Submission("memory-at-once", "out of memory", 1, "x = bytearray(1 << 40)", reason="cell 3"),
    Submission(
        "memory-bit-by-bit", "out of memory", 1, "kept = []\nwhile True:\n    kept.append(bytearray(1 << 24))"
    ),
    Submission("memory-in-a-call", "graded", 1, "def double(x):\n    return bytearray(1 << 40)"),
    Submission(
        "fork-bomb",
        "timed out",
        0,
        "import os\nwhile True:\n    try:\n        os.fork()\n    except BaseException:\n        pass",
    ),
    Submission(
        "thread-bomb",
        "graded",
        1,
        "import threading, time\nfor _ in range(10_000):\n    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        + DOUBLE,
    ),
    Submission("flood", "timed out", 1, "while True:\n    print('x' * 1000)"),
    Submission(
        "huge-output",
        "graded",
        3,
        "print('x' * 50_000_000)\n" + DOUBLE,
        shown="rest of the output was dropped",
    ),
    Submission("many-displays", "graded", 3, "for i in range(2_000):\n    display(i)\n" + DOUBLE),
    Submission("huge-file", "graded", 3, blocked("open('big', 'wb').write(b'x' * (1 << 28))", "True")),
    Submission("raw-exit", "crashed", 0, "import os\nos._exit(0)", reason="cell 3 ended the process"),
    Submission("raw-exit-late", "crashed", 2, answer="import os\nos._exit(0)", reason="cell 5"),
    Submission(
        "raw-exit-in-a-call", "crashed", 1, "import os\ndef double(x):\n    os._exit(0)", reason="double"
    ),
    Submission("sys-exit", "graded", 3, DOUBLE + "import sys\nsys.exit(1)"),
    Submission("exit", "graded", 3, DOUBLE + "exit()"),
    Submission("sys-exit-in-a-call", "graded", 1, "import sys\ndef double(x):\n    sys.exit(0)"),
    Submission("segfault", "crashed", 0, "import ctypes\nctypes.string_at(0)", reason="SIGSEGV"),
    Submission("kills-itself", "out of memory", 0, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"),
    Submission("kills-all", "graded", 3, DOUBLE + "import os\nos.kill(1, 9)\nos.kill(1, 19)"),
    Submission("deletes", "graded", 3, blocked("import shutil, os\nshutil.rmtree('{course}')", "True")),
    Submission("deletes-the-system", "graded", 3, blocked("import os\nos.remove(np.__file__)", "True")),
    Submission(
        "reads-the-source", "graded", 3, blocked("open('{course}/source/small/small.ipynb').read()", "True")
    ),
    Submission("reads-others", "graded", 3, blocked("import os\nos.listdir('{course}/submitted')", "True")),
    Submission("reads-passwords", "graded", 3, blocked("open('/etc/passwd').read()", "True")),
    Submission(
        "looks-for-the-test",
        "graded",
        3,
        blocked(
            "import gc\nfound = [o for o in gc.get_objects() if isinstance(o, (dict, list)) and '2718' '28.0' in repr(o)[:10000]]",
            "found",
        ),
    ),
    Submission(
        "writes-the-gradebook",
        "graded",
        3,
        blocked(
            "import sqlite3\nsqlite3.connect('{course}/gradebook.db').execute('update grade set auto_score = 99')",
            "True",
        ),
    ),
    Submission(
        "network",
        "graded",
        3,
        blocked("import socket\nsocket.create_connection(('127.0.0.1', {port}), 1)", "True"),
    ),
    Submission(
        "other-processes",
        "graded",
        3,
        blocked("import os\nseen = [p for p in os.listdir('/proc') if p.isdigit()]", "seen"),
    ),
    Submission("becomes-root", "graded", 3, blocked("import os\nos.setuid(0)", "True")),
    Submission(
        "mounts",
        "graded",
        3,
        blocked(
            "import ctypes\nbad = ctypes.CDLL(None).mount(b'none', b'/tmp', b'tmpfs', 0, None)", "bad == 0"
        ),
    ),
    Submission(
        "leaves-a-mark",
        "graded",
        3,
        blocked(
            "import os, glob\nfor d in ('/tmp', '/dev/shm', '.'):\n    n = d + '/mark-' + str(os.getpid())\n    old = glob.glob(d + '/mark-*')\n    open(n, 'w').close()\n    if old: break",
            "old",
        ),
    ),
    Submission(
        "finds-a-mark",
        "graded",
        3,
        blocked(
            "import glob, time\ntime.sleep(1)  # both may run at once\nold = [m for d in ('/tmp', '/dev/shm', '.') for m in glob.glob(d + '/mark-*')]",
            "old",
        ),
    ),
    Submission(
        "leaves-a-process",
        "graded",
        3,
        DOUBLE + "import subprocess\nsubprocess.Popen(['sleep', '98765'], start_new_session=True)",
    ),
    Submission("patches-numpy", "graded", 1, PATCHED + WRONG),
    Submission(
        "patches-python",
        "crashed",
        0,
        "import builtins\nbuiltins.isinstance = builtins.all = lambda *a: True\n" + WRONG,
    ),
    Submission("claims-to-be-equal", "graded", 1, EQUAL + "def double(x):\n    return Equal()"),
    Submission("answer-claims-to-be-equal", "graded", 2, answer=EQUAL + "answer = Equal()"),
    Submission(
        "equal-array",
        "graded",
        1,
        "class A(np.ndarray):\n    def __eq__(self, o): return np.True_\n    def __array_ufunc__(self, *a, **k): return np.True_\ndef double(x):\n    return np.zeros(np.shape(x)).view(A)",
    ),
    Submission("not-a-number", "graded", 1, "def double(x):\n    return x * np.nan"),
    Submission(
        "pickle",
        "graded",
        1,
        "import os\nclass P:\n    def __reduce__(self): return os.system, ('touch {course}/pwned',)\ndef double(x):\n    return np.array([P()], dtype=object)",
    ),
    Submission(
        "huge-answer", "malformed", 1, "def double(x):\n    return np.zeros(5_000_000)", reason="too large"
    ),
    Submission(
        "deep-answer",
        "graded",
        1,
        "def double(x):\n    y = []\n    for _ in range(100_000): y = [y]\n    return y",
    ),
    Submission(
        "nasty-error",
        "graded",
        1,
        "class E(Exception):\n    def __str__(self): raise E()\ndef double(x):\n    raise E()",
    ),
    Submission("hooks", "graded", 0, HOOKS + WRONG),
    Submission(
        "forges-on-stdout",
        "graded",
        1,
        WRONG + "print({'verdict': 'graded', 'score': 2})\n__import__('os').write(1, b'{\"score\": 2}')",
    ),
    Submission("forges-on-the-channel", "malformed", 0, FORGE + WRONG),
    Submission("garbage-on-the-channel", "malformed", 0, GARBAGE + WRONG, reason="not an answer"),
    Submission("edited-tests", "graded", 1, WRONG, change=edit_tests, reason="test_double had been changed"),
    Submission("deleted-tests", "graded", 1, WRONG, change=delete_tests, reason="test_double was missing"),
    Submission("test-made-text", "graded", 1, WRONG, change=test_to_text),
    Submission("forged-metadata", "graded", 3, change=forge_metadata),
    Submission("broken-metadata", "graded", 0, change=break_metadata),
    Submission("duplicate-ids", "graded", 3, change=duplicate, reason="more than once"),
    Submission("wrong-kernel", "graded", 3, change=other_kernel),
    Submission("shuffled", "graded", 0, change=reorder),
    Submission(
        "truncated", "malformed", 0, write=raw(lambda data: data[: len(data) // 2]), reason="not a notebook"
    ),
    Submission("empty", "malformed", 0, write=raw(b""), reason="empty"),
    Submission("binary", "malformed", 0, write=raw(bytes(range(256)))),
    Submission("a-list", "malformed", 0, write=raw(b"[1, 2]")),
    Submission("deep-json", "malformed", 0, write=raw(b"[" * 200_000)),
    Submission(
        "format-3", "malformed", 0, write=raw(b'{"worksheets": [], "nbformat": 3}'), reason="format 4"
    ),
    Submission("number-for-source", "malformed", 0, change=numbers_for_sources, reason="cell 3"),
    Submission("too-large", "malformed", 0, write=raw(lambda data: data + b" " * (21 << 20)), reason="bytes"),
    Submission("wrong-name", "missing", 0, write=wrong_name, reason="Small"),
    Submission("nothing", "missing", 0, write=nothing, reason="nothing was submitted"),
    Submission("link-to-the-solution", "malformed", 0, write=link_to_solution, reason="symbolic link"),
    Submission("linked-folder", "malformed", 0, write=linked_folder, reason="symbolic link"),
    Submission("link-beside", "graded", 3, blocked("open('tests.txt').read()", "True"), write=link_beside),
    Submission("pipe", "malformed", 0, write=pipe, reason="not a file"),
    Submission("bad-timestamp", "graded", 3, write=bad_timestamp),
    Submission(
        "script-in-output",
        "graded",
        3,
        DOUBLE + "from IPython.display import HTML, display\ndisplay(HTML('<script>alert(1)</script>'))",
    ),
    Submission(
        "remembers-inputs",
        "graded",
        3,
        "seen = []\ndef double(x):\n    seen.append(x)\n    print(x)\n    return 2 * x",
        "print(seen)\nanswer = 42",
    ),
    Submission("honest-again", "graded", 3),
]
