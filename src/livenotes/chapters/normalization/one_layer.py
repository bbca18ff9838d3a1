r"""What one cell's output depends on: who shares its mean, who is in its batch, how long its weights are.

Everything here is small enough to be computed while a slider moves.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float
from numpy import ndarray

from livenotes._trees import tree_map
from livenotes.activations import REGISTRY
from livenotes.lab.normed import NormedNet, backward, begin, forward, task
from livenotes.losses import softmax_cross_entropy
from livenotes.normalization import batch_norm, batch_norm_backward, layer_norm

BLOCK = np.array(
    [
        [1.0, 2.0, 0.0, 3.0],
        [2.0, 4.0, 1.0, 1.0],
        [0.0, 3.0, 2.0, 5.0],
        [3.0, 1.0, 4.0, 2.0],
        [1.0, 5.0, 3.0, 4.0],
    ]
)
"""Five examples, one a row, with four features, one a column."""

MINE = (2, 1)
NEIGHBORS = {"column": (0, 1), "row": (2, 2)}
"""Places of a neighbor of mine: the same feature of another example, another feature of the same example."""


class Cells(NamedTuple):
    """A block before and after its normalization, and the cells that share a mean with mine."""

    x: Float[ndarray, "B D"]
    y: Float[ndarray, "B D"]
    shared: Bool[ndarray, "B D"]
    mean: float
    deviation: float


def cells(kind: str, neighbor: str, value: float) -> Cells:
    """Give one neighbor of my cell a value, and normalize the block by columns (batch) or rows (layer)."""
    x = BLOCK.copy()
    x[NEIGHBORS[neighbor]] = value
    shared = np.zeros(x.shape, bool)
    if kind == "batch":
        shared[:, MINE[1]] = True
    else:
        shared[MINE[0]] = True
    y, _ = (batch_norm if kind == "batch" else layer_norm)(x, np.ones(4), np.zeros(4))
    return Cells(x, y, shared, float(x[shared].mean()), float(x[shared].std()))


GAMMA, BETA = 2.0, 1.0


class Column(NamedTuple):
    """One feature through batch norm and back, number by number, for the loss $L=y_k$."""

    x: Float[ndarray, " B"]
    centered: Float[ndarray, " B"]
    x_hat: Float[ndarray, " B"]
    y: Float[ndarray, " B"]
    g_y: Float[ndarray, " B"]
    g_hat: Float[ndarray, " B"]
    g_x: Float[ndarray, " B"]
    mean: float
    deviation: float


def column(first: float, loss: int) -> Column:
    """Normalize the numbers ``first``, 2, 3 and 6 with scale 2 and shift 1; the loss is one output."""
    x = np.array([first, 2.0, 3.0, 6.0])
    y, tape = batch_norm(x[:, None], np.array([GAMMA]), np.array([BETA]))
    g_y = np.zeros(4)
    g_y[loss - 1] = 1.0
    g_x = batch_norm_backward(tape, g_y[:, None]).g_x[:, 0]
    mean, deviation = tape.mean.item(), 1 / tape.inv_std.item()
    return Column(x, x - mean, tape.x_hat[:, 0], y[:, 0], g_y, GAMMA * g_y, g_x, mean, deviation)


COMPANIES = (1, 2, 3, 4, 8, 16, 64, 256)
POINTS, DRAWS = 120, 2000


@cache
def companies(batch: int) -> xr.Dataset:
    """Normalize my value in random batches whose other members are standard normal.

    Returns
    -------
    Dataset
        Over ``point``: ``mine``, spread over -3 to 3, and ``output``, each in a batch of its own.
        ``spread`` and ``mean`` are those of the output for the value 1, over 2,000 batches. A batch of one
        gives 0.
    """
    mine = np.linspace(-3, 3, POINTS)
    at_one = _outputs(np.ones(DRAWS), batch, np.random.default_rng([batch, 1]))
    return xr.Dataset(
        {
            "output": ("point", _outputs(mine, batch, np.random.default_rng([batch, 0]))),
            "mean": at_one.mean(),
            "spread": at_one.std(),
        },
        {"point": np.arange(POINTS), "mine": ("point", mine)},
    )


def _outputs(mine: Float[ndarray, " N"], batch: int, rng: np.random.Generator) -> Float[ndarray, " N"]:
    """Each value in a batch of its own: as many features as values, of which the first example is mine."""
    if batch == 1:
        return np.zeros_like(mine)  # x - mean is 0; ``batch_norm`` refuses to say so
    x = np.concatenate([mine[None], rng.normal(size=(batch - 1, len(mine)))])
    # Two members can be close to each other: with the usual eps they would come out near 0.
    return np.asarray(batch_norm(x, np.ones(len(mine)), np.zeros(len(mine)), eps=1e-12)[0][0])


SCALES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
SCALED = ("none", "batch", "layer", "weight")


@cache
def scaled(kind: str, scale: float, seed: int = 0) -> xr.Dataset:
    """Multiply the hidden weights of a small untrained net, with one hidden layer of 64 ReLU units.

    Returns
    -------
    Dataset
        ``output``, the ten scores of the first validation digit, in a batch of 128; ``gradient``, the length
        of the loss's gradient with respect to the hidden weights; ``length``, that of the weights; ``turn``,
        the angle in degrees by which a step at rate 0.1 turns them.
    """
    f = REGISTRY["relu"]
    net = begin(np.random.default_rng(seed), kind, depth=1, gain=1.0)
    (block,) = net.blocks
    w = block.w.astype(float) * scale
    net = NormedNet(
        [block._replace(w=w, gamma=block.gamma.astype(float), beta=block.beta.astype(float))],
        type(net.out)(net.out.w.astype(float), net.out.b.astype(float)),
    )
    x, labels = task().x_val[:128].astype(float), task().labels_val[:128]
    out, tape = forward(kind, net, x, f)
    _, g = softmax_cross_entropy(out, labels)
    g_w = backward(kind, net, tape, g, f)[0].blocks[0].w
    new = w - 0.1 * g_w
    cosine = (w * new).sum() / np.linalg.norm(w) / np.linalg.norm(new)
    return xr.Dataset(
        {
            "output": ("class", out[0]),
            "gradient": np.linalg.norm(g_w),
            "length": np.linalg.norm(w),
            "turn": np.degrees(np.arccos(np.clip(cosine, -1, 1))),
        }
    )


DEPTHS, FLOW_GAINS = (5, 10, 20, 30), (0.5, 0.7, 1.0, 1.4, 2.0)
FLOWING = ("none", "batch", "layer")


@cache
def flow(activation: str, depth: int, gain: float, seeds: int = 3) -> xr.DataArray:
    """Send the gradient of the loss back through an untrained net.

    Returns
    -------
    DataArray
        Over ``kind`` of normalization, ``seed`` and hidden ``layer``: root mean square of the gradient with
        respect to what enters the activation, relative to the last hidden layer.
    """
    f, x, labels = REGISTRY[activation], task().x[:128].astype(float), task().labels[:128]
    found = np.empty((len(FLOWING), seeds, depth))
    for k, kind in enumerate(FLOWING):
        for seed in range(seeds):
            rng = np.random.default_rng([seed, depth])
            # in double precision: over thirty layers single precision would draw a line that others do not
            net = tree_map(np.float64, begin(rng, kind, depth=depth, gain=gain, activation=activation))
            with np.errstate(over="ignore", invalid="ignore"):
                out, tape = forward(kind, net, x, f)
                _, g_sums = backward(kind, net, tape, softmax_cross_entropy(out, labels)[1], f)
            sizes = np.array([np.sqrt(np.square(g).mean()) for g in g_sums])
            found[k, seed] = sizes / sizes[-1]
    coords = {"kind": list(FLOWING), "layer": np.arange(1, depth + 1)}
    return xr.DataArray(found, dims=("kind", "seed", "layer"), coords=coords)
