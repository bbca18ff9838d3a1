"""How close two vectors are, and which are closest. Chapter: Word vectors."""

from typing import Annotated, TypeAlias

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from livenotes._arguments import Count, Natural, require_ids
from livenotes._validated import validated

Ids = Int[ndarray, " N"]


def _no_zero(name: str, vectors: Float[ndarray, "V D"]) -> Float[ndarray, "V D"]:
    some = vectors.any(axis=1)
    if not some.all():
        raise ValueError(f"{name} must have no row of zeros, got one at {int(np.argmin(some))}")
    return vectors


Vectors: TypeAlias = Annotated[Float[ndarray, "V D"], _no_zero]


def _rows(vectors: Float[ndarray, "V D"], a: Ids, b: Ids) -> None:
    require_ids("a", a, len(vectors))
    require_ids("b", b, len(vectors))


def _row(vectors: Float[ndarray, "V D"], word: int) -> None:
    if word >= len(vectors):
        raise ValueError(f"word must be below {len(vectors)}, got {word}")


@validated(where=_rows)
def cosine_similarity(vectors: Vectors, a: Ids, b: Ids) -> Float[ndarray, " N"]:
    """Cosine of the angle between rows ``a`` and rows ``b``, pair by pair.

    Raises
    ------
    ValueError
        A row is zero and so has no direction, or an index is not in the table.
    """
    unit = _unit(vectors)
    return np.einsum("nd,nd->n", unit[a], unit[b])


@validated(where=_row)
def most_similar(vectors: Vectors, word: Natural, *, count: Count = 10) -> tuple[Ids, Float[ndarray, " N"]]:
    """Return the ``count`` other rows with the largest cosine to row ``word``, and the cosines, falling."""
    unit = _unit(vectors)
    cosines = unit @ unit[word]
    order = np.argsort(-cosines, kind="stable")
    order = order[order != word][:count]
    return order, cosines[order]


def _unit(vectors: Float[ndarray, "V D"]) -> Float[ndarray, "V D"]:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
