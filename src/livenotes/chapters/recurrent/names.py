"""A network that reads and writes names of countries letter by letter, and how far back its gradient reaches.

Elman cells of 64 tanh units are trained to guess each next letter of four names in five; the others are kept
for the test. The net starts and ends each name at a symbol of its own.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int
from numpy import ndarray
from numpy.random import Generator

from livenotes._arguments import require_choice
from livenotes.datasets.dates import END, START, decode, encode, territories
from livenotes.lab.memory import LIMIT, Net
from livenotes.lab.store import Stored, load, register
from livenotes.losses import softmax_cross_entropy
from livenotes.optimization import adam, adam_init, clip_by_norm
from livenotes.recurrent import elman
from livenotes.recurrent.initializers import Initializer, orthogonal

from .gradients import uniform

HIDDEN, BATCH, RATE = 64, 32, 0.005
STAGES = (0, 30, 60, 100, 200, 300, 500, 1000)
SHOWN = ("Solomon Islands", "North Macedonia", "Cayman Islands", "United States", "Western Sahara")
LETTERS = range(2, 14)  # which letter is guessed, counted from 1
LAGS, SAMPLES, LONGEST, GUESSES = 10, 6, 20, 3
BEGINNINGS: dict[str, Initializer] = {"uniform": uniform, "orthogonal": orthogonal}


def begin_names(rng: Generator, recurrent: Initializer = uniform) -> Net:
    """Draw a net that guesses letters: an Elman cell, by default as PyTorch starts it, and a readout."""
    symbols = len(territories().target_vocabulary)
    cell = elman.init(rng, symbols, HIDDEN, recurrent=recurrent)
    return Net(cell, rng.normal(scale=HIDDEN**-0.5, size=(symbols, HIDDEN)), np.zeros(symbols))


def guess(
    net: Net, letters: Int[ndarray, "T B"], mask: Bool[ndarray, "T B"]
) -> tuple[float, Float[ndarray, "N K"], tuple[ndarray, elman.ElmanTape]]:
    """Guess every letter of each name from those before it.

    Returns
    -------
    loss : float
        Cross-entropy a letter, in nats.
    g_scores : (N, K), its gradient with respect to the scores of all N letters of the batch
    states and tape, which the way back needs
    """
    x = np.eye(len(net.b))[letters[:-1]]
    h, tape = elman.forward(net.cell, x, elman.zero_state(net.cell, letters.shape[1]))
    loss, g = softmax_cross_entropy(h[mask[1:]] @ net.w.T + net.b, letters[1:][mask[1:]])
    return loss, g, (h, tape)


def gradient(net: Net, letters: Int[ndarray, "T B"], mask: Bool[ndarray, "T B"]) -> Net:
    """Gradient of the loss of a batch with respect to all weights."""
    _, g, (h, tape) = guess(net, letters, mask)
    g_h = np.zeros_like(h)
    g_h[mask[1:]] = g @ net.w
    return Net(elman.backward(tape, g_h).g_params, g.T @ h[mask[1:]], g.sum(axis=0))


def write(net: Net, rng: Generator, count: int = SAMPLES, longest: int = LONGEST) -> list[str]:
    """Draw names from a net: each letter at random with its probability, then read as the next input."""
    vocabulary = territories().target_vocabulary
    written = [np.full(count, vocabulary.index(START))]
    state = elman.zero_state(net.cell, count)
    for _ in range(longest):
        state = elman.step(net.cell, np.eye(len(net.b))[written[-1]], state)
        p = _probabilities(state @ net.w.T + net.b)
        written.append((p.cumsum(axis=1) > rng.random((count, 1))).argmax(axis=1))
    return list(decode(np.stack(written), vocabulary))


def _probabilities(scores: Float[ndarray, "N K"]) -> Float[ndarray, "N K"]:
    p: ndarray = np.exp(scores - scores.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


def reach_of_letters(net: Net, name: str) -> tuple[Float[ndarray, "N N"], Float[ndarray, "N K"]]:
    r"""Send the error of each guess in a name back over the letters that were read.

    Returns
    -------
    sizes : (N, N)
        In row n and column k the length of $\partial e_n/\partial a_k$, where $e_n$ is the loss of guess n
        and $a_k$ what goes into the units when symbol k is read; symbol 0 is the start. Guess n is made
        when symbol n has been read.
    probabilities : (N, K)
        What the net expects after each symbol.
    """
    letters, _ = encode([name], territories().target_vocabulary)
    x = np.eye(len(net.b))[letters[:-1]]
    h, tape = elman.forward(net.cell, x, elman.zero_state(net.cell, 1))
    p = _probabilities(h[:, 0] @ net.w.T + net.b)
    g_h = (p - np.eye(len(net.b))[letters[1:, 0]]) @ net.w  # (N, H)
    # With the identity for input weights, the gradient with respect to the input is that of a_k.
    see_through = tape._replace(params=tape.params._replace(w_x=np.eye(HIDDEN)), x=h)
    sizes = np.zeros((len(h), len(h)))
    for n, g in enumerate(g_h):
        g_outputs = np.zeros_like(h)
        g_outputs[n, 0] = g
        sizes[n] = np.linalg.norm(elman.backward(see_through, g_outputs).g_x[:, 0], axis=1)
    return sizes, p


def learn_names(start: str, seed: int, *, stages: Sequence[int] = STAGES) -> xr.Dataset:
    """Train one net on the names and look at it now and then.

    Parameters
    ----------
    start : {"uniform", "orthogonal"}
        Recurrent weights before training: PyTorch's default, or an orthogonal matrix.
    seed : int
    stages : sequence of int, rising
        After how many updates of Adam, each with 32 names, to look.

    Returns
    -------
    Dataset
        Over ``updates``: ``loss`` and ``new_loss``, nats a letter on the names for training and on new ones;
        ``radius`` and ``stretch``, spectral radius and largest singular value of the recurrent weights;
        ``written``, six names drawn from the net. Over ``lag`` as well: ``fade``, the gradient of a guess
        that many letters back, relative to the last letter read, median over new names. Over ``name``,
        ``letter`` (the one that is guessed) and ``read`` (the letters before it, 0 for the start):
        ``reach``, the gradient relative to the last letter read, 0 beyond it; and ``guess`` and ``chance``,
        the three most likely.

    Raises
    ------
    ValueError
        If the start is unknown.
    """
    require_choice("start", start, BEGINNINGS)
    rng = np.random.default_rng(seed)
    train = territories("train")
    net = begin_names(rng, BEGINNINGS[start])
    state, seen = adam_init(net), []
    for update in range(stages[-1] + 1):
        if update in stages:
            seen.append(_look(net))
        chosen = rng.integers(train.target.shape[1], size=BATCH)
        g = gradient(net, train.target[:, chosen], train.target_mask[:, chosen])
        net, state = adam(net, clip_by_norm(g, LIMIT), state, lr=RATE)
    return xr.concat(seen, dim="updates").assign_coords(updates=list(stages))


def _look(net: Net) -> xr.Dataset:
    train, new = territories("train"), territories("validation")
    vocabulary = train.target_vocabulary
    size = len(SHOWN), len(LETTERS)
    reach = np.zeros((*size, LETTERS[-1]), np.float16)
    words, chance = np.empty((*size, GUESSES), "U2"), np.empty((*size, GUESSES))
    for k, name in enumerate(SHOWN):
        sizes, p = reach_of_letters(net, name)
        for row, letter in enumerate(LETTERS):
            n = letter - 1  # guesses count from 0: number n is made when n letters have been read
            reach[k, row, : n + 1] = sizes[n, : n + 1] / sizes[n, n]
            best = p[n].argsort()[: -GUESSES - 1 : -1]
            words[k, row] = ["" if vocabulary[b] == END else vocabulary[b][:1] for b in best]
            chance[k, row] = p[n, best]
    fades = [
        sizes[n, n - LAGS : n + 1][::-1] / sizes[n, n]
        for name in new.target_texts
        for sizes, _ in [reach_of_letters(net, name)]
        for n in range(LAGS, len(sizes))
    ]
    w_h = net.cell.w_h
    numbers = {
        "loss": guess(net, train.target, train.target_mask)[0],
        "new_loss": guess(net, new.target, new.target_mask)[0],
        "radius": np.abs(np.linalg.eigvals(w_h)).max(),
        "stretch": np.linalg.norm(w_h, 2),
    }
    return xr.Dataset(
        numbers
        | {
            "written": ("sample", np.array(write(net, np.random.default_rng(1)), f"U{LONGEST}")),
            "fade": ("lag", np.median(fades, axis=0)),
            "reach": (("name", "letter", "read"), reach),
            "guess": (("name", "letter", "rank"), words),
            "chance": (("name", "letter", "rank"), chance.astype(np.float16)),
        },
        coords={"name": list(SHOWN), "letter": list(LETTERS), "lag": np.arange(LAGS + 1)},
    )


def begin_learning(start: str, seed: int) -> xr.Dataset:
    """Compute the first two stages again, and leave the others missing."""
    again = learn_names(start, seed, stages=STAGES[:2])
    return again[["loss", "new_loss", "radius", "stretch", "fade"]].reindex(updates=list(STAGES))


STORED_NAMES = register(
    Stored(
        name="recurrent-names",
        run=learn_names,
        axes={"start": tuple(BEGINNINGS), "seed": (0, 1, 2, 3, 4)},
        seed=0,
        rtol={"fade": 0.02},
        time="updates",
        begin=begin_learning,
    )
)


@cache
def learned_names() -> xr.Dataset:
    """Read what was stored of the nets that learned names; ``make results`` trains them again."""
    return load("recurrent-names")
