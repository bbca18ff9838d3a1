"""Nets of the chapter: against torch where it can differentiate them, and against what must be so."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from livenotes import dense
from livenotes.activations import REGISTRY, relu
from livenotes.chapters.activations import (
    boundaries,
    boundary,
    centered,
    chain,
    collapse,
    cost,
    gradients,
    race,
    same_sign,
    sparse,
    speed,
    zigzag,
)


@pytest.fixture
def short(monkeypatch):
    """Training that ends early; what it kept is forgotten afterwards."""
    monkeypatch.setattr(boundaries, "SNAPSHOTS", [0, 2, 7, 30])
    boundary.cache_clear()
    yield
    boundary.cache_clear()


@pytest.mark.usefixtures("short")
def test_a_boundary_trains_as_torch_would():
    found = boundary("tanh", 3)
    start = dense.init(np.random.default_rng([3, 1]), boundaries.DRAWN, gain=boundaries.GAIN)
    parameters = [torch.tensor(p, requires_grad=True) for layer in start for p in layer]
    optimizer = torch.optim.SGD(parameters, lr=boundaries.RATE)
    x, targets = torch.tensor(found.x), torch.tensor(found.labels[:, None].astype(float))
    for step in range(31):
        w1, b1, w2, b2, w3, b3 = parameters
        hidden = torch.tanh(torch.tanh(x @ w1.T + b1) @ w2.T + b2)
        out = hidden @ w3.T + b3
        loss = torch.nn.functional.binary_cross_entropy_with_logits(out, targets)
        if step in found.steps:
            k = list(found.steps).index(step)
            np.testing.assert_allclose(found.loss[k], loss.item(), rtol=1e-9)
            np.testing.assert_allclose(found.hidden[k], hidden.detach(), rtol=1e-8, atol=1e-10)
            np.testing.assert_allclose(found.line[k], [*w3[0].tolist(), b3.item()], rtol=1e-8)
            right = ((out[:, 0] > 0).numpy(force=True) == found.labels).mean()
            assert found.accuracy[k] == right
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def test_the_snapshots_of_a_boundary_agree_with_one_another():
    found = boundary("relu", 0)
    assert found.probability.shape == (21, 41, 41)
    assert found.hidden.shape == (21, 120, 2)
    assert (found.steps[0], found.steps[-1], len(found.steps)) == (0, 2000, 21)
    a, b, c = found.line[-1]
    np.testing.assert_array_equal(found.hidden[-1] @ [a, b] + c > 0, found.labels == 1)  # it is solved
    assert found.accuracy[-1] == 1
    # the nearest grid point has nearly the probability of the data point: rows are the vertical axis
    column, row = (np.abs(found.axis - found.x[:, [k]]).argmin(axis=1) for k in (0, 1))
    near = found.probability[-1][row, column]
    assert np.mean((near > 0.5) == (found.labels == 1)) > 0.95


@pytest.mark.usefixtures("short")
def test_the_step_learns_in_the_output_layer_alone():
    found = boundary("step", 0)
    np.testing.assert_array_equal(found.hidden[-1], found.hidden[0])
    assert not np.array_equal(found.line[-1], found.line[0])


@pytest.mark.usefixtures("short")
def test_every_activation_starts_from_the_same_weights():
    first = [boundaries.boundary(name, 1).line[0] for name in ("identity", "sigmoid")]
    np.testing.assert_array_equal(*first)
    with pytest.raises(ValueError, match="activation: expected one of"):
        boundary("sinus", 0)


@pytest.mark.usefixtures("short")
def test_separation_has_a_row_an_activation():
    alone = boundaries.separation(range(2))
    with ThreadPoolExecutor(2) as pool:
        together = boundaries.separation(range(2), pool)
    assert alone.accuracy.shape == (len(alone.names), 2)
    assert alone.line.shape == (2,)
    np.testing.assert_array_equal(alone.accuracy, together.accuracy)
    want = boundaries._final_accuracy("relu", boundaries.WIDE, 1)
    assert alone.accuracy[alone.names.index("relu"), 1] == want


def test_only_linear_layers_collapse(monkeypatch):
    for depth in (1, 7):
        errors = collapse(depth, range(3))
        assert errors.linear.shape == errors.affine.shape == (3,)
        assert max(map(np.max, errors)) < 1e-14
    monkeypatch.setattr(boundaries, "identity", relu)
    assert collapse(2, range(3)).linear.min() > 0.1
    with pytest.raises(ValueError, match="depth must be at least 1, got 0"):
        collapse(0, range(3))


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "softplus"])
def test_the_chain_is_torchs(name):
    found = chain(name, 5, 1.3, seeds=2)
    weights, x, g = gradients._random_nets(2)
    for seed in range(2):
        states = [torch.tensor(x[seed], requires_grad=True)]
        for w in weights[:5, seed]:
            states.append(getattr(torch.nn.functional, name)(torch.tensor(1.3 * w) @ states[-1]))
        arriving = torch.autograd.grad(states[-1], states, torch.tensor(g[seed]))
        np.testing.assert_allclose(found.gradient[seed], [v.norm() for v in arriving], rtol=1e-10)
    slopes = REGISTRY[name].slope(1.3 * np.einsum("soi,si->so", weights[0], x))
    first = np.sqrt(np.mean(slopes**2, axis=1))
    np.testing.assert_allclose(found.slopes[:, 0] / found.slopes[:, 1], first, rtol=1e-10)


def test_the_chain_keeps_its_bound_and_shares_its_nets():
    for depth in (1, 10, 30):
        found = chain("sigmoid", depth, 1.0)
        np.testing.assert_allclose(found.bound, 4.0 ** (found.layers - depth), rtol=1e-12)
        assert (found.slopes <= found.bound * (1 + 1e-12)).all()
        assert found.layers.tolist() == list(range(depth + 1))
        assert found.gradient.shape == found.slopes.shape == (20, depth + 1)
        assert (found.gradient[:, -1] == 1).all()
    relative = found.gradient[:, 0] / found.slopes[:, 0]
    np.testing.assert_allclose(np.log10(relative), 0, atol=0.6)  # at scale 1 the slopes are nearly all
    assert not chain("step", 4, 1.0).gradient[:, :-1].any()
    fewer = chain("tanh", 6, 1.0, seeds=3)
    np.testing.assert_allclose(fewer.gradient, chain("tanh", 6, 1.0).gradient[:3], rtol=1e-12)


def test_a_bad_chain_is_named():
    with pytest.raises(ValueError, match="depth: expected 1 to 30 layers, got 31"):
        chain("relu", 31, 1.0)
    with pytest.raises(ValueError, match="weight_scale must be greater than 0"):
        chain("relu", 3, 0.0)
    with pytest.raises(ValueError, match="seeds must be at least 1"):
        chain("relu", 3, 1.0, seeds=0)


def test_the_zigzag_path_is_gradient_descent_at_the_best_rate():
    found = zigzag(0.5, 0.21, 4)
    x = np.random.default_rng(4).normal(0.5, 0.21, size=(200, 2))
    w = torch.tensor(found.path[0], requires_grad=True)
    for want in found.path:
        np.testing.assert_allclose(w.detach(), want, rtol=1e-10)
        loss = 0.5 * torch.mean((torch.tensor(x) @ (w - torch.tensor(found.best))) ** 2)
        (g,) = torch.autograd.grad(loss, w)
        w = (w - found.rate * g).requires_grad_()
    distance = np.linalg.norm(found.path - found.best, axis=1) / np.linalg.norm(found.path[0] - found.best)
    assert len(found.path) == found.steps + 1
    assert distance[-1] <= 0.01 < distance[-2]
    np.testing.assert_allclose(found.condition, 1 + 2 * (0.5 / 0.21) ** 2, rtol=0.15)
    steep = found.path @ np.array([1.0, 1.0]) - found.best.sum()  # across the valley, from side to side
    assert (np.sign(steep[1:6]) == -np.sign(steep[:5])).all()


def test_the_contours_are_the_loss_of_the_path():
    found = zigzag(1.0, 0.5, 0)
    x = np.random.default_rng(0).normal(1.0, 0.5, size=(200, 2))
    for row, column in ((0, 60), (17, 5)):
        w = np.array([found.axis[column], found.axis[row]])
        np.testing.assert_allclose(found.loss[row, column], 0.5 * np.mean((x @ (w - found.best)) ** 2))


def test_bad_paths_are_named():
    with pytest.raises(ValueError, match="spread must be greater than 0"):
        zigzag(1.0, 0.0, 0)
    with pytest.raises(ValueError, match=r"spread: 0\.0001 is too small for a mean of 1\.0"):
        zigzag(1.0, 1e-4, 0)
    with pytest.raises(ValueError, match="size: expected a number from 1 to 1000"):
        same_sign(1001, range(1))


def test_one_example_gives_one_sign_and_all_of_them_do_not():
    assert same_sign(1, range(3)).tolist() == [1, 1, 1]
    shares = [same_sign(size, range(3)).mean() for size in (1, 8, 64, 1000)]
    assert (np.diff(shares) < 0).all()
    assert shares[-1] < 0.05


def test_sparsity_counts_what_it_says(monkeypatch):
    monkeypatch.setattr(sparse, "UPDATES", 3)
    found = sparse.sparsity(range(2))
    by_name = {name: k for k, name in enumerate(found.names)}
    assert found.active.shape == found.zero.shape == found.correlation.shape == (4, 2, 2)
    k = by_name["relu"]
    np.testing.assert_allclose(found.active[k] + found.zero[k], 1)  # a ReLU is above zero or zero
    assert not found.zero[[by_name[name] for name in ("sigmoid", "tanh", "softplus")]].any()
    assert (found.active[by_name["softplus"]] == 1).all()
    assert (found.active[by_name["tanh"]][:, 0] > 0.4).all()
    assert ((found.correlation > 0) & (found.correlation < 1)).all()


def test_correlation_leaves_constant_units_out(rng):
    h = rng.normal(size=(50, 3))
    h = np.column_stack([h, np.zeros(50)])
    table = np.corrcoef(h[:, :3].T)
    np.testing.assert_allclose(sparse._correlation(h), np.abs(table[np.triu_indices(3, 1)]).mean())


def test_all_activations_are_compared_at_the_same_fit(monkeypatch):
    monkeypatch.setattr(sparse, "FIT", 1.5)
    found = sparse.generalization_gap(range(2))
    assert found.train.shape == (len(found.names), 2)
    assert ((found.train_loss > 1.2) & (found.train_loss <= 1.5)).all()
    assert (found.validation_loss > found.train_loss).all()
    assert (found.validation <= found.train).all()


def test_centering_compares_two_pairs_at_their_best_rates(monkeypatch):
    speeds = {"tanh, pixels from 0": 40, "tanh, pixels centered": 10, "sigmoid": 80, "sigmoid - 1/2": 30}
    monkeypatch.setattr(centered, "_steps", lambda v, rate, seed: speeds[v] + seed + (rate != 1.0))
    found = centered.centering(range(3))
    assert found.names == tuple(speeds)
    np.testing.assert_array_equal(found.steps, [[s, s + 1, s + 2] for s in speeds.values()])
    x = np.linspace(-5, 5, 11)
    np.testing.assert_array_equal(centered._CENTERED(x), REGISTRY["sigmoid"](x) - 0.5)
    np.testing.assert_array_equal(centered._CENTERED.slope(x), REGISTRY["sigmoid"].slope(x))


def test_a_centered_run_stops_where_it_arrives(monkeypatch):
    steps = centered._steps("tanh, pixels centered", 1.0, 0)
    assert 0 < steps < 40
    assert steps % centered.EVERY == 0
    monkeypatch.setattr(centered, "LONGEST", 8)
    assert centered._steps("sigmoid", 0.3, 0) == 8


def test_the_best_rate_of_a_race_has_the_smallest_mean():
    stored = race()
    steps = np.array([[[[10, 50], [20, 30], [np.inf, 1]]]])
    small = stored._replace(steps=steps, checkpoints=np.array([1, 1000]))
    assert small.best().tolist() == [[[20, 30]]]
    never = stored._replace(steps=np.full((1, 1, 2, 3), np.inf))
    assert never.best().tolist() == [[[1000, 1000, 1000]]]


def test_what_the_findings_say_of_the_race():
    """The sentences of the ledger that no single number carries."""
    stored = race()
    best = dict(zip(stored.names, stored.best().mean(axis=-1), strict=True))
    assert (best["tanh"] < best["relu"]).all()  # tanh is ahead at every depth
    steps = dict(zip(stored.names, np.minimum(stored.steps, 1000).mean(axis=-1), strict=True))
    assert (steps["relu"][:, :3] < steps["tanh"][:, :3]).all()  # at equal, small rates ReLU is
    others = np.stack([best[name] for name in stored.names if name != "sigmoid"])
    assert (best["sigmoid"] >= others).all()


def test_a_diverging_run_is_a_result(recwarn):
    found = speed.run("relu", 4, 10.0, 0)
    assert found["steps"] == np.inf
    assert np.isnan(found["loss"][-1])
    assert not recwarn.list


def test_costs_are_ratios():
    found = cost(3)
    k = found.names.index("relu")
    assert found.forward.shape == found.both.shape == found.share.shape == (len(found.names), 3)
    assert (found.forward[k] == 1).all()
    assert (found.backward[k] == 1).all()
    assert (found.both[k] == 1).all()
    assert ((found.share > 0) & (found.share < 1)).all()
    assert found.sigmoid_from_output.shape == (3,)
    low, high = np.minimum(found.forward, found.backward), np.maximum(found.forward, found.backward)
    assert ((low <= found.both + 1e-12) & (found.both <= high + 1e-12)).all()
    with pytest.raises(ValueError, match="repeats must be at least 1, got 0"):
        cost(0)
