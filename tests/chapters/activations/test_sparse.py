"""What is counted as active or zero, and that nets are compared at the same fit."""

import numpy as np

from livenotes.chapters.activations import sparse


def test_sparsity_counts_what_it_says(monkeypatch):
    monkeypatch.setattr(sparse, "UPDATES", 3)
    found = sparse.sparsity(range(2))
    assert found.active.shape == found.zero.shape == found.correlation.shape == (4, 2, 2)
    relu = found.sel(activation="relu")
    np.testing.assert_allclose(relu.active + relu.zero, 1)  # a ReLU is above zero or zero
    assert not found.zero.sel(activation=["sigmoid", "tanh", "softplus"]).any()
    assert (found.active.sel(activation="softplus") == 1).all()
    assert (found.active.sel(activation="tanh", training="before") > 0.4).all()
    assert ((found.correlation > 0) & (found.correlation < 1)).all()


def test_all_nets_are_compared_at_the_same_fit(monkeypatch):
    monkeypatch.setattr(sparse, "FIT", 1.5)
    found = sparse.generalization_gap(range(2))
    train, validation = (found.sel(images=images) for images in ("training", "validation"))
    assert train.accuracy.shape == (len(sparse.GENERALIZING), 2)
    assert ((train.loss > 1.2) & (train.loss <= 1.5)).all()
    assert (validation.loss > train.loss).all()
    assert (validation.accuracy <= train.accuracy).all()
    tanh, relu, sparser = (found.active.sel(runner=name) for name in sparse.GENERALIZING)
    assert (tanh == 1).all()
    assert (sparser < relu - 0.1).all()
