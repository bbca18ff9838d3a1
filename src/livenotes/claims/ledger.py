"""The ledger: what the notes claim, what became of it, and the number that decides.

The room of a chapter holds its part: ``claims.toml`` the prose, so that it can be translated, and
``measured.json`` the numbers, written by ``python -m livenotes.claims measure`` and never by hand.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from livenotes._folders import ROOMS


class Verdict(StrEnum):
    """What became of a claim."""

    HOLDS = "holds"
    HOLDS_WHEN = "holds when"
    WRONG = "wrong, corrected"
    HISTORY = "a matter of history"
    DEFINITION = "a definition"


class Measured(NamedTuple):
    """Mean and standard deviation of a quantity over ``n`` seeds or repeats; ``sd`` is 0 where ``n`` is 1."""

    mean: float
    sd: float
    n: int


@dataclass(frozen=True)
class Claim:
    """One checkable statement of the notes.

    Attributes
    ----------
    key : str
        Its name, in kebab case, unique in the whole ledger.
    chapter : str
        The chapter whose room it stands in.
    note : str
        Number of the notes' file and the heading there.
    says : str
        What the notes state, in our words.
    verdict : Verdict
    finding : str
        What is true, or true instead.
    section : str
        Label of the section of the chapter that discusses it.
    quantity : str
        What the number is, with its unit.
    measure : str
        A function of the room's ``measures.py`` that takes nothing and returns a 1-D array: one value a seed,
        or a single one where nothing is random.
    claimed : (float, float)
        The values of the quantity for which the statement would be true, bounds included.
    when : str
        For *holds when*: the condition.
    otherwise : str
        For *holds when*: the measure where the condition fails; it must fall outside ``claimed``.
    checked : str
        For a definition: what it was checked against, such as an independent implementation.
    test : str
        For a definition: the test that checks it, ``tests/test_dropout.py::test_mask``, where no ``measure``
        with its ``claimed`` does.
    cite : list of str
        Keys in the bibliography.
    repeat : {"number", "verdict"}
        What a second measurement must reproduce. Timings and rounding errors depend on the machine; for
        them it is the verdict alone.
    """

    key: str
    chapter: str
    note: str
    says: str
    verdict: Verdict
    finding: str
    section: str
    quantity: str = ""
    measure: str = ""
    claimed: tuple[float, float] | None = None
    when: str = ""
    otherwise: str = ""
    checked: str = ""
    test: str = ""
    cite: tuple[str, ...] = ()
    repeat: Literal["number", "verdict"] = "number"

    @property
    def place(self) -> str:
        """Where to look for it, for error messages."""
        return _place(self.chapter, self.key)


FIELDS = {f.name: f.default is MISSING for f in fields(Claim) if f.name not in ("key", "chapter")}
"""The fields of an entry, and whether every entry must have it."""


def read(rooms: Path = ROOMS) -> dict[str, Claim]:
    """Read the claims of every room of a folder, in the order of the entries.

    Raises
    ------
    ValueError
        If a file is not TOML, or an entry has an unknown field, lacks one, or is of the wrong type.
    """
    ledger: dict[str, Claim] = {}
    for path in sorted(rooms.glob("*/claims.toml")):
        chapter = path.parent.name.replace("_", "-")
        try:
            entries = tomllib.loads(path.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise ValueError(f"{path.parent.name}/claims.toml is not valid TOML: {error}") from error
        for key, entry in entries.items():
            claim = _claim(chapter, key, entry)
            if key in ledger:
                raise ValueError(f"{claim.place}: {ledger[key].place} has this key already; rename one")
            ledger[key] = claim
    return ledger


def _room(chapter: str) -> str:
    return chapter.replace("-", "_")


def _place(chapter: str, key: str) -> str:
    return f"{_room(chapter)}/claims.toml, [{key}]"


def _claim(chapter: str, key: str, entry: Any) -> Claim:
    place = _place(chapter, key)
    if not isinstance(entry, dict):
        raise ValueError(f"{place}: expected a table of fields, got {entry!r}; put a heading [{key}]")
    for name in entry:
        if name not in FIELDS:
            raise ValueError(f"{place}: unknown field {name!r}; remove it or use one of {', '.join(FIELDS)}")
    for name, required in FIELDS.items():
        if required and name not in entry:
            raise ValueError(f"{place}: field {name!r} is missing; add it")
    return Claim(key=key, chapter=chapter, **{name: _value(place, name, v) for name, v in entry.items()})


def _value(place: str, name: str, value: Any) -> Any:
    """Check one field and bring it to the type that ``Claim`` declares."""
    if name == "claimed":
        if not (
            isinstance(value, list)
            and len(value) == 2
            and all(isinstance(v, int | float) for v in value)
            and value[0] <= value[1]
        ):
            raise ValueError(f"{place}: claimed must be [low, high] with low <= high, got {value!r}")
        return float(value[0]), float(value[1])
    if name == "cite":
        if not (isinstance(value, list) and value and all(isinstance(v, str) for v in value)):
            raise ValueError(f"{place}: cite must be a list of keys in the bibliography, got {value!r}")
        return tuple(value)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{place}: {name} must be text, got {value!r}")
    allowed = {"verdict": [v.value for v in Verdict], "repeat": ["number", "verdict"]}.get(name)
    if allowed and value not in allowed:
        raise ValueError(f"{place}: {name} is {value!r}; use one of {', '.join(map(repr, allowed))}")
    return Verdict(value) if name == "verdict" else value


def read_measured(rooms: Path = ROOMS) -> dict[str, dict[str, Measured]]:
    """Read ``measured.json`` of every room: for every key what is under ``measure`` and ``otherwise``."""
    entries: dict[str, Any] = {}
    for path in sorted(rooms.glob("*/measured.json")):
        entries |= json.loads(path.read_text(encoding="utf-8"))
    return {key: {name: Measured(**m) for name, m in entry.items()} for key, entry in entries.items()}


def write_measured(
    numbers: Mapping[str, Mapping[str, Measured]], ledger: Mapping[str, Claim], rooms: Path = ROOMS
) -> None:
    """Write ``measured.json`` of the rooms that the ledger's claims belong to.

    Sorted and rounded to four digits, so that a difference is a difference.
    """
    by_room: dict[Path, dict[str, Any]] = {}
    for key, entry in sorted(numbers.items()):
        by_room.setdefault(rooms / _room(ledger[key].chapter), {})[key] = {
            name: {"mean": _rounded(m.mean), "sd": _rounded(m.sd), "n": m.n}
            for name, m in sorted(entry.items())
        }
    for room, entries in by_room.items():
        room.mkdir(exist_ok=True)
        (room / "measured.json").write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


@cache
def shipped() -> dict[str, Claim]:
    """Return the ledger of this package by key; it is read once."""
    return read()


@cache
def shipped_numbers() -> dict[str, dict[str, Measured]]:
    """Return what was measured for the ledger of this package; it is read once."""
    return read_measured()
