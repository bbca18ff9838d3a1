"""DeepWalk: random walks over a graph, read as sentences {cite}`perozzi2014deepwalk`. Chapter: Word vectors.

A graph is a sequence with, for each node, the integer array of its neighbors.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from livenotes._arguments import Count, Positive, require_ids
from livenotes._validated import validated

from . import skipgram

Neighbors = Sequence[Int[ndarray, " _"]]


def _in_the_graph(neighbors: Neighbors) -> None:
    for node, reached in enumerate(neighbors):
        if not len(reached):
            raise ValueError(f"neighbors must not be empty, got none for node {node}")
        require_ids(f"neighbors[{node}]", reached, len(neighbors))


@validated(where=_in_the_graph)
def random_walks(
    rng: np.random.Generator, neighbors: Neighbors, *, per_node: Count, length: Count
) -> Int[ndarray, "W L"]:
    """Walk from every node, each step to a neighbor drawn with equal probability.

    Parameters
    ----------
    rng : numpy.random.Generator
    neighbors : sequence of int arrays
        For each node the nodes one step away.
    per_node : int, >= 1
        Walks that start at each node.
    length : int, >= 1
        Nodes in a walk, the first included.

    Returns
    -------
    int array, shape (per_node * nodes, length)
        Round after round, in each every node once, in random order.

    Raises
    ------
    TypeError, ValueError
        A node has no neighbor, or one that is not in the graph.
    """
    nodes = len(neighbors)
    degrees = np.array([len(reached) for reached in neighbors], int)
    flat = np.concatenate([np.zeros(0, int), *neighbors])
    first = np.cumsum(degrees) - degrees
    walks = np.empty((per_node * nodes, length), int)
    walks[:, 0] = np.concatenate([rng.permutation(nodes) for _ in range(per_node)])
    for t in range(1, length):
        here = walks[:, t - 1]
        walks[:, t] = flat[first[here] + rng.integers(degrees[here])]
    return walks


@validated
def deepwalk(
    rng: np.random.Generator,
    neighbors: Neighbors,
    *,
    per_node: Count = 10,
    length: Count = 40,
    dim: Count = 64,
    window: Count = 5,
    negatives: Count = 5,
    epochs: Count = 1,
    lr: Positive = 0.025,
    batch_size: Count = 64,
) -> tuple[skipgram.SkipGramParams, Float[ndarray, " E"]]:
    """Learn a vector for each node by skip-gram over random walks.

    The paper replaces the softmax over all nodes by a tree of decisions; here negative sampling does
    that, as it does for words. No node is subsampled.

    Parameters
    ----------
    rng : numpy.random.Generator
    neighbors, per_node, length
        As in ``random_walks``.
    dim, window, negatives, epochs, lr, batch_size
        As in ``skipgram.train``.

    Returns
    -------
    params : SkipGramParams, float32
    losses : float64 array, shape (epochs,)
    """
    walks = random_walks(rng, neighbors, per_node=per_node, length=length)
    return skipgram.train(
        rng,
        list(walks),
        size=len(neighbors),
        dim=dim,
        window=window,
        negatives=negatives,
        epochs=epochs,
        lr=lr,
        threshold=None,
        batch_size=batch_size,
    )
