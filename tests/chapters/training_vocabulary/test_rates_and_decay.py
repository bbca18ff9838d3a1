"""The cliff in the learning rate, and the two places where weight decay enters a step."""

from itertools import islice

import numpy as np
import pytest
import torch

from livenotes import dense, losses
from livenotes.activations import relu
from livenotes.chapters.training_vocabulary import budget, decay, rates
from livenotes.datasets.digits import digits
from livenotes.lab.training import minibatches


@pytest.mark.parametrize("batch", [16, 1437])
def test_linear_steps_are_those_of_the_loss(batch):
    data, w = digits(), np.zeros((10, 64))
    found = rates.linear(batch, 0.3, 2).values
    for k, rows in enumerate(islice(minibatches(np.random.default_rng(2), 1437, batch), 4)):
        loss, _ = losses.squared_error(data.x @ w.T, np.eye(10)[data.labels])
        assert found[k] == pytest.approx(loss, rel=1e-9)
        _, g = losses.squared_error(data.x[rows] @ w.T, np.eye(10)[data.labels[rows]])
        w = w - 0.3 * g.T @ data.x[rows]
    assert len(found) == 51


def test_the_limit_is_where_steps_begin_to_explode():
    limit = rates.limit()
    below, above = (rates.linear(1437, factor * limit).values for factor in (0.98, 1.05))
    assert (np.diff(below) < 0).all()
    assert above[-1] > above[-2] > 10 * above.min()
    assert rates.limit_in_batches(1437) == limit
    assert rates.limit_in_batches(1) == pytest.approx(
        2 / (2 * (digits().x ** 2).sum(axis=1).mean() / 10), rel=0.15
    )


def test_the_best_rate_is_the_last_before_the_cliff_in_full_batches_alone():
    assert rates.after_fifty(1437).idxmin() == 1.0
    for batch in (4, 16, 64):
        assert rates.after_fifty(batch).idxmin() < rates.limit_in_batches(batch) / 2


def test_sharpness_is_the_largest_eigenvalue_of_the_hessian(monkeypatch):
    """Against all second derivatives of a net of two hidden units, as torch computes them."""
    few = digits()
    few = few._replace(x=few.x[:100], labels=few.labels[:100])
    monkeypatch.setattr(rates, "digits", lambda: few)
    layers = dense.init(np.random.default_rng(5), [64, 2, 10])
    shapes = [p.shape for layer in layers for p in layer]

    def loss(flat):
        parts = torch.split(flat, [int(np.prod(shape)) for shape in shapes])
        w1, b1, w2, b2 = (part.reshape(shape) for part, shape in zip(parts, shapes, strict=True))
        out = torch.relu(torch.tensor(few.x) @ w1.T + b1) @ w2.T + b2
        return torch.nn.functional.cross_entropy(out, torch.tensor(few.labels))

    flat = torch.tensor(np.concatenate([p.ravel() for layer in layers for p in layer]))
    largest = torch.linalg.eigvalsh(torch.autograd.functional.hessian(loss, flat))[-1].item()
    assert rates.sharpness(layers, rounds=100) == pytest.approx(largest, rel=1e-3)


def test_a_network_outlives_its_limit_at_the_start():
    found = rates.network_after_fifty(1)
    assert found.loss.sel(multiple=2) < found.loss.sel(multiple=1) < found.loss.sel(multiple=0.25)
    assert found.loss.sel(multiple=4) > rates.EXPLODED
    assert found.sharpness.sel(multiple=2) < 1 / found.limit


@pytest.mark.parametrize("size", [0.01, 1, 10])
def test_one_weight_shrinks_by_one_factor_unless_the_decay_is_divided(size):
    for how in ("sgd", "adamw"):
        run = decay.one_weight(how, size, 0.3)
        np.testing.assert_allclose(run.weight, 0.997 ** np.arange(201), rtol=1e-5)
        np.testing.assert_allclose(run.pull[:-1], 0.003 * run.weight[:-1], rtol=1e-6)
    divided = decay.one_weight("adam", size, 0.3)
    expected = 0.003 * divided.weight[50] / np.hypot(size, 0.3 * divided.weight[50])
    if size >= 1:
        assert divided.pull[50] == pytest.approx(expected.item(), rel=0.1)
    fell = -np.diff(divided.weight)
    if size >= 1:  # at first the signs of the data and the divisor go together, and do not cancel
        np.testing.assert_allclose(fell[50:], divided.pull[50:-1], rtol=0.2)


def test_adam_with_l2_ends_where_gradient_descent_does_and_adamw_does_not():
    plain, l2, beside = (decay.end_of(how, 0.01) for how in decay.WAYS)
    np.testing.assert_allclose(plain, l2, atol=2e-3)
    assert np.linalg.norm(beside) > 1.1 * np.linalg.norm(plain)
    x, nine, *_ = decay.task()
    g = x.T @ losses.logistic(x @ plain, nine)[1]
    np.testing.assert_allclose(g + 0.01 * plain, 0, atol=1e-8)


def test_a_fifth_of_the_labels_is_wrong_and_new_digits_are_new():
    data, true = decay.wrong_labels(3), digits(dtype=np.float32)
    images = np.concatenate([true.x, true.x_val])
    labels = dict(zip(map(bytes, images), np.concatenate([true.labels, true.labels_val]), strict=True))
    wrong = sum(labels[bytes(x)] != label for x, label in zip(data.x, data.labels, strict=True))
    assert (wrong, len(data.x), len(data.x_new)) == (80, 400, 1397)
    assert all(labels[bytes(x)] == label for x, label in zip(data.x_new, data.labels_new, strict=True))
    assert len({*map(bytes, data.x)} & {*map(bytes, data.x_new)}) <= 1


TORCH = {
    "SGD, L2": lambda w: torch.optim.SGD(w, lr=0.05, weight_decay=0.1),
    "SGD, decay": lambda w: torch.optim.SGD(w, lr=0.05, weight_decay=0.1),
    "momentum, L2": lambda w: torch.optim.SGD(w, lr=0.005, weight_decay=0.1, momentum=0.9),
    "Adam, L2": lambda w: torch.optim.Adam(w, lr=0.002, weight_decay=0.1),
    "Adam, decay": lambda w: torch.optim.AdamW(w, lr=0.002, weight_decay=0.1),
}


@pytest.mark.parametrize("rule", TORCH)
def test_training_by_each_rule_is_torchs(rule):
    data, steps = decay.wrong_labels(0), 40
    start = dense.init(np.random.default_rng(0), list(decay.WIDTHS), gain=np.sqrt(2), dtype=np.float32)
    weights = [torch.tensor(p, requires_grad=True) for layer in start for p in layer]
    optimizer = TORCH[rule](weights)
    batches = minibatches(np.random.default_rng([0, 4]), decay.EXAMPLES, decay.BATCH)
    for rows in islice(batches, steps):
        hidden = torch.relu(torch.tensor(data.x[rows]) @ weights[0].T + weights[1])
        out = hidden @ weights[2].T + weights[3]
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(out, torch.tensor(data.labels[rows])).backward()
        optimizer.step()
    ours = [p for layer in decay.train(rule, 0.1, 0, steps=steps) for p in layer]
    for found, expected in zip(ours, weights, strict=True):
        np.testing.assert_allclose(found, expected.detach(), atol=2e-4)


def test_the_two_forms_part_unless_steps_are_plain():
    gaps = {o: decay.apart((f"{o}, L2", f"{o}, decay"), 0.03, 1, steps=100) for o in decay.OPTIMIZERS}
    assert gaps["SGD"] < 1e-4
    assert min(gaps["momentum"], gaps["Adam"]) > 0.01
    assert decay.apart(("Adam, L2", "Adam, decay"), 0.0, 1, steps=20) == 0


def test_stored_sweeps_hold_what_they_say():
    found = decay.decays()
    np.testing.assert_allclose(
        found.norm.sel(rule="SGD, L2"), found.norm.sel(rule="SGD, decay"), rtol=0.01, atol=1e-3
    )
    assert (found.norm.sel(decay=0).std("rule") > 0).all()
    assert ((found.new >= 0) & (found.new <= 1)).all()
    best, updates = budget.at_best_rate(), budget.budgets().updates
    np.testing.assert_allclose(best.updates.median("seed"), updates.median("seed").min("rate"))
    assert np.isfinite(best.updates).all()


def test_a_run_of_the_budget_reaches_its_loss_then_and_not_before():
    data, found = digits(dtype=np.float32), int(budget.run_budget(64, 1.28, 0).updates)
    layers = dense.init(np.random.default_rng(0), [64, 32, 10], gain=np.sqrt(2), dtype=np.float32)
    reached = []
    for rows in islice(minibatches(np.random.default_rng([0, 1]), 1437, 64, drop_last=False), found):
        out, tape = dense.forward(layers, data.x[rows], relu)
        g = dense.backward(tape, losses.softmax_cross_entropy(out, data.labels[rows])[1]).g_layers
        layers = [dense.Layer(p.w - 1.28 * s.w, p.b - 1.28 * s.b) for p, s in zip(layers, g, strict=True)]
        out, _ = dense.forward(layers, data.x, relu)
        reached.append(losses.softmax_cross_entropy(out, data.labels)[0] <= 0.1)
    assert reached[-1]
    assert not any(reached[k - 1] for k in budget.CHECKPOINTS if k < found)
    assert np.isinf(budget.run_budget(256, 2.56, 0).updates)
