"""How close two vectors are, and which are closest. Chapter: Word vectors."""

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from livenotes._arguments import require_axes, require_count, require_ids

Ids = Int[ndarray, " N"]


def cosine_similarity(vectors: Float[ndarray, "V D"], a: Ids, b: Ids) -> Float[ndarray, " N"]:
    """Cosine of the angle between rows ``a`` and rows ``b``, pair by pair.

    Raises
    ------
    ValueError
        A row is zero and so has no direction, or an index is not in the table.
    """
    require_axes(("vectors", vectors, "V D"))
    require_ids("a", a, len(vectors))
    require_ids("b", b, len(vectors))
    unit = _unit(vectors)
    return np.einsum("nd,nd->n", unit[a], unit[b])


def most_similar(
    vectors: Float[ndarray, "V D"], word: int, *, count: int = 10
) -> tuple[Ids, Float[ndarray, " N"]]:
    """Return the ``count`` other rows with the largest cosine to row ``word``, and the cosines, falling."""
    require_axes(("vectors", vectors, "V D"))
    word, count = require_count("word", word, least=0), require_count("count", count)
    if word >= len(vectors):
        raise ValueError(f"word must be below {len(vectors)}, got {word}")
    unit = _unit(vectors)
    cosines = unit @ unit[word]
    order = np.argsort(-cosines, kind="stable")
    order = order[order != word][:count]
    return order, cosines[order]


def _unit(vectors: Float[ndarray, "V D"]) -> Float[ndarray, "V D"]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not lengths.all():
        raise ValueError(f"vectors must have no row of zeros, got one at {int(np.argmin(lengths))}")
    return vectors / lengths
