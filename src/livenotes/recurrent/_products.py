"""Matrix products shared by the cells; the time of a recurrent layer is spent here."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

# OpenBLAS multiplies matrices of at most 100**3 scalar products without first copying them into its packed
# layout; inside a loop over time the copy of the weights would cost a fifth of the product itself.
SMALL_PRODUCT = 100**3


def by_gate(w: Float[ndarray, "GH K"], hidden: int) -> Float[ndarray, "G K H"]:
    """Split stacked weights into one contiguous matrix a gate, ready to stand on the right of a product."""
    return np.ascontiguousarray(w.reshape(-1, hidden, w.shape[1]).swapaxes(1, 2))


def project(
    x: Float[ndarray, "T B D"], w: Float[ndarray, "GH D"], b: Float[ndarray, " GH"], hidden: int
) -> Float[ndarray, "G T B H"]:
    """Input's part of every pre-activation, for all time steps at once: it does not depend on the state."""
    a: ndarray = np.matmul(x, by_gate(w, hidden)[:, None])
    a += b.reshape(-1, 1, 1, hidden)
    return a


def multiply_rows(
    a: Float[ndarray, "*N M K"], w: Float[ndarray, "K H"], out: Float[ndarray, "*N M H"]
) -> None:
    """Write ``a @ w`` into ``out``, a block of rows at a time so that every product counts as small."""
    rows, inner = a.shape[-2:]
    block = rows
    while block % 2 == 0 and block * w.size > SMALL_PRODUCT:
        block //= 2
    blocks = rows // block if block else 1
    shape = (*a.shape[:-2], blocks, block)
    np.matmul(a.reshape(*shape, inner), w, out=out.reshape(*shape, w.shape[1]))


def weight_gradient(g_a: Float[ndarray, "T B N"], x: Float[ndarray, "T B K"]) -> Float[ndarray, "N K"]:
    """Gradient of ``w`` in ``a = x @ w.T``, summed over time and batch in one product."""
    product: ndarray = g_a.reshape(-1, g_a.shape[-1]).T @ x.reshape(-1, x.shape[-1])
    return product


def bias_gradient(g_a: Float[ndarray, "T B N"]) -> Float[ndarray, " N"]:
    """Gradient of ``b`` in ``a = ... + b``, the sum over time and batch."""
    total: ndarray = g_a.sum(axis=(0, 1))
    return total


def input_gradient(g_a: Float[ndarray, "T B N"], w: Float[ndarray, "N K"]) -> Float[ndarray, "T B K"]:
    """Gradient of ``x`` in ``a = x @ w.T``."""
    g_x = np.empty((*g_a.shape[:-1], w.shape[1]), g_a.dtype)
    multiply_rows(g_a, w, out=g_x)
    return g_x
