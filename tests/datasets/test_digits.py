"""The digits: the data that scikit-learn installs, in one split, standardized."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits

from livenotes.datasets.digits import digits


def test_every_image_is_there_once():
    d = digits()
    assert d.x.shape == (1437, 64)
    assert d.x_val.shape == (360, 64)
    labels = np.concatenate([d.labels, d.labels_val])
    np.testing.assert_array_equal(np.bincount(labels), np.bincount(load_digits().target))
    # the images back from the standardized pixels, up to shift and scale: same set of rows
    x = np.concatenate([d.x, d.x_val])
    images = load_digits().data
    scale = np.ptp(images[:, 28]) / np.ptp(x[:, 28])
    back = np.rint(x * scale - (x * scale).min(axis=0)) + images.min(axis=0)
    np.testing.assert_array_equal(np.unique(back, axis=0), np.unique(images, axis=0))


def test_standardized_on_the_training_part_alone():
    d = digits()
    np.testing.assert_allclose(d.x.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(d.x.std(), 1)
    assert np.abs(d.x_val.mean(axis=0)).max() > 0.01


def test_order_moves_the_pixels_and_nothing_else(rng):
    order = rng.permutation(64)
    np.testing.assert_array_equal(digits(order=order).x_val, digits().x_val[:, order])
    np.testing.assert_array_equal(digits(order=order).labels, digits().labels)


def test_the_caller_may_write_into_what_it_gets():
    d = digits(dtype=np.float32)
    assert d.x.dtype == np.float32
    d.x[:] = 0
    d.labels[:] = 0
    assert digits(dtype=np.float32).x.any()
    assert digits().labels.any()


@pytest.mark.usefixtures("own_errors")
def test_bad_order_is_named():
    with pytest.raises(ValueError, match=r"order must be a permutation of 0..63, got shape \(64,\)"):
        digits(order=np.zeros(64, int))
    with pytest.raises(ValueError, match=r"order must be in 0\.\.63, got 1\.\.64"):
        digits(order=np.arange(64) + 1)
    with pytest.raises(ValueError, match=r"order must have axes \(64\), got shape \(65,\)"):
        digits(order=np.arange(65))


def test_scikit_learn_is_imported_when_digits_are_asked_for_and_not_before():
    code = "import sys, livenotes.datasets.digits; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
