"""What a run came to: a table for the terminal, files for a learning platform, a picture of the tasks."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from livenotes.coursework.exam.verdict import Verdict
from livenotes.coursework.nbgrader.grade import Result

Roster = Mapping[str, Mapping[str, str]]
Totals = Mapping[str, tuple[float, bool]]


def table(results: Sequence[Result], totals: Totals, most: float) -> str:
    """Return one line a student, and a last line that counts the verdicts."""
    rows = [("student", "points", "verdict", "reason")]
    for result in results:
        points, open_ = totals.get(result.student, (0.0, False))
        shown = f"{points:g}/{most:g}" + ("+" if open_ else "") if result.student in totals else "-"
        reason = result.reason if len(result.reason) <= 80 else result.reason[:77] + "..."
        rows.append((result.student, shown, str(result.verdict), reason))
    widths = [max(len(row[k]) for row in rows) for k in range(3)]
    lines = [
        "  ".join([*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[3]]) for row in rows
    ]
    counts = Counter(result.verdict for result in results)
    tally = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict])
    note = "".join(
        f"\nthe same answers, letter for letter: {', '.join(map(printable, group))}"
        for group in same(results)
    )
    note += "\n+ : a written answer still waits for a grader" if any(o for _, o in totals.values()) else ""
    return "\n".join(
        [*(printable(line.rstrip()) for line in lines), "", f"{len(results)} students: {tally}{note}"]
    )


def same(results: Sequence[Result]) -> list[list[str]]:
    """Return the groups of students whose answers are the same to the letter."""
    groups: dict[str, list[str]] = {}
    for result in results:
        if result.answers:
            groups.setdefault(result.answers, []).append(result.student)
    return [group for group in groups.values() if len(group) > 1]


def printable(text: str, instead: str = "?") -> str:
    """Replace what would move the cursor or color the terminal: the text may quote a submission."""
    return "".join(c if c.isprintable() else instead for c in text)


def canvas(assignment: str, roster: Roster, totals: Totals, most: float) -> str:
    """Return the grades as Canvas imports them: its five columns, then one for the assignment."""
    rows = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment],
        ["    Points Possible", "", "", "", "", f"{most:g}"],
    ]
    for student, entry in sorted(roster.items()):
        name = ", ".join(filter(None, (entry["last_name"], entry["first_name"]))) or student
        words = [name, entry["lms_user_id"], student, student, ""]
        rows.append([*map(_word, words), _points(student, totals)])
    return _csv(rows)


def moodle(assignment: str, roster: Roster, totals: Totals, most: float) -> str:
    """Return the grades as Moodle imports them, matched by mail address or id number."""
    rows = [["First name", "Last name", "ID number", "Email address", f"Assignment: {assignment} (Real)"]]
    for student, entry in sorted(roster.items()):
        number = entry["lms_user_id"] or student
        words = [entry["first_name"], entry["last_name"], number, entry["email"]]
        rows.append([*map(_word, words), _points(student, totals)])
    return _csv(rows)


FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20"  # and their full-width forms, which some read as the same
FORMATS = {"canvas": canvas, "moodle": moodle}


def _points(student: str, totals: Totals) -> str:
    return f"{totals[student][0]:.2f}" if student in totals else ""


def _csv(rows: Sequence[Sequence[str]]) -> str:
    """Write rows, every cell in quotes: which character separates cells depends on the reader's country."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    return stream.getvalue()


def _word(text: str) -> str:
    """Return a cell of one line, and as text what a spreadsheet would take for a formula and run."""
    line = " ".join(printable(text, " ").split())
    return f"'{line}" if line[:1] in FORMULA and line else line


def picture(results: Sequence[Result], worth: Mapping[str, float], path: Path) -> None:
    """Draw, for each task, the share with all, some and no points; the path's ending says the format."""
    import matplotlib
    from matplotlib.figure import Figure

    graded = [result for result in results if result.verdict is not Verdict.MISSING]
    tasks = [task for task in worth if any(result.points.get(task) is not None for result in graded)]
    figure = Figure(figsize=(7, 1.2 + 0.4 * len(tasks)), layout="constrained")
    axes = figure.add_subplot()
    left = [0.0] * len(tasks)
    for label, color in (("all points", "#2a7f62"), ("some", "#e0b040"), ("none", "#b5493a")):
        shares = [_share(graded, task, worth[task], label) for task in tasks]
        axes.barh(tasks, shares, left=left, color=color, label=label)
        left = [a + b for a, b in zip(left, shares, strict=True)]
    axes.invert_yaxis()
    axes.set(xlim=(0, 100), xlabel=f"% of {len(graded)} submissions")
    figure.legend(loc="outside upper center", ncols=3, frameon=False)
    with matplotlib.rc_context({"svg.hashsalt": "tasks"}):
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def _share(results: Sequence[Result], task: str, worth: float, label: str) -> float:
    points = [p for result in results if (p := result.points.get(task)) is not None]
    kinds = ["all points" if p >= worth else "some" if p > 0 else "none" for p in points]
    return 100 * kinds.count(label) / len(kinds)
