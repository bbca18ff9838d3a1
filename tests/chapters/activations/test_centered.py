"""The path of a neuron against torch, and nets that differ in what is centered."""

import numpy as np
import pytest
import torch

from livenotes.activations import REGISTRY
from livenotes.chapters.activations import centered, same_sign, zigzag


def test_the_zigzag_path_is_gradient_descent_at_the_best_rate():
    found = zigzag(0.5, 0.21, 4)
    x = np.random.default_rng(4).normal(0.5, 0.21, size=(200, 2))
    path, best = found.path.values, found.best.values
    w = torch.tensor(path[0], requires_grad=True)
    for want in path:
        np.testing.assert_allclose(w.detach(), want, rtol=1e-10)
        loss = 0.5 * torch.mean((torch.tensor(x) @ (w - torch.tensor(best))) ** 2)
        (g,) = torch.autograd.grad(loss, w)
        w = (w - found.rate.item() * g).requires_grad_()
    distance = np.linalg.norm(path - best, axis=1) / np.linalg.norm(path[0] - best)
    assert len(path) == found.steps + 1
    assert distance[-1] <= 0.01 < distance[-2]
    np.testing.assert_allclose(found.condition, 1 + 2 * (0.5 / 0.21) ** 2, rtol=0.15)
    steep = path @ np.array([1.0, 1.0]) - best.sum()  # across the valley, from side to side
    assert (np.sign(steep[1:6]) == -np.sign(steep[:5])).all()


def test_the_contours_are_the_loss_of_the_path():
    found = zigzag(1.0, 0.5, 0)
    x = np.random.default_rng(0).normal(1.0, 0.5, size=(200, 2))
    for row, column in ((0, 60), (17, 5)):
        w = np.array([found.w1[column], found.w2[row]])
        np.testing.assert_allclose(
            found.loss.sel(w1=w[0], w2=w[1]), 0.5 * np.mean((x @ (w - found.best.values)) ** 2)
        )


def test_bad_paths_are_named():
    with pytest.raises(ValueError, match="spread must be greater than 0"):
        zigzag(1.0, 0.0, 0)
    with pytest.raises(ValueError, match=r"spread: 0\.0001 is too small for a mean of 1\.0"):
        zigzag(1.0, 1e-4, 0)
    with pytest.raises(ValueError, match="size: expected a number from 1 to 1000"):
        same_sign(1001, range(1))


def test_one_example_gives_one_sign_and_all_of_them_do_not():
    assert same_sign(1, range(3)).values.tolist() == [1, 1, 1]
    shares = [same_sign(size, range(3)).mean() for size in (1, 8, 64, 1000)]
    assert (np.diff(shares) < 0).all()
    assert shares[-1] < 0.05


def test_centering_compares_two_pairs_at_their_best_rates(monkeypatch):
    speeds = {"tanh, pixels from 0": 40, "tanh, pixels centered": 10, "sigmoid": 80, "sigmoid - 1/2": 30}
    monkeypatch.setattr(centered, "_steps", lambda v, rate, seed: speeds[v] + seed + (rate != 1.0))
    found = centered.centering(range(3))
    assert found.variant.values.tolist() == list(speeds)
    np.testing.assert_array_equal(found, [[s, s + 1, s + 2] for s in speeds.values()])
    x = np.linspace(-5, 5, 11)
    np.testing.assert_array_equal(centered._CENTERED(x), REGISTRY["sigmoid"](x) - 0.5)
    np.testing.assert_array_equal(centered._CENTERED.slope(x), REGISTRY["sigmoid"].slope(x))


def test_a_centered_run_stops_where_it_arrives(monkeypatch):
    steps = centered._steps("tanh, pixels centered", 1.0, 0)
    assert 0 < steps < 40
    assert steps % centered.EVERY == 0
    monkeypatch.setattr(centered, "LONGEST", 8)
    assert centered._steps("sigmoid", 0.3, 0) == 8
