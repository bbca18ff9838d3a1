"""Other functions in the cell's parts, and what cells of several kinds cost and remember."""

import numpy as np
import pytest
import torch

from livenotes.chapters.lstm import TASKS, roles, trained_as, trained_with, variants, weights
from livenotes.chapters.lstm.lengths import BIAS_LENGTHS, begin_remembering, train_variant, train_with
from livenotes.lab import memory
from livenotes.recurrent import gru, lstm


def test_hard_sigmoid_is_that_of_torch(rng):
    x = np.concatenate([rng.normal(scale=3, size=200), [-1e4, 1e4, 0.0]])
    theirs = torch.tensor(x, requires_grad=True)
    y = torch.nn.functional.hardsigmoid(theirs)
    y.sum().backward()
    value = roles.HARD_SIGMOID.value(x)
    np.testing.assert_allclose(value, y.detach(), atol=1e-12)
    np.testing.assert_allclose(roles.HARD_SIGMOID.slope(value), theirs.grad, atol=1e-12)
    out = np.empty_like(x)
    assert roles.HARD_SIGMOID.slope(value, out=out) is out
    np.testing.assert_array_equal(out, roles.HARD_SIGMOID.slope(value))


@pytest.mark.usefixtures("own_errors")
def test_the_roles_reach_the_training():
    found = {name: roles.train_as("adding", name, 0, iterations=50).loss.item() for name in roles.ROLES}
    assert len({round(loss, 6) for loss in found.values()}) == len(found)
    usual = memory.train("adding", "lstm", roles.LENGTH, 0, iterations=50)
    assert found["standard"] == usual.loss.item()


@pytest.mark.usefixtures("own_errors")
def test_a_training_that_runs_away_counts_as_guessing(monkeypatch):
    def lost(*_, **__):
        raise ValueError("the norm is not finite")

    monkeypatch.setattr(roles, "fit", lost)
    found = roles.train_as("adding", "gates: relu", 0, iterations=100)
    assert found.score == TASKS["adding"].chance
    assert np.isnan(found.loss).all()
    assert found.loss.shape == (2,)


@pytest.mark.usefixtures("own_errors")
def test_the_bias_reaches_the_gates():
    low, high = (train_with(bias, 20, 0, iterations=50).f for bias in (-2.0, 3.0))
    assert low.mean() < 0.3 < 0.8 < high.mean()


def test_a_gru_that_starts_out_remembering(rng):
    params = begin_remembering(rng, 2, 5)
    np.testing.assert_array_equal(params.b, np.repeat([0, 1, 0], 5))
    _, tape = gru.forward(params, rng.normal(size=(30, 4, 2)), gru.zero_state(params, 4))
    assert 0.65 < tape.gates[1].mean() < 0.8


@pytest.mark.usefixtures("own_errors")
def test_bad_names():
    with pytest.raises(ValueError, match="task must be one of adding, temporal-order, got 'copying'"):
        roles.train_as("copying", "standard", 0)
    with pytest.raises(ValueError, match=r"roles must be one of standard, .* got 'swish'"):
        roles.train_as("adding", "swish", 0)
    with pytest.raises(ValueError, match=r"cell must be one of .* got 'rnn'"):
        train_variant("adding", "rnn", 0)
    with pytest.raises(ValueError, match=r"cell must be one of .* got 'rnn'"):
        weights("rnn", 2, 3)


def test_weights_are_those_of_torch_less_its_second_biases():
    for name, module in {"lstm": torch.nn.LSTM(3, 5), "elman_tanh": torch.nn.RNN(3, 5)}.items():
        theirs = sum(p.numel() for p in module.parameters()) - module.bias_hh_l0.numel()
        assert weights(name, 3, 5) == theirs
    assert weights("lstm_peephole", 3, 5) == weights("lstm", 3, 5) + 15
    assert weights("lstm_coupled", 3, 5) == weights("gru_reset_before", 3, 5) == weights("lstm", 3, 5) * 3 / 4


def test_what_is_stored_belongs_to_its_labels():
    assert trained_as().score.dims == ("task", "roles", "seed")
    assert trained_as().roles.values.tolist() == list(roles.ROLES)
    biased = trained_with()
    assert biased.dims == ("cell", "length", "seed")
    for cell in ("lstm", "gru"):
        lab = memory.trained("adding").score.sel(cell=cell, length=list(BIAS_LENGTHS))
        np.testing.assert_array_equal(biased.sel(cell="lstm 1" if cell == "lstm" else "gru 0"), lab)
    found = variants()
    lab = memory.trained("copying").score.sel(cell="gru", length=30)
    np.testing.assert_array_equal(found.sel(cell="gru", task="copying"), lab)


def test_coupled_gates_keep_the_state_in_bounds(rng):
    coupled = lstm.init(rng, 4, 6, coupled=True)
    _, tape = lstm.forward(coupled, 10 * rng.normal(size=(80, 3, 4)), lstm.zero_state(coupled, 3))
    assert np.abs(tape.c).max() <= 1
    free = lstm.init(rng, 4, 6)
    _, tape = lstm.forward(free, 10 * rng.normal(size=(80, 3, 4)), lstm.zero_state(free, 3))
    assert np.abs(tape.c).max() > 1
