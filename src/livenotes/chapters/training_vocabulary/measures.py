"""What the ledger measures of the vocabulary of training: counts, memory, decay.

Each function returns a 1-D array: one value a seed, or a single one where nothing is random.
"""

import tracemalloc
from itertools import islice, pairwise

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes import dense, losses
from livenotes.activations import relu
from livenotes.checks import central_differences, relative_error
from livenotes.datasets.digits import digits
from livenotes.dense import Layer
from livenotes.lab.training import descent, minibatches
from livenotes.optimization import iterations_per_epoch, sgd

from .decay import RULES, SEEDS, apart, decays
from .rates import network, second_derivatives

_Values = Float[ndarray, " S"]


def missed_in_an_epoch() -> _Values:
    """Digits, of 1,437, that do not occur exactly once in an epoch of batches of 32."""
    found = []
    for seed in SEEDS:
        batches = minibatches(np.random.default_rng(seed), 1437, 32, drop_last=False)
        epoch = np.concatenate(list(islice(batches, iterations_per_epoch(1437, 32))))
        found.append(float((np.bincount(epoch, minlength=1437) != 1).sum()))
    return np.array(found)


def _gradient(layers: list[Layer], x: ndarray, labels: ndarray) -> list[Layer]:
    out, tape = dense.forward(layers, x, relu)
    return dense.backward(tape, losses.softmax_cross_entropy(out, labels)[1]).g_layers


def batch_against_its_examples() -> _Values:
    """Relative difference of a batch's gradient to the mean of those of its 32 examples."""
    data, found = digits(), []
    for seed in SEEDS:
        layers, rows = network(seed), np.random.default_rng(seed).choice(1437, 32, replace=False)
        each = [_gradient(layers, data.x[[k]], data.labels[[k]]) for k in rows]
        mean = [
            Layer(*(np.mean(parts, axis=0) for parts in zip(*own, strict=True)))
            for own in zip(*each, strict=True)
        ]
        found.append(relative_error(_gradient(layers, data.x[rows], data.labels[rows]), mean))
    return np.array(found)


def memory_of_four_times_the_batch() -> _Values:
    """Most memory in use during a pass forward and back with a batch of 1,024, relative to one of 256."""

    def peak(batch: int) -> int:
        rng = np.random.default_rng(0)
        layers, x = dense.init(rng, [64, 128, 128, 10]), rng.normal(size=(batch, 64))
        tracemalloc.start()
        _gradient(layers, x, rng.integers(10, size=batch))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    return np.array([peak(1024) / peak(256)])


def updates_less_iterations() -> _Values:
    """Changes of the weights in a run, less the batches that it was given."""
    data, found = digits(), []
    for seed in SEEDS:
        batches = islice(minibatches(np.random.default_rng(seed), 1437, 64, drop_last=False), 30)
        nets = list(
            descent(network(seed), data.x, data.labels, relu, losses.softmax_cross_entropy, 0.1, batches)
        )
        changed = sum(not np.array_equal(a[0].w, b[0].w) for a, b in pairwise(nets))
        found.append(changed - 30.0)
    return np.array(found)


def _loader_less_quotient(examples: int, batch: int) -> _Values:
    from torch.utils.data import DataLoader

    return np.array([len(DataLoader(range(examples), batch_size=batch)) - examples / batch])  # type: ignore[arg-type]


def loader_less_quotient_divisible() -> _Values:
    """Batches that PyTorch's loader makes of 1,440 examples, 32 a batch, less 1,440/32."""
    return _loader_less_quotient(1440, 32)


def loader_less_quotient_digits() -> _Values:
    """Batches that PyTorch's loader makes of 1,437 examples, 32 a batch, less 1,437/32."""
    return _loader_less_quotient(1437, 32)


def condition_with_decay() -> _Values:
    """Ratio of the largest to the smallest second derivative of the digits' linear map, with λ = 0.01."""
    curvatures = second_derivatives() + 0.01
    return np.array([curvatures[-1] / curvatures[0]])


def gained_on_new_digits() -> _Values:
    """Share right on new digits at the best λ, less that without, by plain gradient descent."""
    new = decays().new.sel(rule=RULES[0])
    return np.asarray(new.sel(decay=new.mean("seed").idxmax("decay")) - new.sel(decay=0))


def gradient_with_decay() -> _Values:
    """Relative difference of the data's gradient plus λW to central differences of the loss with its term."""
    found = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        layers = dense.init(rng, [3, 4, 2])
        x, targets = rng.normal(size=(8, 3)), rng.normal(size=(8, 2))

        def loss(at: list[Layer], x: ndarray = x, targets: ndarray = targets) -> float:
            term = 0.3 / 2 * sum(float((layer.w**2).sum()) for layer in at)
            return losses.squared_error(dense.forward(at, x, relu)[0], targets)[0] + term

        out, tape = dense.forward(layers, x, relu)
        g = dense.backward(tape, losses.squared_error(out, targets)[1]).g_layers
        whole = [Layer(own.w + 0.3 * layer.w, own.b) for own, layer in zip(g, layers, strict=True)]
        found.append(relative_error(whole, central_differences(loss, layers)))
    return np.array(found)


def left_of_a_weight_without_gradient() -> _Values:
    """What one step of PyTorch's SGD leaves of a weight of 1 whose gradient is 0: α = 0.1, λ = 0.5."""
    import torch

    weight = torch.ones(1, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.1, weight_decay=0.5)
    weight.grad = torch.zeros(1)
    optimizer.step()
    return np.array([weight.item()])


def _formula_against_step(mean: bool) -> _Values:
    """Relative difference of (1 - αλ)W - α ΔW/m to a step of sgd, with ΔW a sum or a mean of gradients."""
    data, found, m = digits(), [], 32
    for seed in SEEDS:
        layers, rows = network(seed), np.random.default_rng(seed).choice(1437, m, replace=False)
        each = [_gradient(layers, data.x[[k]], data.labels[[k]])[0].w for k in rows]
        delta = np.mean(each, axis=0) if mean else np.sum(each, axis=0)
        by_formula = (1 - 0.1 * 0.02) * layers[0].w - 0.1 * delta / m
        step = sgd(layers, _gradient(layers, data.x[rows], data.labels[rows]), lr=0.1, weight_decay=0.02)
        moved = step[0].w - layers[0].w
        found.append(float(np.linalg.norm(by_formula - step[0].w) / np.linalg.norm(moved)))
    return np.array(found)


def formula_with_a_sum() -> _Values:
    """Error of the formula, relative to the step, where ΔW is the sum of the gradients of m examples."""
    return _formula_against_step(mean=False)


def formula_with_a_mean() -> _Values:
    """Error of the formula, relative to the step, where ΔW is already their mean."""
    return _formula_against_step(mean=True)


def l2_against_decay_sgd() -> _Values:
    """Relative difference of the weights that two forms of decay lead to, 500 steps of SGD, λ = 0.01."""
    return np.array([apart(("SGD, L2", "SGD, decay"), 0.01, seed) for seed in SEEDS])


def l2_against_decay_adam() -> _Values:
    """The same under Adam."""
    return np.array([apart(("Adam, L2", "Adam, decay"), 0.01, seed) for seed in SEEDS])
