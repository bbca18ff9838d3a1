"""Which of the stored nets are compared: each at its best rate."""

import numpy as np
import xarray as xr

from livenotes.chapters.residual import depth, nets


def test_each_net_is_read_at_the_rate_with_the_lowest_mean_loss():
    loss = np.array([[[1.0, 1.0], [0.5, 0.7]], [[0.1, 0.3], [0.1, 9.0]]])
    dims, coords = ("blocks", "rate", "seed"), {"blocks": [1, 2], "rate": [0.1, 0.3], "seed": [0, 1]}
    found = depth.best(xr.Dataset({"loss_all": (dims, loss), "error": (dims, loss / 10)}, coords))
    np.testing.assert_array_equal(found.rate, [0.3, 0.1])
    np.testing.assert_allclose(found.error.transpose("blocks", "seed"), [[0.05, 0.07], [0.01, 0.03]])


def test_the_stored_nets_are_those_of_the_figure():
    found = depth.by_depth()
    np.testing.assert_array_equal(found.layers, [2, 4, 8, 16, 32, 64])
    assert found.error.sizes == {"kind": 3, "blocks": 6, "seed": 4}
    assert np.isfinite(found.error).all()


def test_a_shallow_plain_net_learns_what_a_deep_one_does_not():
    shallow, deep = (depth.learn("plain", blocks, 0.3, 0, updates=60).error.item() for blocks in (1, 16))
    assert shallow < 0.1
    assert deep > 0.5


def test_labels_and_sizes_of_the_task():
    assert nets.task().x.shape[1] == nets.PIXELS
    assert nets.task().labels.max() == nets.CLASSES - 1
