"""Every claim measured again, in a process of its own, and compared with what is on file."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from livenotes.chapters.activations import measures
from livenotes.claims import __main__ as command
from livenotes.claims import ledger
from livenotes.claims.ledger import Measured, read, read_measured
from livenotes.claims.measure import measure, measure_all
from livenotes.claims.rules import verdict_problems

LEDGER, NUMBERS = read(), read_measured()
MEASURED = [claim for claim in LEDGER.values() if claim.measure]

# Without the shape checks of this suite, which would take most of the time, and with one thread.
AGAIN = """
import sys
from pathlib import Path
from livenotes.claims.ledger import read, write_measured
from livenotes.claims.measure import measure_all
ledger = read()
write_measured(measure_all(ledger.values()), ledger, Path(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def again(tmp_path_factory):
    folder = tmp_path_factory.mktemp("measured")
    threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-c", AGAIN, str(folder)], check=True, env=os.environ | threads)
    return read_measured(folder)


@pytest.mark.parametrize("claim", MEASURED, ids=lambda claim: claim.key)
def test_a_second_measurement_agrees(claim, again):
    assert verdict_problems(claim, again[claim.key]) == []
    if claim.repeat == "verdict":
        return
    for name, was in NUMBERS[claim.key].items():
        now = again[claim.key][name]
        assert now.n == was.n
        # Two machines round differently, and training amplifies it: a small part of the spread is allowed.
        np.testing.assert_allclose(now.mean, was.mean, rtol=0.02, atol=0.2 * was.sd + 1e-12)


def test_values_become_mean_spread_and_number(monkeypatch):
    claim = replace(LEDGER["relu-kink"], measure="returned")

    def returning(values):
        monkeypatch.setattr(measures, "returned", lambda: values, raising=False)
        return measure(claim)["measure"]

    assert returning(np.asarray([1.0, 2.0, 3.0])) == Measured(2.0, 1.0, 3)
    assert returning(np.asarray([4.0])) == Measured(4.0, 0.0, 1)
    for bad in (np.asarray(4.0), np.asarray([]), np.asarray([1.0, np.nan]), np.asarray([np.inf])):
        with pytest.raises(ValueError, match="returned must return a 1-D array of finite numbers"):
            returning(bad)


@pytest.mark.parametrize(
    ("chapter", "name", "module"),
    [("activations", "nothing", "activations.measures"), ("no-room", "f", "no_room.measures")],
)
def test_a_measure_that_cannot_be_found_is_named(chapter, name, module):
    claim = replace(MEASURED[0], chapter=chapter, measure=name)
    with pytest.raises(ValueError, match=rf"no function '{name}' in .*{module}"):
        measure(claim)


def test_history_is_not_measured():
    history = [claim for claim in LEDGER.values() if not claim.measure]
    assert history
    assert measure_all(history) == {}


@pytest.fixture
def two_claims(monkeypatch, tmp_path):
    """Keep the command to two quick claims, and to a folder of its own."""
    claims = {key: LEDGER[key] for key in ("relu-kink", "tanh-centered")}
    write, load = ledger.write_measured, ledger.read_measured
    monkeypatch.setattr(command, "read", lambda: claims)
    monkeypatch.setattr(command, "write_measured", lambda numbers, _: write(numbers, claims, tmp_path))
    monkeypatch.setattr(command, "read_measured", lambda: load(tmp_path))
    return claims, tmp_path


def test_the_command_measures_all_or_some(two_claims, capsys):
    claims, folder = two_claims
    (expected := folder / "expected").mkdir()
    ledger.write_measured(measure_all(claims.values()), claims, expected)
    command.main(["measure"])
    assert read_measured(folder) == read_measured(expected)  # the digits of rounding are this machine's
    stale = read_measured(folder) | {"relu-kink": {"measure": Measured(9.0, 0.0, 1)}}
    ledger.write_measured(stale, claims, folder)
    command.main(["measure", "tanh-centered"])
    assert read_measured(folder) == stale
    command.main(["measure", "relu-kink"])
    assert read_measured(folder)["relu-kink"] == NUMBERS["relu-kink"]
    with pytest.raises(SystemExit):
        command.main(["measure", "no-such-claim"])
    assert "no claim no-such-claim in the ledger" in capsys.readouterr().err


def test_the_command_reports_a_contradiction(two_claims):
    claims, _ = two_claims
    claims["relu-kink"] = replace(claims["relu-kink"], claimed=(2.0, 3.0))
    with pytest.raises(SystemExit, match="verdict is 'holds', but 'measure' is 0"):
        command.main(["measure"])
