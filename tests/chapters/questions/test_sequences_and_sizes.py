import numpy as np
import pytest

from livenotes.chapters.questions import sequences, sizes


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


@pytest.mark.parametrize("gates", sequences.FUNCTIONS)
@pytest.mark.parametrize("content", sequences.FUNCTIONS)
def test_the_swapped_unit_step_by_step(gates, content):
    gate, fill = ({"sigmoid": sigmoid, "tanh": np.tanh}[name] for name in (gates, content))
    found, c = sequences.swapped(gates, content), 0.0
    for t, symbol in enumerate(sequences.LINE):
        i, f, g, _ = (row["()".find(symbol) % 3] for row in sequences.BY_HAND)
        assert found.before[t] == pytest.approx(c)
        c = gate(f) * c + gate(i) * fill(g)
        assert found.c[t] == pytest.approx(c)
    assert found.depth.values.tolist() == [1, 2, 2, 1, 1, 2, 2, 1, 0, 0]


def test_only_the_usual_roles_count():
    ends = {
        (a, b): float(sequences.swapped(a, b).c[-1]) for a in sequences.FUNCTIONS for b in sequences.FUNCTIONS
    }
    assert abs(ends["sigmoid", "tanh"]) < 0.1
    assert ends["sigmoid", "sigmoid"] > 2
    assert ends["tanh", "tanh"] < -2


@pytest.mark.parametrize("steps", sequences.STEPS)
def test_slope_is_the_derivative_of_the_error(steps):
    for w in (0.7, 0.97, 1.0, 1.2):
        near = np.array([w + 1e-6, w - 1e-6])
        up, down = sequences.error(near, steps)
        assert sequences.slope(w, steps) == pytest.approx((up - down) / 2e-6, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("start", sequences.STARTS.values())
def test_descents_follow_the_gradient_and_stay_finite(start):
    for steps in sequences.STEPS:
        plain, short = (sequences.roll(start, steps, limit) for limit in (None, 1.0))
        assert np.isfinite(plain.w).all()
        first = -0.01 * sequences.slope(start, steps)
        assert plain.w[1] - start == pytest.approx(first)
        assert short.w[1] - start == pytest.approx(np.clip(first, -0.01, 0.01))
        assert float(np.abs(short.w.diff("update")).max()) < 0.01 + 1e-12


def test_a_linear_chain_keeps_a_gradient_only_with_the_identity():
    left = sequences.left().median("seed")
    assert left.sel(lag=0).values.tolist() == [1] * len(sequences.NETS)
    assert left.sel(net="ReLU, identity", lag=50) > 0.3
    for other in ("sigmoid, random", "tanh, orthogonal", "ReLU, orthogonal", "tanh, identity"):
        assert left.sel(net=other, lag=50) < 1e-4
    # Sixteen orders lie between the sigmoid and every other one.
    assert left.sel(net="sigmoid, random", lag=50) < 1e-16 * left.sel(lag=50)[1:].min()


def test_examples_are_drawn_evenly(rng):
    labels = np.repeat([0, 1, 2], [50, 30, 5])
    rows = sizes.balanced(rng, labels, 12)
    assert len(set(rows.tolist())) == 12
    assert np.bincount(labels[rows]).tolist() == [4, 4, 4]
    assert np.bincount(labels[sizes.balanced(rng, labels, 25)]).tolist() == [10, 10, 5]


def test_the_table_is_scaled_by_what_is_learned_from():
    x, labels, x_new, labels_new = sizes.split(50, 0)
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(x.std(axis=0), 1, rtol=1e-4)
    assert np.bincount(labels).tolist() == [25, 25]
    assert (len(x_new), len(labels_new)) == (169, 169)
    assert np.abs(x_new.mean(axis=0)).max() > 0.01
    assert len(sizes.health().columns) == 30


def test_every_method_learns_from_two_clouds(rng):
    labels = np.arange(40) % 2
    x = rng.normal(scale=0.3, size=(40, 4)) + 2 * labels[:, None]
    for name in (*sizes.CLASSICAL, "dense net"):
        assert sizes.score(name, x[:20], labels[:20], x[20:], labels[20:], 0) == 1


def test_a_dense_net_does_not_notice_columns_until_it_is_trained():
    assert sizes.moved(1) < 1e-9
    assert sizes.moved(1, later=True) > 0.1


@pytest.mark.parametrize("data", ["centered", "wandering", "table"])
def test_stored_curves_rise(data):
    found = sizes.curves(data)
    mean = found.mean("seed")
    assert found.sizes["seed"] == 6
    for name in found.learner.values.tolist():
        assert mean.sel(learner=name).isel(size=-1) > mean.sel(learner=name).isel(size=0)
    if data == "wandering":
        assert bool((mean.sel(learner="windows") == mean.max("learner")).all())
