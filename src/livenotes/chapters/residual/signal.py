r"""What untrained nets do to a signal and a gradient, block by block; ranks, likeness, units that are twins.

The effective rank of a matrix is $e^H$, where $H$ is the entropy of its singular values, divided by their
sum {cite}`roy2007effective`: $D$ if all are equal, 1 if only one is not 0.
"""

from functools import cache
from itertools import islice, repeat

import numpy as np
import xarray as xr
from numpy import ndarray

from livenotes import residual
from livenotes._trees import tree_map
from livenotes._validated import body
from livenotes.datasets.digits import digits
from livenotes.dense import Layer
from livenotes.losses import softmax_cross_entropy
from livenotes.residual import BLOCKS, BlockParams, Kind

from .nets import BATCH, CLASSES, WIDTH, Net, backward, begin, forward, training

SEEDS = (0, 1, 2)
LOOKED_AT = (0, 1, 2, 4, 8, 16, 32)  # blocks after which variety is measured


@cache
def gradients(kind: Kind, blocks: int, scale: float, seeds: tuple[int, ...] = SEEDS) -> xr.Dataset:
    """Measure the gradient of the loss before training, from the last block back to the first.

    Parameters
    ----------
    kind : a key of ``residual.BLOCKS``
    blocks : int
    scale : float
        Of the weights of the blocks, in multiples of He's.
    seeds : tuple of int

    Returns
    -------
    Dataset
        Over ``seed`` and ``block`` 0, ..., n: ``gradient``, its norm after so many blocks, relative to that
        after the last, and ``size``, the root mean square of what is handed on there.
    """
    x, labels = digits().x[:BATCH], digits().labels[:BATCH]
    found = []
    for seed in seeds:
        net = begin(np.random.default_rng(seed), kind, blocks, scale=scale, dtype=np.float64)
        out, tape = forward(kind, net, x)
        _, g_between = backward(net, tape, softmax_cross_entropy(out, labels)[1])
        norms = np.array([np.linalg.norm(g) for g in g_between])
        sizes = [np.sqrt(np.square(h).mean()) for h in states(kind, net, x)]
        found.append((norms / norms[-1], sizes))
    gradient, size = np.array(found).swapaxes(0, 1)
    return xr.Dataset(
        {"gradient": (("seed", "block"), gradient), "size": (("seed", "block"), size)},
        {"seed": list(seeds), "block": np.arange(blocks + 1)},
    )


def states(kind: Kind, net: Net, x: ndarray) -> list[ndarray]:
    """Compute what enters the first block and what leaves each."""
    found = [x @ net.first.w.T + net.first.b]
    for params in net.blocks:
        found.append(body(residual.forward)(kind, params, found[-1])[0])
    return found


def bare(shortcut: bool, layers: int, scale: float, seed: int) -> float:
    """Return the gradient that arrives at the first of many layers without normalization, of 1 that starts.

    Blocks are two layers, each with a ReLU before it; with ``shortcut``, their input is added.
    """
    rng = np.random.default_rng(seed)
    h, tape = rng.normal(size=(BATCH, WIDTH)), []
    for _ in range(layers // 2):
        v, w = rng.normal(scale=scale * (2 / WIDTH) ** 0.5, size=(2, WIDTH, WIDTH))
        hidden = np.maximum(h, 0) @ v.T
        tape.append((v, w, h > 0, hidden > 0))
        h = shortcut * h + np.maximum(hidden, 0) @ w.T
    start = g = rng.normal(size=h.shape)
    for v, w, on, hidden_on in reversed(tape):
        g = shortcut * g + ((g @ w * hidden_on) @ v) * on
    return float(np.linalg.norm(g) / np.linalg.norm(start))


def effective_rank(matrix: ndarray) -> float:
    """Compute the effective rank; see the module."""
    s = np.linalg.svd(matrix, compute_uv=False)
    share = s[s > 0] / s.sum()
    return float(np.exp(-(share * np.log(share)).sum()))


@cache
def variety(kind: Kind, orthogonal: bool, seeds: tuple[int, ...] = SEEDS) -> xr.Dataset:
    """Follow ranks and likeness through an untrained net of blocks with two matrices each.

    Returns
    -------
    Dataset
        Over ``seed`` and ``block`` 0, 1, 2, 4, ..., 32: ``product``, the effective rank of the product of all
        matrices so far, each block's with the identity added where it has a shortcut; ``states``, that of
        what is handed on, over 400 digits; ``same`` and ``other``, the mean cosine of what two images of one
        digit, and of two digits, have become, the mean image subtracted; ``readout``, the error on new digits
        of a linear readout fitted by least squares.
    """
    data, found = digits(), []
    x, n = np.concatenate([data.x, data.x_val]), len(data.x)
    labels = data.labels[:400]
    alike = labels[:, None] == labels
    np.fill_diagonal(alike, False)
    differ = labels[:, None] != labels
    for seed in seeds:
        rng = np.random.default_rng(seed)
        net = begin(rng, kind, LOOKED_AT[-1], orthogonal=orthogonal, dtype=np.float64)
        product, row = np.eye(WIDTH), []
        for block, h in enumerate(states(kind, net, x)):
            if block:
                product = as_matrix(kind, net.blocks[block - 1]) @ product
                product /= np.linalg.norm(product)
            if block not in LOOKED_AT:
                continue
            centered = h[:400] - h[:400].mean(axis=0)
            unit = centered / np.linalg.norm(centered, axis=1, keepdims=True)
            cosine = unit @ unit.T
            ranks = effective_rank(product), effective_rank(centered)
            likeness = cosine[alike].mean(), cosine[differ].mean()
            row.append((*ranks, *likeness, _readout(h[:n], data.labels, h[n:], data.labels_val)))
        found.append(row)
    columns = np.moveaxis(np.array(found), -1, 0)
    names = ("product", "states", "same", "other", "readout")
    return xr.Dataset(
        {name: (("seed", "block"), values) for name, values in zip(names, columns, strict=True)},
        {"seed": list(seeds), "block": list(LOOKED_AT)},
    )


def as_matrix(kind: Kind, params: BlockParams) -> ndarray:
    """Multiply the two matrices of a block, and add the identity where it has a shortcut."""
    v, w = (part.w for part in params.branch if isinstance(part, Layer))
    return w @ v + BLOCKS[kind].shortcut * np.eye(WIDTH)


def _readout(h: ndarray, labels: ndarray, h_new: ndarray, labels_new: ndarray) -> float:
    table, new = (np.column_stack([part, np.ones(len(part))]) for part in (h, h_new))
    weights, *_ = np.linalg.lstsq(table, np.eye(CLASSES)[labels], rcond=None)
    return float(((new @ weights).argmax(axis=1) != labels_new).mean())


def twins(kind: Kind, seed: int, *, blocks: int = 4, updates: int = 100) -> tuple[float, float]:
    """Train a net with two pairs of twins in every block: equal weights in, equal weights out.

    One pair are the first two numbers that a block puts out, the other the first two hidden units of its
    branch. The first layer of the net has no twins.

    Returns
    -------
    (float, float)
        How far the twins have parted in the last block, over the digits: the deviation of their difference
        relative to that of one of them, for the outputs and for the hidden units.
    """
    net = begin(np.random.default_rng([seed, 0]), kind, blocks, dtype=np.float64)

    def paired(params: BlockParams) -> BlockParams:
        params = tree_map(np.copy, params)
        v, w = (part.w for part in params.branch if isinstance(part, Layer))
        for array in (v, w, v.T, w.T):  # rows are weights in, columns weights out
            array[1] = array[0]
        return params

    out = net.out.w.copy()
    out[:, 1] = out[:, 0]
    net = net._replace(blocks=[paired(params) for params in net.blocks], out=Layer(out, net.out.b))
    for stage in islice(training(kind, net, seed, repeat(0.1)), updates):
        net = stage.net
    *_, before, y = states(kind, net, digits().x)
    tape = residual.forward(kind, net.blocks[-1], before)[1]
    layers = [part for part in tape.branch if hasattr(part, "layer")]
    hidden = layers[0].x @ layers[0].layer.w.T
    outputs, units = ((h[:, 0] - h[:, 1]).std() / h[:, 0].std() for h in (y, hidden))
    return float(outputs), float(units)
