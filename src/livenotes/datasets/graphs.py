"""Two small social networks, from networkx. Used in the chapter on word vectors and other embeddings."""

from typing import NamedTuple

import networkx as nx
import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray


class Graph(NamedTuple):
    """An undirected graph; every edge stands once, its smaller node first."""

    names: tuple[str, ...]
    edges: Int[ndarray, "E 2"]
    weights: Float[ndarray, " E"]
    groups: Int[ndarray, " V"] | None


def karate_club() -> Graph:
    """Friendships in a karate club that split in two.

    Returns
    -------
    Graph
        34 members, numbered from 1 as published; 78 friendships, weighted by the number of contexts they met
        in; ``groups`` of shape (34,), 0 for those who stayed with the instructor, 1 for the officers' club.

    References
    ----------
    {cite}`zachary1977information`
    """
    graph = nx.karate_club_graph()
    clubs = [club for _, club in graph.nodes(data="club")]
    return _graph(
        graph, [str(node + 1) for node in graph], np.array([club != "Mr. Hi" for club in clubs], int)
    )


def les_miserables() -> Graph:
    """Characters of Victor Hugo's novel, tied where they appear in the same chapter.

    Returns
    -------
    Graph
        77 characters by name, 254 ties weighted by the number of chapters; no groups.

    References
    ----------
    {cite}`knuth1993stanford`
    """
    graph = nx.les_miserables_graph()
    return _graph(graph, list(graph), None)


def _graph(graph: nx.Graph, names: list[str], groups: ndarray | None) -> Graph:
    number = {node: n for n, node in enumerate(graph)}
    edges = sorted((*sorted((number[a], number[b])), weight) for a, b, weight in graph.edges(data="weight"))
    ends = np.array([(a, b) for a, b, _ in edges], dtype=np.int64)
    return Graph(tuple(names), ends, np.array([weight for _, _, weight in edges], dtype=np.float64), groups)
