"""Over how many steps trained cells remember: adding, copying and temporal order at growing length.

A cell and a linear readout of its state are trained with Adam through our own gradients, on new sequences
at every step, and scored on sequences never seen.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float
from numpy import ndarray
from numpy.random import Generator

from livenotes._arguments import require_choice, require_count
from livenotes.datasets.adding import SOLVED, adding
from livenotes.datasets.copying import copy_memory
from livenotes.datasets.temporal_order import temporal_order
from livenotes.lab.store import Stored, first_losses, load, register
from livenotes.lab.training import accuracy
from livenotes.losses import softmax_cross_entropy, squared_error
from livenotes.optimization import adam, adam_init, clip_by_norm
from livenotes.recurrent import CELLS, Cell

LENGTHS = (10, 15, 20, 30, 40, 60, 80, 120)
CELL_NAMES = ("elman_tanh", "elman_relu", "lstm", "gru")
HIDDEN, BATCH, ITERATIONS, EVERY = 32, 32, 1000, 50
RATE, LIMIT = 0.002, 1.0
COPIED, ALPHABET = 5, 4
SOLVED_SHARE = 0.9  # of right answers, from which on a task counts as solved


class Batch(NamedTuple):
    """Sequences, and what to say at each of the last A steps."""

    x: Float[ndarray, "T B D"]
    target: ndarray  # (A, B), float or int
    mask: Bool[ndarray, "T B"] | None


class Task(NamedTuple):
    """A toy task as a recurrent net meets it.

    Attributes
    ----------
    draw : (rng, size, length) -> Batch
    inputs, outputs : int
        Features of a step, and of an answer.
    loss : (answers, target) -> (loss, gradient)
        Over all answers together: (A*B, K) and (A*B,).
    score : (answers, target) -> float
        Share of answers that are right.
    chance : float
        Score of the best answer that remembers nothing.
    """

    draw: Callable[[Generator, int, int], Batch]
    inputs: int
    outputs: int
    loss: Callable[[ndarray, ndarray], tuple[float, ndarray]]
    score: Callable[[ndarray, ndarray], float]
    chance: float


def _adding(rng: Generator, size: int, length: int) -> Batch:
    task = adding(rng, size, length)
    return Batch(task.x, task.target[None], task.mask)


def _temporal_order(rng: Generator, size: int, length: int) -> Batch:
    task = temporal_order(rng, size, length)
    return Batch(task.x, task.target[None], None)


def _copying(rng: Generator, size: int, length: int) -> Batch:
    task = copy_memory(rng, size, length, length=COPIED, alphabet=ALPHABET)
    return Batch(task.x, task.target[-COPIED:], None)


def _number_loss(
    answers: Float[ndarray, "N 1"], target: Float[ndarray, " N"]
) -> tuple[float, Float[ndarray, "N 1"]]:
    return squared_error(answers, target[:, None].astype(answers.dtype))


def _close(answers: Float[ndarray, "N 1"], target: Float[ndarray, " N"]) -> float:
    return float((np.abs(answers[:, 0] - target) < SOLVED).mean())


TASKS = {
    # Of a sum of two uniform numbers 8 % lie within 0.04 of the middle of its scaled range.
    "adding": Task(_adding, 2, 1, _number_loss, _close, 1 - (1 - 2 * SOLVED) ** 2),
    "temporal-order": Task(_temporal_order, 8, 4, softmax_cross_entropy, accuracy, 1 / 4),
    "copying": Task(_copying, ALPHABET + 2, ALPHABET, softmax_cross_entropy, accuracy, 1 / ALPHABET),
}


class Net(NamedTuple):
    """A cell's parameters and a linear readout of its output; also holds gradients."""

    cell: Any
    w: Float[ndarray, "K H"]
    b: Float[ndarray, " K"]


def answers(cell: Cell, net: Net, batch: Batch) -> tuple[Float[ndarray, "N K"], tuple[ndarray, Any]]:
    """What the net says at the last A steps, (A*B, K), and what backward needs: outputs and tape."""
    state0 = cell.zero_state(net.cell, batch.x.shape[1])
    outputs, tape = cell.forward(net.cell, batch.x.astype(net.w.dtype), state0, batch.mask)
    h = outputs[-len(batch.target) :].reshape(-1, outputs.shape[2])
    return h @ net.w.T + net.b, (outputs, tape)


def gradient(cell: Cell, net: Net, batch: Batch, loss: Callable[..., Any]) -> tuple[float, Net]:
    """Loss of a batch, and its gradient in every parameter, through time by hand."""
    said, (outputs, tape) = answers(cell, net, batch)
    value, g = loss(said, batch.target.reshape(-1))
    last = slice(-len(batch.target), None)
    g_outputs = np.zeros_like(outputs)
    g_outputs[last] = (g @ net.w).reshape(outputs[last].shape)
    g_cell = cell.backward(tape, g_outputs).g_params
    return value, Net(g_cell, g.T @ outputs[last].reshape(len(g), -1), g.sum(axis=0))


def init(rng: Generator, cell: Cell, task: Task) -> Net:
    """Draw a net in single precision: the cell's own start, a readout of Gaussian weights, no bias."""
    params = cell.init(rng, task.inputs, HIDDEN, dtype=np.float32)
    w = rng.normal(scale=HIDDEN**-0.5, size=(task.outputs, HIDDEN))
    return Net(params, w.astype(np.float32), np.zeros(task.outputs, np.float32))


def train(task: str, cell: str, length: int, seed: int, *, iterations: int = ITERATIONS) -> xr.Dataset:
    """Train one net on one task and score it on 1,000 new sequences.

    Parameters
    ----------
    task : str
        A key of ``TASKS``.
    cell : str
        A key of ``livenotes.recurrent.CELLS``.
    length : int
        Of the sequences; for copying, of the pause.
    seed : int
    iterations : int, at least 50
        Steps of Adam, a batch of 32 new sequences each; the gradient is clipped to length 1.

    Returns
    -------
    Dataset
        ``score``, the share of right answers, and ``loss`` over ``iteration`` 50, 100, ..., the mean over the
        50 iterations before.

    Raises
    ------
    TypeError, ValueError
        If a name is unknown, or a number out of its range.
    """
    require_choice("cell", cell, CELLS)
    return fit(task, CELLS[cell], length, seed, rate=RATE, iterations=iterations)[0]


def fit(
    task: str,
    layer: Cell,
    length: int,
    seed: int,
    *,
    rate: float,
    iterations: int = ITERATIONS,
    limit: float = LIMIT,
) -> tuple[xr.Dataset, Net]:
    """Train a layer as :func:`train` does, at any learning rate and with any limit to the gradient's length.

    Return the trained net as well.
    """
    require_choice("task", task, TASKS)
    chosen = TASKS[task]
    require_count("iterations", iterations, EVERY)
    rng = np.random.default_rng(require_count("seed", seed, 0))
    net = init(rng, layer, chosen)
    state, losses = adam_init(net), []
    for _ in range(iterations):
        value, g = gradient(layer, net, chosen.draw(rng, BATCH, length), chosen.loss)
        net, state = adam(net, clip_by_norm(g, limit), state, lr=rate)
        losses.append(value)
    test = chosen.draw(rng, 1000, length)
    said, _ = answers(layer, net, test)
    blocks = np.array(losses[: iterations // EVERY * EVERY]).reshape(-1, EVERY)
    found = xr.Dataset(
        {"score": chosen.score(said, test.target.reshape(-1)), "loss": ("iteration", blocks.mean(axis=1))},
        coords={"iteration": EVERY * np.arange(1, len(blocks) + 1)},
    )
    return found, net


@cache
def trained(task: str) -> xr.Dataset:
    """Read what was stored of the cells trained on a task; ``make results`` trains them again."""
    require_choice("task", task, TASKS)
    return load(f"memory-{task}")


def longest_solved(score: xr.DataArray, enough: float = SOLVED_SHARE) -> xr.DataArray:
    """Longest length up to which every score is at least ``enough``; 0 if that of the first length is not.

    Parameters
    ----------
    score : array over ``length``, rising, and any other dimension
    enough : float

    Returns
    -------
    array over the other dimensions
    """
    solved = (score >= enough).cumprod("length").sum("length")
    return xr.DataArray(np.append(0, score.length), dims="solved").isel(solved=solved)


def begin(run: Callable[..., xr.Dataset], **point: Any) -> xr.Dataset:
    """First tenth of the loss that a training run returns, then missing values."""
    return first_losses(run, "iteration", EVERY, ITERATIONS, **point)


# Late in training the last bit in which two machines differ has grown to another score: only the beginning
# of the curves is compared when a point is computed again.
MEMORY = {
    task: register(
        Stored(
            name=f"memory-{task}",
            run=partial(train, task),
            axes={"cell": CELL_NAMES, "length": LENGTHS, "seed": (0, 1, 2)},
            seed=0,
            rtol={"loss": 0.05},
            time="iteration",
            begin=partial(begin, partial(train, task)),
            # over more steps the last bit of a state that nothing shrinks decides
            steady=lambda cell, length, **_: length < {"elman_relu": 20, "elman_tanh": 120}.get(cell, np.inf),
        )
    )
    for task in TASKS
}
