"""Vectors of the members of a club and of the characters of a novel, from random walks."""

from functools import cache

import networkx as nx
import numpy as np
import xarray as xr
from jaxtyping import Float, Int
from numpy import ndarray
from scipy.linalg import orthogonal_procrustes

from livenotes._arguments import require_choice
from livenotes.datasets.graphs import Graph, karate_club, les_miserables
from livenotes.embeddings import skipgram
from livenotes.embeddings.deepwalk import random_walks
from livenotes.lab.store import Stored, load, register

LENGTHS = (2, 3, 5, 10, 20, 40, 80, 160)
"""Nodes in a walk. The window is as long, so that any two nodes of a walk may become a pair."""

GRAPHS = {"club": karate_club, "novel": les_miserables}
PAIRS, GRAPH_DIM = 40_000, 8  # pairs in a third of the training


def neighbors(graph: Graph) -> list[Int[ndarray, " _"]]:
    """List for each node those one step away."""
    both = np.concatenate([graph.edges, graph.edges[:, ::-1]])
    return [both[both[:, 0] == node, 1] for node in range(len(graph.names))]


def walk_vectors(graph: Graph, length: int, seed: int, *, dim: int = GRAPH_DIM) -> Float[ndarray, "V D"]:
    """Learn a vector for each node from walks of one length, in which every two nodes are a pair."""
    rng = np.random.default_rng(seed)
    reached = neighbors(graph)
    rounds = 2 * PAIRS / (len(reached) * length * length)
    walks = random_walks(rng, reached, per_node=max(1, round(3 * rounds)), length=length)
    params, _ = skipgram.train(
        rng,
        list(walks),
        size=len(reached),
        dim=dim,
        window=length - 1,
        epochs=1,
        lr=0.05,
        threshold=None,
        batch_size=64,
    )
    return params.center


@cache
def groups(name: str) -> Int[ndarray, " V"]:
    """Return the group of each node.

    In the club it is the side that a member took. The novel has none; there, groups of which the graph has
    more ties within and fewer between than chance would give, found without any vector.
    """
    graph = GRAPHS[name]()
    if graph.groups is not None:
        return graph.groups
    found = np.zeros(len(graph.names), int)
    tied = nx.Graph(graph.edges.tolist())
    for n, members in enumerate(nx.community.greedy_modularity_communities(tied)):
        found[list(members)] = n
    return found


def walked(name: str, length: int, seed: int) -> xr.Dataset:
    """Learn the vectors of one graph's nodes; see :func:`walk_vectors`.

    Returns
    -------
    Dataset
        ``within`` and ``between``, mean cosine of two nodes of one group and of two. ``same_side``, the share
        of nodes whose nearest other node is of their group. Over ``node`` and ``axis``: ``place``, the unit
        vectors seen from the side on which they spread most. ``same_side`` and the others use no label while
        learning.
    """
    require_choice("name", name, GRAPHS)
    vectors = walk_vectors(GRAPHS[name](), length, seed)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosine = unit @ unit.T
    same, other = np.equal.outer(groups(name), groups(name)), ~np.eye(len(unit), dtype=bool)
    nearest = np.where(other, cosine, -2).argmax(axis=1)
    _, _, axes = np.linalg.svd(unit - unit.mean(axis=0), full_matrices=False)
    return xr.Dataset(
        {
            "within": cosine[same & other].mean(),
            "between": cosine[~same].mean(),
            "same_side": (groups(name)[nearest] == groups(name)).mean(),
            "place": (("node", "axis"), ((unit - unit.mean(axis=0)) @ axes[:2].T).astype(np.float32)),
        }
    )


STORED_WALKS = {
    name: register(
        Stored(
            name=f"embeddings-{name}",
            run=walked,
            axes={"name": (name,), "length": LENGTHS, "seed": (0, 1, 2)},
            seed=0,
            rtol={"within": 0.05, "between": 0.05, "same_side": 0.1, "place": 1},
        )
    )
    for name in GRAPHS
}


@cache
def walks(name: str) -> xr.Dataset:
    """Read what was stored of one graph's vectors by the length of the walks; ``make results`` learns again.

    The places of every run are turned so that they lie as near as they can to those of the first run of
    length 10: distances stay as they are.
    """
    found = load(f"embeddings-{name}").sel(name=name)
    onto = found.place.sel(length=10, seed=0).values
    turned = found.place.copy()
    for length in found.length.values:
        for seed in found.seed.values:
            at = {"length": length, "seed": seed}
            rotation, _ = orthogonal_procrustes(found.place.sel(at).values, onto)
            turned.loc[at] = found.place.sel(at).values @ rotation
    return found.assign(place=turned)
