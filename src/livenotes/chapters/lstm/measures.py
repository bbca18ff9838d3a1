"""What the ledger measures of the LSTM: memory, gates that are learned, functions replaced, variants.

Each function returns a 1-D array: one value a seed, or a single one where nothing is random.
"""

from functools import cache

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes import dense
from livenotes.activations import relu, sigmoid, tanh
from livenotes.checks import relative_error
from livenotes.datasets.digits import digits
from livenotes.lab.memory import longest_solved, trained
from livenotes.lab.training import accuracy, minibatches
from livenotes.losses import softmax_cross_entropy
from livenotes.optimization import adam, adam_init
from livenotes.recurrent import elman, gru, lstm
from livenotes.recurrent.nonlinearities import IDENTITY

from .counting import SHUT, learned
from .lengths import weights
from .roles import trained_as

SEEDS = range(5)

_Values = Float[ndarray, " S"]


def difference_to_one_matrix() -> _Values:
    """Relative difference of an Elman step to a dense layer on state and input, one behind the other."""
    found = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        params, h, x = elman.init(rng, 3, 8), rng.normal(size=(4, 8)), rng.normal(size=(4, 3))
        layer = dense.Layer(np.hstack([params.w_h, params.w_x]), params.b)
        sums, _ = dense.forward([layer], np.hstack([h, x]), tanh)
        found.append(relative_error(elman.step(params, x, h), tanh(sums)))
    return np.array(found)


def blocks_that_are_gates() -> _Values:
    """Number of the cell's four blocks that stay between 0 and 1, whatever weights and input are."""
    found = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        params = lstm.LSTMParams(*(rng.normal(scale=3, size=size) for size in ((32, 3), (32, 8), 32)))
        _, tape = lstm.forward(params, rng.normal(size=(50, 4, 3)), lstm.zero_state(params, 4))
        found.append(sum(bool((block >= 0).all() and (block <= 1).all()) for block in tape.gates))
    return np.array(found, float)


def _gained(task: str) -> _Values:
    """Longest length that an LSTM solves less that of a tanh cell."""
    score = trained(task).score
    ours, theirs = (longest_solved(score.sel(cell=name)) for name in ("lstm", "elman_tanh"))
    return np.asarray(ours - theirs, float)


def gained_in_adding() -> _Values:
    """Steps gained on the adding problem."""
    return _gained("adding")


def gained_in_copying() -> _Values:
    """Steps gained on copying."""
    return _gained("copying")


def order_over_120_steps() -> _Values:
    """Score of the LSTM on temporal order of length 120."""
    return np.asarray(trained("temporal-order").score.sel(cell="lstm", length=120))


def forget_gate_falls() -> _Values:
    """Mean forget gate at a letter less that at a semicolon, trained counters of eight units."""
    forget = learned().forget.sel(hidden=8)
    return np.asarray(forget.sel(symbol=".") - forget.sel(symbol=";"))


@cache
def _accuracies(depth: int) -> Float[ndarray, "S 3"]:
    """Accuracy on new digits of dense nets with sigmoid, tanh and ReLU, after 300 updates of Adam."""
    data, found = digits(), []
    for seed in range(3):
        row = []
        for activation, gain in ((sigmoid, 1.0), (tanh, 1.0), (relu, 2**0.5)):
            rng = np.random.default_rng(seed)
            net = dense.init(rng, [64, *[32] * depth, 10], gain=gain)
            state = adam_init(net)
            for _, rows in zip(range(300), minibatches(rng, len(data.x), 64), strict=False):
                out, tape = dense.forward(net, data.x[rows], activation)
                _, g = softmax_cross_entropy(out, data.labels[rows])
                net, state = adam(net, dense.backward(tape, g).g_layers, state, lr=0.003)
            row.append(accuracy(dense.forward(net, data.x_val, activation)[0], data.labels_val))
        found.append(row)
    return np.array(found)


def spread_of_shallow_nets() -> _Values:
    """Best accuracy of three activations less the worst, one hidden layer."""
    return np.ptp(_accuracies(1), axis=1)


def spread_of_deep_nets() -> _Values:
    """Best accuracy of three activations less the worst, eight hidden layers."""
    return np.ptp(_accuracies(8), axis=1)


def _lost(roles: str) -> _Values:
    """Score of the standard cell in adding less that with other functions, same seeds."""
    score = trained_as().score.sel(task="adding")
    return np.asarray(score.sel(roles="standard") - score.sel(roles=roles))


def lost_by_both_identity() -> _Values:
    """Lost where both tanh are left out."""
    return _lost("both: identity")


def lost_by_sigmoid_candidate() -> _Values:
    """Lost where the candidate is a sigmoid."""
    return _lost("candidate: sigmoid")


def lost_by_hard_sigmoid() -> _Values:
    """Lost where the gates are hard sigmoids."""
    return _lost("gates: hard sigmoid")


def lost_by_relu_candidate() -> _Values:
    """Lost where the candidate is a ReLU."""
    return _lost("candidate: relu")


def difference_of_gru_to_coupled_lstm() -> _Values:
    """Difference of a GRU that resets nothing to a coupled LSTM that shows all of its state."""
    found = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        unit = gru.init(rng, 3, 8, reset_after=False)
        x = rng.normal(size=(20, 2, 3))
        w_x, w_h = (np.split(w, 3) for w in (unit.w_x, unit.w_h))
        none = np.zeros_like
        open_ = gru.GRUParams(
            np.concatenate([none(w_x[0]), *w_x[1:]]),
            np.concatenate([none(w_h[0]), *w_h[1:]]),
            np.repeat([SHUT, 0.0, 0.0], 8),
            None,
        )
        shown = lstm.LSTMParams(  # f, g, o
            np.concatenate([*w_x[1:], none(w_x[0])]),
            np.concatenate([*w_h[1:], none(w_h[0])]),
            np.repeat([0.0, 0.0, SHUT], 8),
        )
        ours, _ = gru.forward(open_, x, gru.zero_state(open_, 2))
        roles = lstm.Roles(squash=IDENTITY)
        theirs, _ = lstm.forward(shown, x, lstm.zero_state(shown, 2), roles=roles)
        found.append(relative_error(ours, theirs))
    return np.array(found)


def weights_of_a_gru() -> _Values:
    """Number of weights of a GRU relative to an LSTM of the same size."""
    return np.array([weights("gru", 2, 32) / weights("lstm", 2, 32)])
