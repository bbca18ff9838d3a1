"""Products in blocks of rows are the plain products, whatever the blocks."""

import numpy as np
import pytest

from livenotes.recurrent import _products


@pytest.mark.parametrize(
    "shape", [(32, 512), (3, 32, 512), (33, 512), (1, 4096), (6, 600), (0, 5), (2, 0, 5)]
)
def test_rows_multiply_as_plain_products(shape, rng):
    a, w = rng.normal(size=shape), rng.normal(size=(shape[-1], 300))
    out = np.full((*shape[:-1], 300), np.nan)
    _products.multiply_rows(a, w, out=out)
    np.testing.assert_allclose(out, a @ w, rtol=1e-11, atol=1e-11)


def test_blocks_are_small_where_rows_can_be_halved(rng, monkeypatch):
    sizes = []

    def matmul(a, w, out):
        sizes.append((a.shape[-2], a.shape[-2] * w.size))
        out[:] = a @ w

    monkeypatch.setattr(_products.np, "matmul", matmul)
    for rows in (32, 12, 7):
        _products.multiply_rows(rng.normal(size=(rows, 512)), np.zeros((512, 128)), out=np.empty((rows, 128)))
    assert [rows for rows, _ in sizes] == [8, 12, 7]
    assert all(size <= _products.SMALL_PRODUCT for _, size in sizes)
