"""The block of two numbers, and what the orders of its parts do."""

import numpy as np
import pytest

from livenotes import residual
from livenotes.chapters.residual.block import X, flow, two_numbers
from livenotes.residual import BLOCKS


@pytest.mark.parametrize("kind", BLOCKS)
@pytest.mark.parametrize("scale", [0.0, 1.0, 2.0])
def test_what_flows_arrives_at_the_output_of_the_package(kind, scale):
    found = flow(kind, scale)
    y, tape = residual.forward(kind, two_numbers(kind, scale), X)
    np.testing.assert_allclose([found.total, *found.after][-1], y[0])
    assert (len(found.branch), len(found.after)) == (len(tape.branch), len(tape.after))


def test_the_pre_norm_block_is_the_one_computed_by_hand():
    # layer norm (1, -1), W1 (2, -1/2), ReLU (2, 0), W2 (2, -1), and x = (3, 1) added
    np.testing.assert_allclose(flow("pre_norm", 1.0).total, [5, 0], atol=1e-4)


def test_what_a_pre_norm_block_adds_is_not_normalized(rng):
    x = rng.normal(size=(50, 6))
    added, sizes = {}, {}
    for kind, last in (("pre_norm", 3), ("post_norm", 2)):
        params = residual.init(rng, kind, 6)
        for times in (1, 2, 100):
            branch = list(params.branch)
            branch[last] = branch[last]._replace(w=times * branch[last].w)
            y, _ = residual.forward(kind, params._replace(branch=tuple(branch)), x)
            added[kind, times], sizes[kind, times] = y - x, np.sqrt(np.square(y).mean(axis=1))
    np.testing.assert_allclose(added["pre_norm", 2], 2 * added["pre_norm", 1])
    assert sizes["pre_norm", 100].mean() > 30 * sizes["pre_norm", 1].mean()
    np.testing.assert_allclose(sizes["post_norm", 100], 1, rtol=1e-3)
    np.testing.assert_allclose(sizes["post_norm", 1], 1, rtol=1e-3)
