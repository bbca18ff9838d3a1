"""The store: what is written, how it is found again, and that a spot check sees a difference."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from livenotes._folders import book
from livenotes.lab import __main__ as command
from livenotes.lab import store


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LIVENOTES_BOOK", str(tmp_path))
    return tmp_path / "results"


def growth(base, power):
    """A tiny experiment: a number, and a curve that ends in something that did not work out."""
    curve = base ** np.linspace(0, power, 20)
    curve[-1] = np.inf if base > 2 else np.nan
    return {"end": np.array(float(base**power)), "curve": curve}


TINY = store.Stored(
    "tiny", growth, {"base": (2.0, 3.0), "power": (1, 2, 4)}, seed=5, fixed={"times": np.arange(20)}
)


def test_what_is_saved_is_loaded(folder):
    arrays = {"x": np.arange(3.0), "names": np.array(["sigmoid", "tanh"])}
    store.save("one", arrays, "python -m something", 7)
    loaded = store.load("one")
    assert set(loaded) == {"x", "names"}
    for key, array in arrays.items():
        np.testing.assert_array_equal(loaded[key], array)
    facts = json.loads((folder / "one.json").read_text())
    assert facts["command"] == "python -m something"
    assert facts["seed"] == 7
    assert set(facts["versions"]) == {"python", "numpy", "livenotes"}


def test_the_same_arrays_give_the_same_bytes(folder):
    store.save("one", {"x": np.arange(3.0)}, "c", 0)
    before = [(folder / name).read_bytes() for name in ("one.npz", "one.json")]
    store.save("one", {"x": np.arange(3.0)}, "c", 0)
    assert [(folder / name).read_bytes() for name in ("one.npz", "one.json")] == before


@pytest.mark.usefixtures("folder")
def test_bad_names_and_arrays_are_named():
    with pytest.raises(FileNotFoundError, match=r"compute it with 'python -m livenotes\.lab nothing'"):
        store.load("nothing")
    for name in ("", "a/b", "..", "a b"):
        with pytest.raises(ValueError, match="name: expected letters"):
            store.save(name, {}, "c", 0)
        with pytest.raises(ValueError, match="name: expected letters"):
            store.load(name)
    with pytest.raises(ValueError, match=r"arrays\['x'\]: expected numbers or text, got dtype object"):
        store.save("one", {"x": np.array([None])}, "c", 0)


def test_the_book_is_found_beside_the_package_or_where_the_variable_says(tmp_path, monkeypatch):
    monkeypatch.delenv("LIVENOTES_BOOK", raising=False)
    assert (book() / "references.bib").is_file()
    monkeypatch.setenv("LIVENOTES_BOOK", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="nowhere: work in a clone of the repository"):
        book()


def test_points_are_stacked_along_the_axes():
    arrays = TINY.compute()
    assert arrays["end"].tolist() == [[2.0, 4.0, 16.0], [3.0, 9.0, 81.0]]
    assert arrays["curve"].shape == (2, 3, 20)
    np.testing.assert_array_equal(arrays["curve"][1, 2], growth(3.0, 4)["curve"])
    assert arrays["base"].tolist() == [2.0, 3.0]
    assert arrays["times"].shape == (20,)


def test_an_executor_gives_the_same_arrays():
    alone = TINY.compute()
    with ThreadPoolExecutor(2) as pool:
        together = TINY.compute(pool)
    assert set(alone) == set(together)
    for key, array in alone.items():
        np.testing.assert_array_equal(together[key], array)


@pytest.mark.usefixtures("folder")
def test_a_spot_check_passes_on_what_was_made_and_sees_every_difference(rng):
    TINY.make()
    assert TINY.spot_check(rng, 6) == []

    def differs(change):
        other = replace(TINY, run=lambda **point: change(growth(**point)))
        return other.spot_check(rng, 6)

    assert any("'end'" in line for line in differs(lambda r: r | {"end": r["end"] * 1.01}))
    assert any("'curve'" in line for line in differs(lambda r: r | {"curve": r["curve"] * 1.01}))
    assert any("'curve'" in line for line in differs(lambda r: r | {"curve": r["curve"][:-1]}))
    assert any("'curve'" in line for line in differs(lambda r: r | {"curve": np.nan_to_num(r["curve"])}))
    assert any("'new'" in line for line in differs(lambda r: r | {"new": np.zeros(1)}))
    assert (
        "compute it again with 'python -m livenotes.lab tiny'"
        in differs(lambda r: r | {"end": r["end"] * 1.01})[0]
    )


@pytest.mark.usefixtures("folder")
def test_tolerances_and_training_curves(rng):
    TINY.make()

    def late(**point):
        result = growth(**point)
        result["curve"][2:] *= 3
        return result | {"end": result["end"] * 1.2}

    loose = replace(TINY, run=late, rtol={"end": 0.3})
    assert any("'curve'" in line for line in loose.spot_check(rng, 2))
    assert replace(loose, curves=("curve",)).spot_check(rng, 2) == []


def test_a_name_is_registered_once(monkeypatch):
    monkeypatch.setattr(store, "STORED", {})
    assert store.register(TINY) is TINY
    assert store.STORED == {"tiny": TINY}
    with pytest.raises(ValueError, match="'tiny' is registered twice"):
        store.register(TINY)
    with pytest.raises(ValueError, match=r"axes\['base'\] of 'other': expected at least one value"):
        store.register(replace(TINY, name="other", axes={"base": ()}))
    with pytest.raises(ValueError, match="name: expected letters"):
        store.register(replace(TINY, name="a/b"))


def test_the_command_makes_what_it_is_told(folder, monkeypatch, capsys):
    monkeypatch.setattr(command, "STORED", {"tiny": TINY, "other": replace(TINY, name="other")})
    monkeypatch.setattr(
        command, "ProcessPoolExecutor", lambda processes, context: ThreadPoolExecutor(processes)
    )
    command.main(["tiny", "--processes", "2"])
    assert sorted(path.name for path in folder.iterdir()) == ["tiny.json", "tiny.npz"]
    assert json.loads((folder / "tiny.json").read_text())["command"].endswith("livenotes.lab tiny")
    command.main([])
    assert (folder / "other.npz").is_file()
    with pytest.raises(SystemExit):
        command.main(["unknown"])
    assert "no stored experiment unknown; there are other, tiny" in capsys.readouterr().err
