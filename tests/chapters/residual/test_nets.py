"""The nets of the chapter: gradients of the whole, prediction, blocks that copy, paths, ranks, twins."""

from itertools import product, repeat

import numpy as np
import pytest

from livenotes import residual
from livenotes._trees import leaves, unflatten
from livenotes.chapters.residual import nets, paths, signal
from livenotes.chapters.residual.depth import deepened, learn
from livenotes.chapters.residual.norms import learn_order
from livenotes.checks import central_differences
from livenotes.dense import Layer
from livenotes.lab.store import mean_losses
from livenotes.losses import softmax_cross_entropy
from livenotes.residual import BLOCKS

each = pytest.mark.parametrize("kind", BLOCKS)


@pytest.fixture
def digits():
    return nets.task().x[:40].astype(float), nets.task().labels[:40]


@each
def test_the_gradient_of_a_net_is_that_of_its_loss(kind, rng, digits):
    x, labels = digits
    net = nets.begin(rng, kind, 3, dtype=np.float64)
    out, tape = nets.forward(kind, net, x)
    g_net, g_between = nets.backward(net, tape, softmax_cross_entropy(out, labels)[1])
    # in a random direction of all parameters together
    flat, directions = leaves(net), [rng.normal(size=p.shape) for p in leaves(net)]

    def loss(t):
        moved = unflatten(net, [p + t.item() * d for p, d in zip(flat, directions, strict=True)])
        return softmax_cross_entropy(nets.forward(kind, moved, x)[0], labels)[0]

    slope = sum((g * d).sum() for g, d in zip(leaves(g_net), directions, strict=True))
    np.testing.assert_allclose(central_differences(loss, np.zeros(1)), slope, rtol=1e-5)
    assert len(g_between) == 4


@each
def test_prediction_on_the_batch_whose_statistics_it_has_is_the_training_output(kind, rng, digits):
    net = nets.begin(rng, kind, 3, dtype=np.float64)
    out, tape = nets.forward(kind, net, digits[0])
    np.testing.assert_allclose(nets.predict(kind, net, digits[0], tape), out, atol=1e-8)
    np.testing.assert_allclose(nets.predict(kind, net, digits[0][:1], tape), out[:1], atol=1e-8)


def test_a_block_that_is_left_out_is_not_run(rng, digits):
    net = nets.begin(rng, "original", 3, dtype=np.float64)
    _, tape = nets.forward("original", net, digits[0])
    shorter = net._replace(blocks=[net.blocks[0], net.blocks[2]])
    kept = tape._replace(blocks=[tape.blocks[0], tape.blocks[2]])
    np.testing.assert_array_equal(
        nets.predict("original", net, digits[0], tape, without=[1]),
        nets.predict("original", shorter, digits[0], kept),
    )


def test_blocks_that_copy_change_nothing(rng, digits):
    net = nets.begin(rng, "plain", 2, dtype=np.float64)
    out, tape = nets.forward("plain", net, digits[0])
    deep = deepened(net, tape, 5)
    assert len(deep.blocks) == 7
    np.testing.assert_allclose(nets.forward("plain", deep, digits[0])[0], out, atol=1e-9)


def test_orthogonal_starts_have_the_size_of_random_ones(rng):
    net = nets.begin(rng, "plain", 1, scale=0.5, orthogonal=True, dtype=np.float64)
    v, w = (part.w for part in net.blocks[0].branch if isinstance(part, Layer))
    for matrix in (v, w):
        np.testing.assert_allclose(matrix @ matrix.T, 0.5 * np.eye(32), atol=1e-12)


@pytest.mark.parametrize("by_adam", [False, True])
def test_training_lowers_the_loss_and_ends_with_the_rates(by_adam, rng):
    net = nets.begin(rng, "pre_activation", 2)
    rate = 0.003 if by_adam else 0.3
    stages = list(nets.training("pre_activation", net, 0, repeat(rate, 60), by_adam=by_adam))
    assert len(stages) == 60
    assert stages[-1].loss < 0.5 * stages[0].loss
    assert all(leaf.dtype == np.float32 for leaf in leaves(stages[-1].net))


def test_a_run_that_breaks_down_says_so(rng):
    net = nets.begin(rng, "plain", 1)
    _, losses = nets.trained(nets.training("plain", net, 0, [0.1, 1e30, 0.1, 0.1]), 4)
    assert np.isfinite(losses[:2]).all()
    assert mean_losses(np.full(10, np.nan), 10).item() == np.inf


def test_errors_are_shares():
    found = learn("original", 1, 0.3, 0, updates=30)
    assert 0 < found.error < 0.5
    assert 0 < found.error_new < 0.5
    assert found.sizes == {"update": 3}


def test_a_warm_up_begins_with_small_steps():
    cold, warm = (learn_order("post_norm", 1, w, 0.001, 0, updates=20).loss.values for w in (0, 20))
    assert cold[1] < warm[1]


def test_paths_of_three_blocks_are_those_counted_one_by_one():
    found = paths.by_length(3, False)
    net = nets.begin(np.random.default_rng([0, 0]), "pre_activation", 3, dtype=np.float64)
    x, labels = signal.digits().x[:64], signal.digits().labels[:64]
    out, tape = nets.forward("pre_activation", net, x)
    _, g_between = nets.backward(net, tape, softmax_cross_entropy(out, labels)[1])
    by_length = np.zeros((4, *g_between[0].shape))
    for choice in product((0, 1), repeat=3):  # around or through, for each block
        g = g_between[-1]
        for own, through in zip(reversed(tape.blocks), choice, strict=True):
            g = residual.backward(own, g).g_x - g if through else g
        by_length[sum(choice)] += g
    whole = np.linalg.norm(g_between[0])
    np.testing.assert_allclose(found.gradient, np.linalg.norm(by_length, axis=(1, 2)) / whole)
    np.testing.assert_array_equal(found.paths, [1, 3, 3, 1])
    assert found.missing[-1] < 1e-12


def test_effective_rank(rng):
    assert signal.effective_rank(np.diag([1.0, 1, 1, 0])) == pytest.approx(3)
    assert signal.effective_rank(np.outer([1.0, 2], [3.0, 4])) == pytest.approx(1)
    half = signal.effective_rank(np.diag([2.0, 1, 1]))  # shares 1/2, 1/4, 1/4
    assert half == pytest.approx(2**1.5)


def test_the_matrix_of_a_block(rng):
    (block,) = nets.begin(rng, "pre_norm", 1, dtype=np.float64).blocks
    np.testing.assert_allclose(
        signal.as_matrix("pre_norm", block), np.eye(32) + block.branch[3].w @ block.branch[1].w
    )


def test_bare_gradients_are_those_of_a_chain_of_one_layer_blocks(rng):
    # with weights so small that a branch adds nothing, everything comes around and nothing through
    assert signal.bare(True, 8, 1e-9, 0) == pytest.approx(1)
    assert signal.bare(False, 8, 1e-3, 0) < 1e-20


def test_twins_part_only_where_a_shortcut_ends():
    outputs, hidden = signal.twins("original", 0, updates=20)
    assert outputs > 0.01
    assert hidden < 1e-9
    assert max(signal.twins("plain", 0, updates=20)) < 1e-9


def test_gradients_are_relative_to_the_end():
    found = signal.gradients("original", 4, 1.0, (0,))
    np.testing.assert_allclose(found.gradient[:, -1], 1)
    assert found.sizes == {"seed": 1, "block": 5}
