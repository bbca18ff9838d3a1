"""Trees of arrays."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livenotes._trees import leaves, require_same_tree, tree_map, unflatten


class Layer(NamedTuple):
    w: np.ndarray
    b: np.ndarray


W, B = np.ones((2, 3)), np.zeros(2)
trees = st.recursive(
    st.integers() | st.none(),
    lambda t: st.lists(t) | st.lists(t).map(tuple) | st.builds(Layer, t, t),
    max_leaves=8,
)


@given(trees)
def test_a_tree_is_its_leaves_and_its_structure(tree):
    again = unflatten(tree, leaves(tree))
    assert again == tree
    assert repr(again) == repr(tree)
    require_same_tree(tree, again)


@given(trees)
def test_map_reaches_every_leaf(tree):
    assert leaves(tree_map(lambda a, b: a - b, tree, tree)) == [0] * len(leaves(tree))


def test_map_keeps_structure_and_arrays_without_axes():
    tree = [Layer(W, B), (np.array(1.0),)]
    doubled = tree_map(lambda a: 2 * a, tree)
    assert isinstance(doubled[0], Layer)
    np.testing.assert_array_equal(doubled[0].w, 2 * W)
    assert isinstance(doubled[1][0], np.ndarray)


BAD = [
    (r"tree must have the same structure in both, got list of 2 and list of 1", [W, B], [W]),
    (r"tree.1.b must have shape \(2,\) in both, got \(3,\)", [W, Layer(W, B)], [W, Layer(W, np.ones(3))]),
    (
        r"tree.w must have the same structure in both, got ndarray and list of 2",
        Layer(W, B),
        Layer([W, W], B),
    ),
    (r"tree.0 must have the same structure in both, got tuple of 1 and ndarray", [(W,)], [W]),
    (r"tree.b must have the same structure in both, got NoneType and ndarray", Layer(W, None), Layer(W, B)),
    (r"tree.b must have the same structure in both, got int and NoneType", Layer(W, 3), Layer(W, None)),
]


@pytest.mark.parametrize(("message", "tree", "other"), BAD)
def test_trees_that_differ_are_refused(message, tree, other):
    with pytest.raises(ValueError, match=message):
        tree_map(np.add, tree, other)


def test_leaves_must_be_as_many():
    with pytest.raises(ValueError, match="got more"):
        unflatten([1, 2], [1, 2, None])
    with pytest.raises(ValueError, match="got fewer"):
        unflatten([1, 2], [1])
