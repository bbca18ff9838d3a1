"""Hand-written gradients inside torch's graph."""

import re
from functools import partial
from typing import NamedTuple

import numpy as np
import pytest
import torch

from livenotes import (
    attention,
    dense,
    dropout,
    encoder_decoder,
    losses,
    normalization,
    residual,
    torch_bridge,
)
from livenotes._trees import leaves, unflatten
from livenotes.activations import REGISTRY, elu, glu, prelu, rrelu_train, rrelu_train_backward, tanh
from livenotes.datasets.planar import moons
from livenotes.embeddings import skipgram
from livenotes.recurrent import CELLS, bidirectional, stacked
from public import FUNCTIONS


class Affine(NamedTuple):
    w: np.ndarray
    b: np.ndarray


def affine(p, x):
    """Two outputs, one of them in a nested tree."""
    y = x @ p.w.T + p.b
    return (y, [y.sum(axis=0)]), (p, x)


def affine_backward(tape, g):
    p, x = tape
    g_y = g[0] + g[1][0]
    return Affine(g_y.T @ x, g_y.sum(axis=0)), g_y @ p.w


def tensors(rng, *shapes):
    return [torch.tensor(rng.normal(size=s), requires_grad=True) for s in shapes]


@pytest.mark.parametrize("act", REGISTRY.values(), ids=lambda a: a.name)
def test_every_activation_passes_torchs_own_check(act, rng):
    x = rng.normal(scale=2, size=(3, 12))
    for kink in act.kinks:
        x[np.abs(x - kink) < 1e-2] += 0.1
    x = torch.tensor(x, requires_grad=True)
    assert torch.autograd.gradcheck(torch_bridge.activation(act), x)


def recurrent_layers(*cells):
    """Each layer as it is, and with the final state as a second output."""

    def with_final_state(cell):
        def forward(params, x, state0):
            outputs, tape = cell.forward(params, x, state0)
            return (outputs, cell.final_state(tape)), tape

        return forward, lambda tape, g: cell.backward(tape, *g)

    methods = []
    for cell in cells:
        params = cell.init(RNG, 3, 2)
        arguments = params, RNG.normal(size=(3, 2, 3)), cell.zero_state(params, 2)
        methods += [(cell.forward, cell.backward, arguments), (*with_final_state(cell), arguments)]
    return methods


def loss(function, outputs, *targets):
    """A loss returns its gradient with its value: the gradient is the tape."""

    def forward(outputs):
        value, tape = function(outputs, *targets)
        return np.asarray(value), tape

    return forward, lambda tape, g_y: g_y * tape, (outputs,)


def seeded(method, **options):
    """A method that draws the same whenever it is called."""
    return lambda *arguments: method(*arguments, rng=np.random.default_rng(0), **options)


def tables(tape, g_y):
    """The rows that skip-gram's gradient touches, in tables that torch can add to its own."""
    g_params = [np.zeros_like(table) for table in tape.params]
    for table, rows in zip(g_params, skipgram.backward(tape, g_y), strict=True):
        table[rows.ids] = rows.values
    return skipgram.SkipGramParams(*g_params)


def every_argument(tape, g_y):
    return prelu.backward(tape, g_y), prelu.backward_params(tape, g_y)["alpha"]


RNG = np.random.default_rng(20240229)
X, W, V, IDS = RNG.normal(size=(5, 3)), RNG.normal(size=(4, 3)), RNG.normal(size=3), np.array([0, 2, 1])
SCORER, NET = attention.additive_init(RNG, 3, 3, 2), dense.init(RNG, (3, 4, 2))
MASK = RNG.random((5, 4)) < 0.5
MASK[:, 0] = True
TABLES = skipgram.SkipGramParams(W, W + RNG.normal(size=W.shape))
CELL, PAIR = CELLS["gru"], (CELLS["gru"], CELLS["lstm"])
SEQUENCE = RNG.normal(size=(3, 2, 3))
READ = np.arange(3)[:, None] < np.array([3, 2])
NORMS = normalization

# Under the name of each function that goes backward: it and its forward, and where to differentiate them.
# What has no gradient is held fixed on the way in.
METHODS = {
    "activations.base.Activation.backward": [
        *((glu.forward, glu.backward, (RNG.normal(size=(5, 4)),)), (elu.forward, elu.backward, (X,))),
    ],
    "activations.base.Activation.backward_params": [
        (lambda x, alpha: prelu.forward(x, alpha=alpha), every_argument, (X, V)),
    ],
    "activations.rectified.rrelu_train_backward": [(seeded(rrelu_train), rrelu_train_backward, (X,))],
    "attention.additive_attention_backward": [
        (attention.additive_attention, attention.additive_attention_backward, (SCORER, X, W, W)),
    ],
    "attention.dot_product_attention_backward": [
        (attention.dot_product_attention, attention.dot_product_attention_backward, (X, W, W)),
        (
            partial(attention.dot_product_attention, mask=MASK),
            attention.dot_product_attention_backward,
            (X, W, W),
        ),
    ],
    "attention.softmax_backward": [
        (lambda scores: 2 * (attention.masked_softmax(scores),), attention.softmax_backward, (X,)),
    ],
    "dense.affine_backward": [(dense.affine, dense.affine_backward, (NET[0], X))],
    "dense.backward": [(partial(dense.forward, activation=tanh), dense.backward, (NET, X))],
    "dropout.dropconnect_backward": [
        (seeded(dropout.dropconnect, rate=0.5), dropout.dropconnect_backward, (X, W)),
    ],
    "dropout.dropout_backward": [
        (seeded(dropout.dropout, rate=0.5), dropout.dropout_backward, (X,)),
        (seeded(dropout.standout, s=X), dropout.dropout_backward, (X,)),
    ],
    "encoder_decoder.backward": [
        (
            partial(encoder_decoder.forward, *PAIR, source_mask=READ),
            encoder_decoder.backward,
            (encoder_decoder.init(*PAIR, RNG, 3, 3, 2, attends=attends), SEQUENCE, SEQUENCE),
        )
        for attends in (False, True)
    ],
    "embeddings.skipgram.backward": [
        (lambda params: skipgram.forward(params, IDS, IDS[::-1], IDS[:, None]), tables, (TABLES,)),
    ],
    "normalization.batch.batch_norm_backward": [(NORMS.batch_norm, NORMS.batch_norm_backward, (X, V, V))],
    "normalization.batch.batch_norm_predict_backward": [
        (
            partial(NORMS.batch_norm_predict, running=NORMS.RunningStats(V, V**2)),
            NORMS.batch_norm_predict_backward,
            (X, V, V),
        ),
    ],
    "normalization.layer.layer_norm_backward": [(NORMS.layer_norm, NORMS.layer_norm_backward, (X, V, V))],
    "normalization.weight.cosine_norm_backward": [(NORMS.cosine_norm, NORMS.cosine_norm_backward, (X, W))],
    "normalization.weight.weight_norm_backward": [
        (NORMS.weight_norm, NORMS.weight_norm_backward, (W.T, V)),
    ],
    "normalization.whitening.decorrelate_backward": [(NORMS.decorrelate, NORMS.decorrelate_backward, (X,))],
    "normalization.whitening.normalize_backward": [(NORMS.normalize, NORMS.normalize_backward, (X,))],
    "normalization.whitening.whiten_backward": [
        (partial(NORMS.whiten, method=method), NORMS.whiten_backward, (X,)) for method in ("zca", "pca")
    ],
    "recurrent.bidirectional.backward": recurrent_layers(bidirectional.over(CELL)),
    "recurrent.elman.backward": recurrent_layers(*(c for name, c in CELLS.items() if "elman" in name)),
    "recurrent.gru.backward": recurrent_layers(*(c for name, c in CELLS.items() if "gru" in name)),
    "recurrent.lstm.backward": recurrent_layers(*(c for name, c in CELLS.items() if "lstm" in name)),
    "recurrent.stacked.backward": recurrent_layers(stacked.over(*PAIR)),
    "residual.backward": [
        (partial(residual.forward, kind), residual.backward, (residual.init(RNG, kind, 3), X))
        for kind in residual.BLOCKS
    ],
    # The losses have no function that goes backward: they return the gradient at once.
    "losses.logistic": [loss(losses.logistic, X, (X > 0) * 1.0)],
    "losses.softmax_cross_entropy": [loss(losses.softmax_cross_entropy, W[:3], IDS)],
    "losses.squared_error": [loss(losses.squared_error, X, X[::-1].copy())],
}
CASES = [
    pytest.param(*case, id=f"{name}-{i}") for name, cases in METHODS.items() for i, case in enumerate(cases)
]


def test_every_method_with_a_gradient_is_tried():
    backward = {name for name in FUNCTIONS if re.search(r"backward(_params)?$", name)}
    assert backward | {name for name in FUNCTIONS if name.startswith("losses.")} == {*METHODS}
    assert {*CELLS} == {c for name in ("elman", "gru", "lstm") for c in CELLS if name in c}


@pytest.mark.parametrize(("forward", "backward", "trees"), CASES)
def test_every_method_passes_torchs_own_check(forward, backward, trees, rng):
    flat = [torch.tensor(a + 0.1 * rng.normal(size=a.shape), requires_grad=True) for a in leaves(trees)]
    f = torch_bridge.differentiable(forward, backward)
    assert torch.autograd.gradcheck(lambda *t: tuple(leaves((f(*unflatten(trees, t)),))), flat)


@pytest.mark.parametrize(("forward", "backward", "trees"), CASES)
def test_gradients_stand_in_the_order_of_the_arguments_and_say_of_what(forward, backward, trees):
    y, tape = forward(*trees)
    gradients = backward(tape, y)
    if len(trees) > 1 and backward is not every_argument:
        assert all(field.startswith("g_") for field in gradients._fields)
        assert len(gradients) == len(trees)


def test_a_network_in_torch_trains_through_our_gradients(rng):
    x, labels = (torch.tensor(a) for a in moons(rng, 40))
    losses, trained = [], []
    for hidden in (torch.tanh, torch_bridge.activation(tanh)):
        torch.manual_seed(0)
        first, second = torch.nn.Linear(2, 8, dtype=x.dtype), torch.nn.Linear(8, 2, dtype=x.dtype)
        optimizer = torch.optim.SGD([*first.parameters(), *second.parameters()], lr=0.5, momentum=0.5)
        for _ in range(30):
            loss = torch.nn.functional.cross_entropy(second(hidden(first(x))), labels)
            losses.append(loss.item())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        trained.append(first.weight.detach())
    np.testing.assert_allclose(losses[30:], losses[:30], rtol=1e-10)
    np.testing.assert_allclose(*trained, rtol=1e-10)
    assert losses[-1] < losses[30] / 2


def test_parameters_of_an_activation_are_passed_on(rng):
    (x,) = tensors(rng, (4,))
    torch_bridge.activation(elu, alpha=2.5)(x).sum().backward()
    np.testing.assert_allclose(x.grad, elu.slope(x.detach().numpy(), alpha=2.5))
    y = torch_bridge.activation(prelu, alpha=np.array([0.0, 1.0, 2.0, 3.0]))(
        -torch.ones(4, dtype=torch.float64)
    )
    np.testing.assert_array_equal(y, [0, -1, -2, -3])


def test_trees_of_arguments_and_outputs(rng):
    w, b, x = tensors(rng, (2, 3), (2,), (5, 3))
    f = torch_bridge.differentiable(affine, affine_backward)
    assert torch.autograd.gradcheck(
        lambda w, b, x: (lambda o: (o[0], o[1][0]))(f(Affine(w, b), x)), (w, b, x)
    )
    y, (total,) = f(Affine(w, b), x)
    assert y.shape == (5, 2)
    total.sum().backward()
    np.testing.assert_allclose(w.grad, (5 * x.mean(dim=0)).detach().expand(2, 3))


def test_float32_stays_float32():
    x = torch.ones(4, requires_grad=True)
    y = torch_bridge.activation(glu)(x)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == torch.float32


def test_torch_cannot_reach_into_our_arrays():
    kept = np.ones(3)
    f = torch_bridge.differentiable(lambda x: (kept, None), lambda tape, g: kept)
    x = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    y = f(x)
    with torch.no_grad():
        y += 1
    np.testing.assert_array_equal(kept, 1)


X = torch.ones(3, requires_grad=True)
BAD = [
    (
        TypeError,
        "arguments must be tensors on the CPU, got ndarray",
        lambda: torch_bridge.activation(elu)(np.ones(3)),
    ),
    (
        TypeError,
        "arguments must be tensors on the CPU, got a tensor on meta",
        lambda: torch_bridge.activation(elu)(torch.ones(3, device="meta")),
    ),
    (TypeError, "x must be .* got dtype int64", lambda: torch_bridge.activation(elu)(torch.arange(3))),
    (
        TypeError,
        "outputs of forward must be a NumPy array of floats, got float",
        lambda: torch_bridge.differentiable(lambda x: (1.0, None), print)(X),
    ),
    (
        ValueError,
        r"gradients of backward.0 must have shape torch.Size\(\[3\]\) in both, got \(1,\)",
        lambda: torch_bridge.differentiable(lambda x: (x, None), lambda t, g: g[:1])(X).sum().backward(),
    ),
    (
        ValueError,
        r"gradients of backward must have the same structure in both, got tuple of 2 and tuple of 3",
        lambda: (
            torch_bridge.differentiable(lambda x, y: (x, None), lambda t, g: (g, g, g))(X, X).sum().backward()
        ),
    ),
]


@pytest.mark.parametrize(("error", "message", "call"), BAD, ids=[message for _, message, _ in BAD])
@pytest.mark.usefixtures("own_errors")
def test_bad_input_is_refused(error, message, call):
    with pytest.raises(error, match=message):
        call()
