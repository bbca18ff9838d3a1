"""Counting batches, and batches on the surface of the fives and nines."""

import numpy as np
import pytest
from scipy.linalg import solve_continuous_lyapunov
from scipy.special import expit

from livenotes.chapters.training_vocabulary import batches, counting
from livenotes.optimization import iterations_per_epoch


@pytest.mark.parametrize("batch", [1, 8, 12, 50])
def test_an_epoch_uses_every_example_once(batch):
    iterations = iterations_per_epoch(50, batch)
    used = np.zeros(50, int)
    for update in range(1, 2 * iterations + 1):
        found = counting.counter(batch, update)
        assert (found.epoch, found.iteration) == (
            1 + (update - 1) // iterations,
            1 + (update - 1) % iterations,
        )
        assert found["size"] == (found.state == 2).sum()
        used += (found.state == 2).values
        looked_at_before = (found.state == 1).sum() + (found.epoch - 1) * 50
        assert found.seen == looked_at_before + found["size"] == used.sum()
    assert (used == 2).all()
    assert counting.counter(8, 7)["size"] == 2


def test_what_is_kept_grows_with_the_batch():
    one, two = counting.kept_bytes(1), counting.kept_bytes(2)
    assert two == 2 * one == 2 * 4 * (64 + 2 * 128 + 2 * 128)


def test_the_minimum_is_one():
    task = batches.task()
    assert np.abs(batches.gradient(task.best)).max() < 1e-12
    around = task.best + 1e-2 * np.array([[1, 0], [0, 1], [-1, 0], [0, -1]])
    assert (batches.excess(around) > 0).all()
    curves = [
        (batches.gradient(task.best + e) - batches.gradient(task.best - e)) / 2e-5 for e in 1e-5 * np.eye(2)
    ]
    np.testing.assert_allclose(curves, task.hessian, rtol=1e-6)


@pytest.mark.parametrize("rule", ["updates", "examples", "scaled"])
def test_full_batches_are_gradient_descent(rule):
    task, found = batches.task(), batches.descend(283, rule)
    at, rate = batches.START, 0.1 * (283 if rule == "scaled" else 1)
    for place in found["at"].values[:6]:
        np.testing.assert_allclose(place, at, rtol=1e-9)
        at = at - rate * task.x.T @ (expit(task.x @ at) - task.nine) / 283
    assert found.sizes["update"] - 1 == (1415 if rule == "updates" else 5)
    assert found.seen[-1] == 283 * (found.sizes["update"] - 1)


def test_the_last_batch_of_an_epoch_is_smaller():
    seen = batches.descend(64, "examples").seen.values
    np.testing.assert_array_equal(np.diff(seen)[:6], [64, 64, 64, 64, 27, 64])
    assert seen[-1] == 1415


def test_a_scaled_rate_makes_the_first_step_longer():
    plain, scaled = (batches.descend(16, rule)["at"].values for rule in ("examples", "scaled"))
    np.testing.assert_allclose(scaled[1] - scaled[0], 16 * (plain[1] - plain[0]), rtol=1e-9)


def test_equal_updates_bring_all_batches_as_far_and_equal_examples_do_not():
    updates = [batches.descend(b, "updates").excess[300].item() for b in batches.BATCHES]
    assert max(updates) < 3 * min(updates)
    examples = [batches.descend(b, "examples").excess[-1].item() for b in batches.BATCHES]
    assert examples == sorted(examples)
    assert examples[-1] > 1000 * examples[0]


def test_the_noise_of_a_gradient_falls_as_the_formula_says():
    found = batches.gradient_noise((1, 4, 64, 283), draws=2000)
    np.testing.assert_allclose(found.measured, found.formula, rtol=0.05, atol=1e-12)
    each = batches.task().x * (expit(batches.task().x @ batches.START) - batches.task().nine)[:, None]
    np.testing.assert_allclose(found.formula[0] ** 2, each.var(axis=0).sum(), rtol=1e-9)
    np.testing.assert_allclose(found.length, np.linalg.norm(batches.gradient(batches.START)))


@pytest.mark.parametrize(("batch", "rate"), [(8, 0.5), (64, 2), (128, 1)])
def test_a_cloud_is_as_wide_as_theory_says(batch, rate):
    """For small steps the covariance solves HS + SH = (rate / batch) C, with C that of single gradients."""
    task = batches.task()
    each = task.x * (expit(task.x @ task.best) - task.nine)[:, None]
    spread = solve_continuous_lyapunov(task.hessian, rate / batch * np.cov(each.T, bias=True))
    found = batches.cloud(batch, rate, seed=1).distance.item()
    assert found == pytest.approx(np.sqrt(np.trace(spread)), rel=0.2)


def test_doubling_rate_and_batch_leaves_the_cloud_until_the_rate_is_large():
    widths = [
        batches.cloud(b, r).distance.item() for b, r in zip((1, 2, 4, 8, 16), (0.5, 1, 2, 4, 8), strict=True)
    ]
    assert max(widths) < 1.25 * min(widths)
    assert batches.cloud(128, 64).distance > 3 * max(widths)
    doubled = batches.cloud(16, 4).distance.item() / batches.cloud(16, 2).distance.item()
    assert doubled == pytest.approx(np.sqrt(2), rel=0.2)
