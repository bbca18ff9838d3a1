"""Gradients of the nets by central differences, groups that share a mean, and what is stored."""

import numpy as np
import pytest
import torch
import xarray as xr

from livenotes.activations import REGISTRY
from livenotes.chapters import normalization as measure
from livenotes.chapters.normalization import convolution, in_time, training
from livenotes.checks import central_differences, relative_error
from livenotes.dense import Layer
from livenotes.lab import normed as nets

F = REGISTRY["tanh"]


def double(net):
    blocks = [nets.Block(*(p.astype(float) for p in block)) for block in net.blocks]
    return nets.NormedNet(blocks, Layer(*(p.astype(float) for p in net.out)))


def random_net(rng, kind, depth=2):
    net = double(nets.begin(rng, kind, depth=depth, gain=1.0, activation="tanh", width=4))
    for block in net.blocks:
        block.gamma[:] = rng.uniform(0.5, 2, 4)
        block.beta[:] = rng.normal(size=4)
    return net


@pytest.mark.parametrize(("kind", "share"), [*((k, None) for k in nets.KINDS), ("batch", 3)])
def test_gradients_are_central_differences(kind, share, rng):
    net, x, weight = random_net(rng, kind), rng.normal(size=(6, 64)), rng.normal(size=(6, 10))
    _, tape = nets.forward(kind, net, x, F, share)
    ours, _ = nets.backward(kind, net, tape, weight, F)
    numeric = central_differences(lambda p: (weight * nets.forward(kind, p, x, F, share)[0]).sum(), net)
    assert relative_error(ours, numeric) < 1e-6


def test_groups_are_batches_of_their_own(rng):
    net, x = random_net(rng, "batch", depth=1), rng.normal(size=(12, 64))
    together, _ = nets.forward("batch", net, x, F, 4)
    apart = [nets.forward("batch", net, part, F)[0] for part in np.split(x, 3)]
    np.testing.assert_allclose(together, np.concatenate(apart), rtol=1e-10)
    _, tape = nets.grouped(x, np.ones(64), np.zeros(64), 4)
    mean, var = tape.statistics()
    np.testing.assert_allclose(mean, x.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(var, np.mean([part.var(axis=0) for part in np.split(x, 3)], axis=0))


def test_every_kind_starts_as_the_same_net_where_it_can(rng):
    x = rng.normal(size=(5, 64)).astype(np.float32)
    start = {k: nets.begin(np.random.default_rng(3), k, depth=2, gain=1.0) for k in nets.KINDS}
    out = {k: nets.forward(k, net, x, REGISTRY["relu"])[0] for k, net in start.items()}
    np.testing.assert_allclose(out["weight"], out["none"], rtol=1e-4, atol=1e-5)
    for net in start.values():
        np.testing.assert_array_equal(net.blocks[0].w, start["none"].blocks[0].w)


def test_a_start_from_data_standardizes_the_sums(rng):
    x = rng.normal(3, 2, size=(500, 64)).astype(np.float32)
    net = nets.begin(rng, "weight from data", depth=3, gain=10.0)
    net = nets.start_from_data(net, x, REGISTRY["relu"])
    _, tape = nets.forward("weight from data", net, x, REGISTRY["relu"])
    for _, bent in tape[:-1]:
        np.testing.assert_allclose(bent.x.mean(axis=0), 0, atol=1e-3)
        np.testing.assert_allclose(bent.x.std(axis=0), 1, rtol=1e-2)


def test_prediction_uses_running_statistics_and_nothing_else_of_the_batch():
    stage, _ = nets.last(nets.training("batch", nets.task(), 0, rate=0.1, depth=2), 60)
    x = nets.task().x_val
    whole = nets.predict("batch", stage.net, x, stage.running, REGISTRY["relu"])
    alone = nets.predict("batch", stage.net, x[:1], stage.running, REGISTRY["relu"])
    np.testing.assert_allclose(alone, whole[:1], rtol=1e-4, atol=1e-5)
    assert nets.score("batch", stage, x, nets.task().labels_val) > 0.8


def test_noise_shakes_scale_and_shift_alone(rng):
    net = nets.begin(rng, "batch", depth=2, gain=1.0)
    shaken = nets.shake(rng, net, 0.5)
    for old, new in zip(net.blocks, shaken.blocks, strict=True):
        assert new.w is old.w
        assert (np.abs(new.gamma - 1) <= 0.5).all()
        assert np.ptp(new.gamma) > 0.5
        assert np.ptp(new.beta) > 0.5
    calm = nets.shake(rng, net, 0.0)
    np.testing.assert_array_equal(calm.blocks[0].gamma, net.blocks[0].gamma)


@pytest.mark.parametrize("kind", convolution.KINDS)
def test_gradients_of_the_convolutional_net(kind, rng, monkeypatch):
    monkeypatch.setattr(convolution, "CHANNELS", (1, 2, 3))
    net, x = double(convolution.begin(rng, kind)), rng.normal(size=(3, 3, 3, 1))
    for block in net.blocks:
        block.beta[:] = rng.normal(size=len(block.beta))
    weight = rng.normal(size=(3, 10))
    ours = convolution.backward(kind, net, convolution.forward(kind, net, x)[1], weight)
    numeric = central_differences(lambda p: (weight * convolution.forward(kind, p, x)[0]).sum(), net)
    assert relative_error(ours, numeric) < 1e-6


def test_layer_norm_of_a_picture_is_that_of_torch(rng):
    rows = rng.normal(size=(2, 3, 3, 9))
    block = nets.Block(rng.normal(size=(4, 9)), np.ones(4), np.zeros(4))
    ours, _ = convolution.normalized("layer", block, rows)
    theirs = torch.nn.functional.layer_norm(torch.tensor(rows @ block.w.T), (3, 3, 4))
    np.testing.assert_allclose(ours, theirs, rtol=1e-8)
    batch, _ = convolution.normalized("batch", block, rows)
    np.testing.assert_allclose(batch.mean(axis=(0, 1, 2)), 0, atol=1e-12)


@pytest.mark.parametrize("kind", in_time.KINDS)
def test_gradients_through_time(kind, rng):
    p = in_time.begin(rng, inputs=3, hidden=4, dtype=float)
    p = p._replace(scale_x=rng.normal(size=16), scale_h=rng.normal(size=16), scale_c=rng.normal(size=4))
    p = p._replace(shift_c=rng.normal(size=4))
    x, weight = rng.normal(size=(3, 5, 3)), rng.normal(size=(5, 10))
    ours = in_time.backward(kind, in_time.forward(kind, p, x)[1], weight)
    numeric = central_differences(lambda q: (weight * in_time.forward(kind, q, x)[0]).sum(), p)
    assert relative_error(ours, numeric) < 1e-6


def test_the_plain_reader_is_the_package_s_lstm(rng):
    from livenotes.recurrent import lstm

    p = in_time.begin(rng, inputs=3, hidden=4, dtype=float)
    x, cell = rng.normal(size=(6, 5, 3)), lstm.LSTMParams(p.w_x, p.w_h, p.b)
    outputs, _ = lstm.forward(cell, x, lstm.zero_state(cell, 5))
    np.testing.assert_allclose(in_time.forward("none", p, x)[0], outputs[-1] @ p.v.T + p.d, rtol=1e-10)


def test_statistics_of_each_step_predict_what_its_batch_did(rng):
    """Predicting with the statistics of one batch, step by step, gives what training gave for it."""
    p = in_time.begin(rng, inputs=3, hidden=4, dtype=float)
    x = rng.normal(size=(4, 30, 3))
    out, tape = in_time.forward("batch", p, x)
    running = [[measure_of(own) for own in step.tapes] for step in tape[2]]
    np.testing.assert_allclose(in_time.predict(p, x, running), out, rtol=1e-8)
    shared = in_time.one_for_all(running)
    assert len(shared) == 4
    np.testing.assert_allclose(shared[0][2].mean, np.mean([r[2].mean for r in running], axis=0))
    assert np.abs(in_time.predict(p, x, shared) - out).max() > 1e-3


def measure_of(tape):
    from livenotes.normalization import RunningStats

    return RunningStats(tape.mean, tape.var)


@pytest.mark.usefixtures("own_errors")
def test_an_unknown_kind():
    with pytest.raises(ValueError, match=r"kind must be one of none, batch, .* got 'group'"):
        training.learn("group", 1.0, 0.1, 0)


def test_a_net_that_explodes_counts_as_guessing():
    found = training.learn("none", 10.0, 1.0, 0, updates=20)
    assert np.isinf(found.loss.values[-1])
    assert float(found.accuracy) == 0.1


@pytest.mark.parametrize(
    ("read", "sizes"),
    [
        (measure.race, {"kind": 5, "gain": 5, "rate": 7, "seed": 5}),
        (measure.sharing, {"share": 7, "rate": 3, "seed": 5}),
        (measure.batches, {"kind": 2, "batch": 6, "rate": 4, "seed": 5}),
        (measure.inputs, {"kind": 5, "inputs": 4, "rate": 3, "seed": 5}),
        (measure.weights, {"activation": 3, "kind": 2, "seed": 5}),
        (measure.pictures, {"kind": 4, "rate": 3, "seed": 5}),
        (measure.steps, {"kind": 3, "rate": 2, "seed": 5}),
    ],
)
def test_what_is_stored_has_its_axes(read, sizes):
    accuracy = read().accuracy
    assert dict(accuracy.sizes) == sizes
    assert isinstance(accuracy, xr.DataArray)
    assert ((accuracy >= 0) & (accuracy <= 1)).all()


def test_a_stored_point_belongs_to_its_labels():
    again = training.learn("layer", 0.3, 0.1, 2, updates=20).loss
    stored = measure.race().loss.sel(kind="layer", gain=0.3, rate=0.1, seed=2)
    np.testing.assert_allclose(stored[:2], again, rtol=0.01)
