"""Nets that drop while they train: gradients, what prediction stands for, and the training loop."""

from itertools import islice

import numpy as np
import pytest

from livenotes import dense
from livenotes.activations import relu, sigmoid
from livenotes.chapters.dropout import nets, untouched
from livenotes.chapters.dropout.nets import (
    Adaptive,
    Connections,
    Shared,
    Units,
    backward,
    forward,
    predict,
)
from livenotes.chapters.dropout.overfitting import VARIANTS
from livenotes.checks import central_differences, relative_error
from livenotes.lab.training import descent, minibatches
from livenotes.losses import softmax_cross_entropy

NOISES = [
    Units(0.4),
    Units(0.4, inverted=False),
    Connections(0.4),
    Adaptive(0.4),
    Shared(0.4),
    Shared(0.4, fixed=1),
]
each = pytest.mark.parametrize("noise", NOISES, ids=str)


@pytest.fixture
def net(rng):
    drawn = dense.init(rng, (3, 6, 5, 2))
    return [dense.Layer(layer.w, rng.normal(size=layer.b.shape)) for layer in drawn]


@each
def test_gradients_are_central_differences(noise, net, rng):
    x, g = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    out, tape = forward(net, x, noise, np.random.default_rng(7))
    clean = predict(net, x, noise)
    if noise != NOISES[-1]:
        assert np.abs(out - clean).max() > 0.01  # something was dropped
    found = backward(net, tape, noise, g)
    if isinstance(noise, Adaptive):  # the odds of keeping a unit are not differentiated: keep the masks

        def loss(layers):
            s = x @ layers[0].w.T + layers[0].b
            for layer, (_, kept) in zip(layers[1:], tape.fed, strict=True):
                s = (relu(s) * kept.factor) @ layer.w.T + layer.b
            return (g * s).sum()

    else:

        def loss(layers):
            return (g * forward(layers, x, noise, np.random.default_rng(7))[0]).sum()

    assert relative_error(found, central_differences(loss, net)) < 1e-7


@each
def test_prediction_is_the_mean_where_the_net_is_linear_in_the_mask(noise, rng):
    net = dense.init(rng, (3, 6, 2))
    x = rng.normal(size=(1, 3))
    many = np.repeat(x, 40_000, axis=0)
    if isinstance(noise, Shared):  # one mask a batch
        outs = np.concatenate([forward(net, x, noise, rng)[0] for _ in range(4_000)])
    else:
        outs, _ = forward(net, many, noise, rng)
    error = outs.std(axis=0) / np.sqrt(len(outs))
    assert (np.abs(outs.mean(axis=0) - predict(net, x, noise)[0]) < 5 * error + 1e-12).all()


def test_dropping_units_drops_all_their_connections_for_one_example(net, rng):
    x = rng.normal(size=(50, 3))
    _, tape = forward(net, x, Units(0.5), rng)
    for _, dropped in tape.fed:
        assert dropped.factor.shape[0] == 50
        assert set(np.unique(dropped.factor)) == {0.0, 2.0}
        assert len(np.unique(dropped.factor, axis=0)) > 20  # a mask for each example
    _, tape = forward(net, x, Connections(0.5), rng)
    assert tape.fed[0].mask.shape == (50, 5, 6)


def test_a_shared_mask_is_one_row_and_a_fixed_one_never_changes(net, rng):
    x = rng.normal(size=(4, 3))
    masks = [forward(net, x, Shared(0.5), rng)[1].fed[0][1].factor for _ in range(20)]
    assert all((mask == mask[0]).all() for mask in masks)
    assert len({tuple(mask[0]) for mask in masks}) > 5
    noise = Shared(0.5, fixed=3)
    outs = [forward(net, x, noise, rng)[0] for _ in range(3)]
    for out in outs:
        np.testing.assert_array_equal(out, predict(net, x, noise))
    assert not np.array_equal(outs[0], predict(net, x, Shared(0.5)))


def test_a_higher_rate_drops_the_same_units_and_more(net, rng):
    x = rng.normal(size=(30, 3))
    before = None
    for rate in (0.1, 0.4, 0.8):
        _, tape = forward(net, x, Units(rate), np.random.default_rng(0))
        kept = tape.fed[0][1].factor > 0
        assert before is None or not (kept & ~before).any()
        before = kept


def test_standout_keeps_at_its_rate_where_the_input_is_zero():
    for rate in (0.1, 0.5, 0.9):
        assert sigmoid(np.array([Adaptive(rate).beta]))[0] == pytest.approx(1 - rate)


def test_the_task_has_false_labels_and_no_image_twice():
    one = nets.noisy_digits(3)
    assert one.x.shape == (400, 64)
    assert one.x_val.shape == (1397, 64)
    assert one.x.dtype == np.float32
    assert one.false.sum() == 80
    clean = nets.clean_digits()
    everything = {tuple(row): label for row, label in zip(clean.x, clean.labels, strict=True)}
    truth = np.array([everything[tuple(row)] for row in one.x])
    np.testing.assert_array_equal(truth != one.labels, one.false)
    assert set(one.labels) == set(range(10))
    assert not {tuple(row) for row in one.x} & {tuple(row) for row in one.x_val}
    assert not np.array_equal(one.x, nets.noisy_digits(4).x)


def test_without_dropping_training_is_plain_descent():
    one = nets.noisy_digits(0)
    start = dense.init(np.random.default_rng([5, 1]), nets.WIDTHS, gain=2**0.5, dtype=np.float32)
    batches = minibatches(np.random.default_rng([5, 2]), 400, nets.BATCH)
    plain = descent(start, one.x, one.labels, relu, softmax_cross_entropy, nets.LEARNING_RATE, batches)
    run = nets.training(one, lambda _: Units(0.0), 5)
    for found, want in islice(zip(run, plain, strict=True), 25):
        for p, q in zip(found, want, strict=True):
            np.testing.assert_allclose(p.w, q.w, rtol=1e-4, atol=1e-6)
            np.testing.assert_allclose(p.b, q.b, rtol=1e-4, atol=1e-6)


def test_the_noise_of_an_epoch_is_asked_for():
    asked = []

    def noise_at(epoch):
        asked.append(epoch)
        return Units(0.1)

    run = nets.training(nets.noisy_digits(0), noise_at, 0, widths=(64, 4, 10))
    next(islice(run, 45, None))
    assert asked == 20 * [0] + 20 * [1] + 5 * [2]
    annealed = VARIANTS["annealed dropout"](0.6)
    assert annealed(0) == Units(0.6)
    assert annealed(100).rate == pytest.approx(0.3)
    assert annealed(200) == Units(0.0)


def test_the_penalties_act_on_every_parameter():
    one = nets.noisy_digits(0)

    def first_step(**penalty):
        run = nets.training(one, lambda _: Units(0.0), 0, widths=(64, 8, 10), **penalty)
        before, after = islice(run, 2)
        return before, after

    before, plain = first_step()
    _, decayed = first_step(weight_decay=0.5)
    np.testing.assert_allclose(decayed[0].w, plain[0].w - nets.LEARNING_RATE * 0.5 * before[0].w, atol=1e-6)
    _, shrunk = first_step(shrink=1.0)
    step = np.float32(nets.LEARNING_RATE)
    want = [max(abs(w) - step, 0) * np.sign(w) for w in plain[1].w.ravel()]
    np.testing.assert_allclose(shrunk[1].w.ravel(), want, atol=1e-7)
    assert (shrunk[1].w == 0).any()


def test_curves_are_scores_of_the_net_at_the_checkpoints(monkeypatch):
    monkeypatch.setattr(nets, "UPDATES", 30)
    monkeypatch.setattr(nets, "CHECKPOINTS", np.array([0, 10, 30]))
    one, noise = nets.noisy_digits(1), Units(0.5)
    found = nets.curves(one, lambda _: noise, 1)
    assert set(found) == {
        *("train_loss", "train_accuracy", "validation_loss", "validation_accuracy"),
        *("memorized", "noise"),
    }
    net = nets.trained(one, noise, 1, 10)
    guess, guess_val = (predict(net, x, noise).argmax(axis=1) for x in (one.x, one.x_val))
    for key, want in (
        ("train_accuracy", (guess == one.labels).mean()),
        ("validation_accuracy", (guess_val == one.labels_val).mean()),
        ("memorized", (guess == one.labels)[one.false].mean()),
        ("validation_loss", softmax_cross_entropy(predict(net, one.x_val, noise), one.labels_val)[0]),
    ):
        assert found[key].shape == (3,)
        assert found[key].dtype == np.float16
        assert found[key].sel(update=10).item() == pytest.approx(want, rel=1e-3)
    assert (found.noise > 0.05).all()
    assert not nets.curves(one, lambda _: Units(0.0), 1).noise.any()


def test_an_update_leaves_dropped_units_alone_only_without_memory():
    found = untouched(range(2))
    assert found.optimizer.values.tolist() == list(nets.OPTIMIZERS)
    dropped = {name: found.dropped.sel(optimizer=name) for name in nets.OPTIMIZERS}
    assert (dropped["sgd"] == 1).all()
    assert (dropped["sgd, weight decay"] == 0).all()
    assert (dropped["momentum"] < 0.05).all()  # weights from pixels that are always blank
    assert (dropped["adam"] < 0.05).all()
    assert (found.kept < 0.2).all()
    assert (found.dropped_own_masks.sel(optimizer="sgd") < 0.5).all()
