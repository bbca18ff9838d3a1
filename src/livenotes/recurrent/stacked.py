"""Layers on top of one another: each reads the outputs of the one below, step by step.

The layers may be any cells, alike or not. Sources: {cite}`schmidhuber1992learning`,
{cite}`graves2013speech`. Explained in the chapter on bidirectional and deep recurrent networks.

Parameters, states and tapes are plain tuples, one entry for each layer, the lowest first.
"""

from functools import partial
from typing import Any

from jaxtyping import Bool, Float
from numpy import ndarray
from numpy.random import Generator

from livenotes._arguments import Count, Natural
from livenotes._validated import validated

from .cell import Cell, Gradients

Layers = tuple[Any, ...]


def _one_each(cells: tuple[Cell, ...], **by_layer: Layers | None) -> None:
    """Refuse a tuple that has more or fewer entries than there are layers."""
    for name, value in by_layer.items():
        if value is not None and len(value) != len(cells):
            raise ValueError(f"{name} must have {len(cells)} entries, one for each layer, got {len(value)}")


@validated
def over(*cells: Cell) -> Cell:
    """Stack of these layers, lowest first, a :class:`Cell` itself: ``over(LSTM, LSTM)`` has two.

    Raises
    ------
    TypeError, ValueError
        If there is no layer, or one of them is not a Cell.
    """
    if not cells:
        raise ValueError("cells must hold at least one layer, got none")
    steps = all(cell.step is not None for cell in cells)
    return Cell(
        name=f"stacked({', '.join(cell.name for cell in cells)})",
        title=" + ".join(cell.title for cell in cells),
        cite="graves2013speech",
        init=partial(init, cells),
        zero_state=partial(zero_state, cells),
        step=partial(step, cells) if steps else None,
        output=partial(output, cells) if steps else None,
        forward=partial(forward, cells),
        backward=partial(backward, cells),
        final_state=partial(final_state, cells),
        width=cells[-1].width,
    )


@validated
def init(cells: tuple[Cell, ...], rng: Generator, inputs: Count, hidden: Count, **options: Any) -> Layers:
    """Draw parameters of every layer of ``hidden`` units; ``options`` go to each cell's own ``init``."""
    widths = [inputs] + [cell.width * hidden for cell in cells[:-1]]
    return tuple(cell.init(rng, width, hidden, **options) for cell, width in zip(cells, widths, strict=True))


@validated(where=lambda cells, params: _one_each(cells, params=params))
def zero_state(cells: tuple[Cell, ...], params: Layers, batch: Natural) -> Layers:
    """State of zeros for every layer."""
    return tuple(cell.zero_state(p, batch) for cell, p in zip(cells, params, strict=True))


@validated(where=lambda cells, params, state: _one_each(cells, params=params, state=state))
def step(cells: tuple[Cell, ...], params: Layers, x_t: Float[ndarray, "B D"], state: Layers) -> Layers:
    """Advance every layer by one time step, from the lowest up.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, precision or axes.
    """
    advanced = []
    for cell, p, s in zip(cells, params, state, strict=True):
        assert cell.step is not None  # over() makes a step only of layers that have one
        assert cell.output is not None
        advanced.append(cell.step(p, x_t, s))
        x_t = cell.output(advanced[-1])
    return tuple(advanced)


@validated(where=lambda cells, state: _one_each(cells, state=state))
def output(cells: tuple[Cell, ...], state: Layers) -> Float[ndarray, "B H"]:
    """What of the state is the stack's output: that of the top layer."""
    top = cells[-1].output
    assert top is not None  # as above
    return top(state[-1])


@validated(where=lambda cells, params, state0: _one_each(cells, params=params, state0=state0))
def forward(
    cells: tuple[Cell, ...],
    params: Layers,
    x: Float[ndarray, "... B D"],  # T B D, as the lowest layer, which knows its D, will require
    state0: Layers,
    mask: Bool[ndarray, "T B"] | None = None,
) -> tuple[Float[ndarray, "T B H"], Layers]:
    """Run the layers one after the other, each over the whole sequence.

    Parameters
    ----------
    cells : tuple of Cell
    params, state0 : tuple, an entry for each layer
    x : float array, shape (T, B, D)
    mask : bool array, shape (T, B), optional
        False at padded steps, of every layer.

    Returns
    -------
    outputs : float array, shape (T, B, width*H)
        Those of the top layer.
    tape : tuple, an entry for each layer

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, precision or axes.
    """
    tapes = []
    for cell, p, s in zip(cells, params, state0, strict=True):
        x, tape = cell.forward(p, x, s, mask)
        tapes.append(tape)
    return x, tuple(tapes)


@validated(where=lambda cells, tape, g_state: _one_each(cells, tape=tape, g_state=g_state))
def backward(
    cells: tuple[Cell, ...],
    tape: Layers,
    g_outputs: Float[ndarray, "T B H"],
    g_state: Layers | None = None,
) -> Gradients:
    """Backpropagate from the top layer down: a layer's ``g_x`` is the ``g_outputs`` of the layer below.

    Parameters
    ----------
    cells : tuple of Cell
    tape : tuple, an entry for each layer
    g_outputs : float array, shape (T, B, width*H)
        dL/d(outputs).
    g_state : tuple, an entry for each layer, optional
        dL/d(final states) beyond the outputs.

    Returns
    -------
    Gradients with respect to ``params``, ``x`` and ``state0``

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, precision or axes.
    """
    if g_state is None:
        g_state = (None,) * len(cells)
    g_params, g_states = [], []
    for cell, layer_tape, g_s in zip(cells[::-1], tape[::-1], g_state[::-1], strict=True):
        g = cell.backward(layer_tape, g_outputs, g_s)
        g_params.append(g.g_params)
        g_states.append(g.g_state0)
        g_outputs = g.g_x
    return Gradients(tuple(g_params[::-1]), g_outputs, tuple(g_states[::-1]))


@validated(where=lambda cells, tape: _one_each(cells, tape=tape))
def final_state(cells: tuple[Cell, ...], tape: Layers) -> Layers:
    """State of every layer after the last step."""
    return tuple(cell.final_state(t) for cell, t in zip(cells, tape, strict=True))
