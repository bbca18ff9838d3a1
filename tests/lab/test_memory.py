"""Training on the toy tasks: gradients, scores, and what is stored."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
import xarray as xr

from livenotes._trees import leaves, unflatten
from livenotes.lab import memory
from livenotes.lab.memory import TASKS, longest_solved, train, trained
from livenotes.lab.store import Stored
from livenotes.optimization import adam
from livenotes.recurrent import CELLS

each_task = pytest.mark.parametrize("task", TASKS)


@each_task
@pytest.mark.parametrize("name", memory.CELL_NAMES)
def test_gradient_of_the_whole_net(task, name, rng):
    """Along random directions, in double precision."""
    chosen, cell = TASKS[task], CELLS[name]
    net = memory.init(rng, cell, chosen)
    net = unflatten(net, [a.astype(np.float64) + 0.1 * rng.normal(size=a.shape) for a in leaves(net)])
    batch = chosen.draw(rng, 3, 10)
    loss, g = memory.gradient(cell, net, batch, chosen.loss)
    for n, direction in enumerate(rng.normal(size=a.shape) for a in leaves(net)):
        ends = []
        for e in (1e-6, -1e-6):
            arrays = leaves(net)
            arrays[n] = arrays[n] + e * direction
            ends.append(memory.gradient(cell, unflatten(net, arrays), batch, chosen.loss)[0])
        slope = (ends[0] - ends[1]) / 2e-6
        np.testing.assert_allclose((leaves(g)[n] * direction).sum(), slope, rtol=1e-5, atol=1e-8)
    said, _ = memory.answers(cell, net, batch)
    assert chosen.loss(said, batch.target.reshape(-1))[0] == loss


@each_task
def test_an_answer_without_memory_scores_at_chance(task, rng):
    chosen = TASKS[task]
    target = chosen.draw(rng, 4000, 100).target.reshape(-1)
    said = np.zeros((len(target), chosen.outputs))
    said[:, 0] = 0.5
    np.testing.assert_allclose(chosen.score(said, target), chosen.chance, rtol=0.1)


@each_task
def test_a_right_answer_scores_one(task, rng):
    chosen = TASKS[task]
    target = chosen.draw(rng, 50, 20).target.reshape(-1)
    said = target[:, None] + 0.01 if task == "adding" else np.eye(chosen.outputs)[target]
    assert chosen.score(said, target) == 1


@each_task
def test_draws_name_the_answered_steps(task, rng):
    batch = TASKS[task].draw(rng, 4, 12)
    assert batch.x.shape[1:] == (4, TASKS[task].inputs)
    assert batch.target.shape == (memory.COPIED if task == "copying" else 1, 4)


@pytest.mark.usefixtures("own_errors")  # the shape checker would take most of the time
def test_training_learns_a_short_task_the_same_way_every_time():
    run = train("temporal-order", "elman_tanh", 10, 0, iterations=200)
    assert run["score"] > 0.9
    assert run["loss"].shape == (4,)
    assert run["loss"][-1] < 0.1 * run["loss"][0]
    again = train("temporal-order", "elman_tanh", 10, 0, iterations=50)
    np.testing.assert_array_equal(again["loss"], run["loss"][:1])
    other = train("temporal-order", "elman_tanh", 10, 1, iterations=50)
    assert (other["loss"] != again["loss"]).all()


@pytest.mark.usefixtures("own_errors")
def test_an_executor_changes_nothing():
    run = partial(train, "copying", iterations=50)
    short = Stored("short", run, {"cell": ["elman_relu", "gru"], "length": [3], "seed": [0, 1]}, seed=0)
    with ThreadPoolExecutor(2) as pool:
        parallel = short.compute(pool)
    serial = short.compute()
    assert serial["score"].shape == (2, 1, 2)
    assert serial["loss"].shape == (2, 1, 2, 1)
    xr.testing.assert_identical(serial, parallel)


@pytest.mark.usefixtures("own_errors")
def test_only_the_beginning_is_computed_again(tmp_path, monkeypatch):
    monkeypatch.setenv("LIVENOTES_BOOK", str(tmp_path))
    monkeypatch.setattr(memory, "ITERATIONS", 500)
    run = partial(train, "copying", iterations=500)
    short = Stored(
        "short",
        run,
        {"cell": ["elman_relu"], "length": [3], "seed": [0]},
        seed=0,
        time="iteration",
        begin=partial(memory.begin, partial(train, "copying")),
    )
    short.make()
    calls = []
    monkeypatch.setattr(memory, "adam", lambda *a, **k: calls.append(1) or adam(*a, **k))
    assert short.spot_check(np.random.default_rng(0)) == []
    assert len(calls) == 50
    monkeypatch.setattr(memory, "RATE", 0.02)
    (wrong,) = short.spot_check(np.random.default_rng(0))
    assert "short['loss']" in wrong


def test_longest_solved():
    score = xr.DataArray(
        [[1, 1, 1], [1, 1, 0.2], [0.2, 1, 1], [1, 0.2, 1]],
        dims=("seed", "length"),
        coords={"length": [10, 20, 30]},
    )
    assert longest_solved(score).values.tolist() == [30, 20, 0, 10]
    assert longest_solved(score, 0.1).values.tolist() == [30, 30, 30, 30]
    assert longest_solved(score.expand_dims("cell")).shape == (1, 4)


def test_what_was_trained_is_read_by_task():
    assert trained("copying").score.dims == ("cell", "length", "seed")
    with pytest.raises(ValueError, match=r"task must be one of adding, .* got 'sorting'"):
        trained("sorting")


@pytest.mark.usefixtures("own_errors")
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("sorting", "lstm", 10, 0), ValueError, "task must be one of adding, temporal-order, copying, got"),
        (("adding", "mlp", 10, 0), ValueError, "cell must be one of elman_tanh, .* got 'mlp'"),
        (("adding", "lstm", 2, 0), ValueError, "steps must be at least 6, got 2"),
        (("adding", "lstm", 10, -1), ValueError, "seed must be at least 0, got -1"),
        (("adding", "lstm", 10, 0.5), TypeError, "seed must be an integer, got float"),
    ],
)
def test_bad_input(arguments, error, message):
    with pytest.raises(error, match=message):
        train(*arguments)


def test_too_few_iterations():
    with pytest.raises(ValueError, match="iterations must be at least 50, got 49"):
        train("adding", "lstm", 10, 0, iterations=49)
