"""What the ledger measures of residual networks: depth, gradients, ranks, symmetry, the place of the norm.

Each function returns a 1-D array: one value a seed, or a single one where nothing is random.
"""

from functools import cache
from itertools import repeat

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes.activations import relu
from livenotes.datasets.digits import digits
from livenotes.lab.normed import task

from .depth import by_depth, deepened, orthogonal
from .nets import WIDTH, begin, errors, forward, trained, training
from .norms import orders
from .signal import bare, gradients, twins, variety

SEEDS = range(5)

_Values = Float[ndarray, " S"]


def error_of_plain_at_64() -> _Values:
    """Training error of plain nets of 64 layers at their best rate."""
    return np.asarray(by_depth().error.sel(kind="plain", blocks=32))


def error_of_residual_at_64() -> _Values:
    """Training error of pre-activation nets of 64 layers at their best rate."""
    return np.asarray(by_depth().error.sel(kind="pre_activation", blocks=32))


def error_gained_by_depth() -> _Values:
    """Training error of plain nets of 32 layers less that of 2 layers, each at its best rate."""
    error = by_depth().error.sel(kind="plain")
    return np.asarray(error.sel(blocks=16) - error.sel(blocks=1))


def error_gained_from_rotations() -> _Values:
    """The same where the matrices start orthogonal, so that their product has full rank."""
    error = orthogonal().error
    return np.asarray(error.sel(blocks=16) - error.sel(blocks=1))


def _reach(scale: float) -> _Values:
    """Powers of ten by which a shortcut raises the gradient at the first of 64 layers without norms."""
    found = [np.log10([bare(shortcut, 64, scale, seed) for shortcut in (True, False)]) for seed in SEEDS]
    return np.array([around - plain for around, plain in found])


def reach_of_small_weights() -> _Values:
    """For weights at half of He's scale."""
    return _reach(0.5)


def reach_with_batch_norm() -> _Values:
    """With batch norm: the first of 64 layers, original less plain."""
    first = [gradients(kind, 32, 1.0, tuple(SEEDS)).gradient.sel(block=0) for kind in ("original", "plain")]
    return np.asarray(np.log10(first[0]) - np.log10(first[1]))


def rank_of_weights_of_constant_units() -> _Values:
    """Rank of a matrix of 32 units, 24 of which answer 0 to every digit, relative to full rank."""
    x, found = digits().x, []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        w = rng.normal(size=(WIDTH, x.shape[1]))
        bias = np.where(np.arange(WIDTH) < 24, -100.0, 0.0)
        constant = relu(x @ w.T + bias).std(axis=0) == 0
        if constant.sum() != 24:
            raise RuntimeError(f"expected 24 constant units, got {constant.sum()}")
        found.append(np.linalg.matrix_rank(w) / WIDTH)
    return np.array(found)


@cache
def _rank_left(start: bool) -> _Values:
    product = variety("plain", start).product
    return np.asarray(product.sel(block=32) / product.sel(block=0))


def rank_left_of_random_weights() -> _Values:
    """Effective rank of the product of 64 random matrices relative to that of a single identity."""
    return _rank_left(False)


def rank_left_of_rotations() -> _Values:
    """The same for orthogonal matrices."""
    return _rank_left(True)


def error_of_a_deepened_net() -> _Values:
    """Training error of 64 plain layers: a trained net of 2, and 31 blocks that hand on what they get."""
    found = []
    for seed in range(3):
        net = begin(np.random.default_rng([seed, 0]), "plain", 1)
        net, _ = trained(training("plain", net, seed, repeat(0.3, 300)), 300)
        _, tape = forward("plain", net, task().x)
        found.append(errors("plain", deepened(net, tape, 31))["error"])
    return np.array(found)


def parted_twins_of_the_stream() -> _Values:
    """How far twins among the outputs of residual blocks part in 100 updates, less that of plain blocks."""
    return np.array([twins("original", seed)[0] - twins("plain", seed)[0] for seed in range(3)])


def parted_twins_of_the_branch() -> _Values:
    """The same for twins among the hidden units of the branch."""
    return np.array([twins("original", seed)[1] - twins("plain", seed)[1] for seed in range(3)])


def loss_of_post_norm_less_pre_norm_shallow() -> _Values:
    """Training loss of post-norm less that of pre-norm, two blocks, each at its best rate and warm-up."""
    return _post_less_pre(2)


def loss_of_post_norm_less_pre_norm() -> _Values:
    """Training loss of post-norm less that of pre-norm, 16 blocks, each at its best rate and warm-up."""
    return _post_less_pre(16)


def _post_less_pre(blocks: int) -> _Values:
    loss = orders().loss_all.sel(blocks=blocks)
    each = [loss.sel(kind=kind) for kind in ("post_norm", "pre_norm")]
    post, pre = (one.isel(warm_up=one.mean("seed").argmin("warm_up")).values for one in each)
    return np.asarray(post - pre)


def growth_through_pre_norm() -> _Values:
    """Powers of ten between the gradient after the last and before the first of 64 pre-norm blocks."""
    found = np.log10(gradients("pre_norm", 64, 1.0, tuple(SEEDS)).gradient.sel(block=0))
    return np.asarray(found)
