"""The store: what is written, how it is found again, and that a spot check sees a difference."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from livenotes._folders import book
from livenotes.chapters import __main__ as command
from livenotes.lab import store


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LIVENOTES_BOOK", str(tmp_path))
    return tmp_path / "results"


def growth(base, power):
    """A tiny experiment: a number, and a curve that ends in something that did not work out."""
    curve = base ** np.linspace(0, power, 20)
    curve[-1] = np.inf if base > 2 else np.nan
    return xr.Dataset(
        {"end": ((), float(base**power)), "curve": ("step", curve)}, coords={"step": np.arange(20)}
    )


TINY = store.Stored("tiny", growth, {"base": (2.0, 3.0), "power": (1, 2, 4)}, seed=5)
ONE = xr.Dataset(
    {"x": ("name", np.arange(2.0)), "half": ("name", np.array([1 / 3, np.nan], np.float16))},
    coords={"name": ["sigmoid", "tanh"], "count": [1, 2**20]},
)


def test_what_is_saved_is_loaded(folder):
    store.save("one", ONE, "python -m something", 7)
    assert [path.name for path in folder.iterdir()] == ["one.nc.gz"]
    loaded = store.load("one")
    xr.testing.assert_equal(loaded, ONE.assign(half=ONE.half.astype(float)))
    assert loaded.x.sel(name="tanh") == 1
    assert loaded.half.dtype == loaded.x.dtype == np.float64
    assert loaded.attrs["command"] == "python -m something"
    assert loaded.attrs["seed"] == 7
    assert [word.split()[0] for word in loaded.attrs["versions"].split(",")] == [
        "python",
        "numpy",
        "livenotes",
    ]


def test_the_same_dataset_gives_the_same_bytes(folder):
    store.save("one", ONE, "c", 0)
    before = (folder / "one.nc.gz").read_bytes()
    store.save("one", ONE.copy(deep=True), "c", 0)
    assert (folder / "one.nc.gz").read_bytes() == before


@pytest.mark.usefixtures("folder")
def test_bad_names_and_data_are_named():
    with pytest.raises(FileNotFoundError, match=r"compute it with 'python -m livenotes\.chapters nothing'"):
        store.load("nothing")
    for name in ("", "a/b", "..", "a b"):
        with pytest.raises(ValueError, match="name: expected letters"):
            store.save(name, ONE, "c", 0)
        with pytest.raises(ValueError, match="name: expected letters"):
            store.load(name)
    with pytest.raises(ValueError, match=r"data\['x'\]: expected numbers or text, got dtype object"):
        store.save("one", xr.Dataset({"x": ("i", np.array([None]))}), "c", 0)


def test_the_book_is_found_beside_the_package_or_where_the_variable_says(tmp_path, monkeypatch):
    monkeypatch.delenv("LIVENOTES_BOOK", raising=False)
    assert (book() / "references.bib").is_file()
    monkeypatch.setenv("LIVENOTES_BOOK", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="nowhere: work in a clone of the repository"):
        book()


def test_points_are_stacked_along_the_axes():
    data = TINY.compute()
    assert data.end.dims == ("base", "power")
    assert data.end.values.tolist() == [[2.0, 4.0, 16.0], [3.0, 9.0, 81.0]]
    assert dict(data.sizes) == {"base": 2, "power": 3, "step": 20}
    xr.testing.assert_equal(data.sel(base=3.0, power=4, drop=True), growth(3.0, 4))


def test_an_executor_gives_the_same_dataset():
    with ThreadPoolExecutor(2) as pool:
        xr.testing.assert_identical(TINY.compute(pool), TINY.compute())


@pytest.mark.usefixtures("folder")
def test_a_spot_check_draws_from_what_two_machines_agree_on(rng):
    TINY.make()
    unstable = replace(TINY, run=lambda base, power: growth(base, power) * (1 + (base > 2)))
    assert len(unstable.spot_check(rng, 6)) == 6  # an end and a curve, of each of three
    assert replace(unstable, steady=lambda base, power: base == 2).spot_check(rng, 6) == []


@pytest.mark.usefixtures("folder")
def test_a_spot_check_passes_on_what_was_made_and_sees_every_difference(rng):
    TINY.make()
    assert TINY.spot_check(rng, 6) == []

    def differs(change):
        other = replace(TINY, run=lambda **point: change(growth(**point)))
        return other.spot_check(rng, 6)

    assert any("'end'" in line for line in differs(lambda r: r.assign(end=r.end * 1.01)))
    assert any("'curve'" in line for line in differs(lambda r: r.assign(curve=r.curve * 1.01)))
    assert any("'curve'" in line for line in differs(lambda r: r.isel(step=slice(-1))))
    assert any("'curve'" in line for line in differs(lambda r: r.rename(step="time")))
    assert any("'curve'" in line for line in differs(lambda r: r.assign(curve=r.curve.fillna(0))))
    assert any("'new'" in line for line in differs(lambda r: r.assign(new=r.end)))
    (line, *_) = differs(lambda r: r.assign(end=r.end * 1.01))
    assert "compute it again with 'python -m livenotes.chapters tiny'" in line


@pytest.mark.usefixtures("folder")
def test_tolerances_and_training_curves(rng):
    TINY.make()

    def late(**point):
        result = growth(**point)
        curve = result.curve.where(result.step < 2, 3 * result.curve)
        return result.assign(curve=curve, end=1.2 * result.end)

    loose = replace(TINY, run=late, rtol={"end": 0.3})
    assert any("'curve'" in line for line in loose.spot_check(rng, 2))
    assert replace(loose, time="step").spot_check(rng, 2) == []


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
    assert [path.name for path in folder.iterdir()] == ["tiny.nc.gz"]
    assert store.load("tiny").attrs["command"].endswith("livenotes.chapters tiny")
    command.main([])
    assert (folder / "other.nc.gz").is_file()
    with pytest.raises(SystemExit):
        command.main(["unknown"])
    assert "no stored experiment unknown; there are other, tiny" in capsys.readouterr().err


def falling(start, *, updates):
    losses = start / np.arange(1, updates + 1)
    return xr.Dataset({"loss": store.mean_losses(losses, 10), "right": 0.5})


def test_losses_are_averaged_and_one_that_is_missing_makes_them_infinite():
    found = store.mean_losses([*range(10), np.nan, *range(9), *range(5)], 5)
    np.testing.assert_array_equal(found, [2, 7, np.inf, 6, 2])
    assert found.update.values.tolist() == [5, 10, 15, 20, 25]
    assert store.mean_losses([1.0, 2.0, 3.0], 2).values.tolist() == [1.5]


@pytest.mark.parametrize(("updates", "kept"), [(400, 4), (95, 1), (50, 1)])
def test_the_first_losses_of_a_training_are_a_tenth_and_at_least_one(updates, kept):
    whole = falling(3.0, updates=updates)
    first = store.first_losses(falling, "update", 10, updates, start=3.0)
    assert first["update"].values.tolist() == whole["update"].values.tolist()
    np.testing.assert_array_equal(first.loss[:kept], whole.loss[:kept])
    assert first.loss[kept:].isnull().all()


def test_a_training_is_checked_by_its_first_losses(monkeypatch):
    monkeypatch.setattr(store, "STORED", {})
    one = store.register_training(
        "falls",
        falling,
        {"start": (1.0, 2.0)},
        every=10,
        updates=200,
        rtol=0.1,
        steady=lambda start: start > 1,
    )
    assert {"falls": one} == store.STORED
    assert (one.rtol, one.time, one.seed) == ({"loss": 0.1}, "update", 0)
    assert one.begin(start=2.0).loss.count() == 2
    assert [one.steady(**point) for point in one.points()] == [False, True]
