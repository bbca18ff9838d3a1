"""One unit by hand, nets from different starts, and growth by step."""

import numpy as np
import pytest

from livenotes.chapters.recurrent import (
    RATES,
    STARTS,
    TASKS,
    growth,
    reach,
    reach_before,
    scores_from,
    train_from,
    trained_from,
    unfolded,
)
from livenotes.chapters.recurrent.gradients import LAGS, uniform
from livenotes.chapters.recurrent.plots import solvers
from livenotes.lab import memory


@pytest.mark.parametrize("w", [-0.7, 0.5, 2.0])
def test_one_unit_is_the_scalar_recursion(w):
    result = unfolded(4, w)
    h, x = [0.0], 1.0
    for _ in range(4):
        h.append(np.tanh(w * h[-1] + x))
        x = 0.0
    np.testing.assert_allclose(result.h, h, rtol=1e-12)
    delta = 1 - h[4] ** 2
    for t in (4, 3, 2, 1):
        np.testing.assert_allclose([result.g_a[t - 1], result.terms[t - 1]], [delta, delta * h[t - 1]])
        delta *= w * (1 - h[t - 1] ** 2)
    np.testing.assert_allclose(result.terms.sum(), result.g_w_h, rtol=1e-12)
    e = 1e-6
    numeric = (unfolded(4, w + e).h[-1] - unfolded(4, w - e).h[-1]) / (2 * e)
    np.testing.assert_allclose(result.g_w_h, numeric, rtol=1e-6)


@pytest.mark.usefixtures("own_errors")
def test_bad_input():
    with pytest.raises(ValueError, match="steps must be at least 1, got 0"):
        unfolded(0, 1.0)
    with pytest.raises(ValueError, match="w_h must be finite"):
        unfolded(2, np.inf)
    with pytest.raises(ValueError, match=r"matrix must be one of orthogonal, .* got 'toeplitz'"):
        train_from("adding", "tanh", "toeplitz", 0.002, 0)
    with pytest.raises(ValueError, match="nonlinearity must be one of tanh, relu, got 'sigmoid'"):
        train_from("adding", "sigmoid", "identity", 0.002, 0)
    with pytest.raises(ValueError, match="radii must be 0 or greater, got -1"):
        growth("tanh", "orthogonal", 0.5, [-1.0])


def test_growth_is_the_root_of_the_product():
    found = growth("tanh", "gaussian", 0.3, [0.5, 1.5], seeds=2)
    for n, radius in enumerate((0.5, 1.5)):
        run = reach("tanh", radius, matrix="gaussian", drive=0.3, seeds=2)
        np.testing.assert_allclose(found.factor[:, n] ** LAGS, run.jacobian[:, -1], rtol=1e-9)
        np.testing.assert_allclose(found.eta[:, n], run.eta, rtol=1e-12)
    silent = growth("tanh", "orthogonal", 0.0, [0.5, 1.0, 1.5])  # at the state 0 the slope is 1
    np.testing.assert_allclose(silent.factor, np.broadcast_to(silent.radius, (3, 3)), rtol=1e-9)


def test_relu_does_not_care_how_strong_its_input_is():
    weak, strong = (growth("relu", "orthogonal", drive, [1.0, 2.0]).factor for drive in (0.1, 5.0))
    np.testing.assert_allclose(weak, strong, rtol=1e-9)


def test_the_uniform_start_is_that_of_pytorch(rng):
    import torch

    w = uniform(rng, 200, 200)
    theirs = torch.nn.RNN(200, 200).weight_hh_l0.detach().numpy()
    np.testing.assert_allclose([w.std(), np.abs(w).max()], [theirs.std(), np.abs(theirs).max()], rtol=0.02)
    assert 0.5 < np.abs(np.linalg.eigvals(w)).max() < 0.65


@pytest.mark.usefixtures("own_errors")
@pytest.mark.parametrize("matrix", STARTS)
def test_a_start_is_what_the_net_begins_with(matrix, monkeypatch):
    """Without updates, the stretch after training is that of the start."""
    monkeypatch.setattr(memory, "adam", lambda net, g, state, lr: (net, state))
    found = train_from("copying", "tanh", matrix, 0.002, 0, iterations=50)["stretch"]
    low, high = {"gaussian": (1.4, 2.2), "uniform": (0.9, 1.3)}.get(matrix, (1 - 1e-6, 1 + 1e-6))
    assert low <= found <= high


@pytest.mark.usefixtures("own_errors")
def test_the_learning_rate_reaches_the_training():
    slow, fast = (
        train_from("copying", "relu", "identity", rate, 0, iterations=100)["loss"] for rate in RATES
    )
    assert slow.shape == fast.shape == (2,)
    assert (slow != fast).all()


def test_what_is_stored_belongs_to_its_labels():
    score = trained_from().score
    assert score.dims == ("task", "nonlinearity", "matrix", "rate", "seed")
    for axis, values in {"task": TASKS, "matrix": STARTS, "rate": RATES}.items():
        assert score[axis].values.tolist() == list(values)
    place = ["tanh", "relu"].index("relu"), list(STARTS).index("identity"), RATES.index(0.008)
    np.testing.assert_array_equal(scores_from("relu", "identity", 0.008), score.values[:, *place])
    assert (score.sel(task="copying", nonlinearity="tanh", matrix="uniform") < 0.9).all()


def test_nets_that_solve_a_task_are_counted():
    assert solvers(np.array([0.95, 0.9, 0.1])) == "2 of 3"
    stored = memory.trained("temporal-order").score
    assert solvers(stored.sel(cell="elman_tanh", length=60).values) == solvers(stored.values[0, 5])


def test_what_the_chapter_says_of_starts():
    """Orthogonal weights suit tanh and not ReLU; the identity suits ReLU and not tanh."""
    left = {(f, m): np.median(reach_before(f, m).gradient[:, -1]) for f in ("tanh", "relu") for m in STARTS}
    assert max(left, key=left.get) == ("relu", "identity")
    assert left["relu", "identity"] > 0.1
    assert left["relu", "orthogonal"] < 1e-6
    assert left["tanh", "uniform"] < 1e-12
