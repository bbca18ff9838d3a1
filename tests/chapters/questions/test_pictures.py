import numpy as np
import pytest

from livenotes import dense
from livenotes.activations import relu
from livenotes.chapters.questions import pictures
from livenotes.checks import central_differences, relative_error
from livenotes.datasets.digits import TRAINING, digits


def double(net):
    return pictures.Windows(
        [dense.Layer(*(p.astype(float) for p in layer)) for layer in net.convolutions],
        dense.Layer(*(p.astype(float) for p in net.out)),
    )


def test_gradients_of_the_net_with_windows(rng):
    net = double(pictures.begin_windows(rng, (1, 2, 3), side=4, classes=3))
    x, weight = rng.normal(size=(2, 4, 4, 1)), rng.normal(size=(2, 3))
    ours = pictures.backward(pictures.forward(net, x)[1], weight)
    numeric = central_differences(lambda p: (weight * pictures.forward(p, x)[0]).sum(), net)
    assert relative_error(ours, numeric) < 1e-7


def test_halving_averages_and_gives_back(rng):
    x, g = rng.normal(size=(2, 4, 6, 3)), rng.normal(size=(2, 2, 3, 3))
    small = pictures.halve(x)
    np.testing.assert_allclose(small[1, 1, 2], x[1, 2:4, 4:6].mean(axis=(0, 1)))
    np.testing.assert_allclose((small * g).sum(), (x * pictures.halve_back(g)).sum())


@pytest.mark.parametrize("side", pictures.FIELDS.values())
def test_a_share_of_the_pixels_moves(side):
    nested = np.zeros(side**2, bool)
    for share in pictures.SHARES:
        order = pictures.shuffled(share, side, 3)
        np.testing.assert_array_equal(np.sort(order), np.arange(side**2))
        moved = order != np.arange(side**2)
        assert moved.sum() == round(side**2 * share / 100)
        assert moved[nested].all()
        nested = moved


def test_digits_stand_in_the_middle_or_anywhere():
    x, labels = pictures.images("centered", 0)
    wide, same = pictures.images("wandering", 0)
    np.testing.assert_array_equal(labels, same)
    np.testing.assert_array_equal(labels[:TRAINING], digits().labels)
    assert (x.min(), x.max()) == (-1, 3)
    places = set()
    for small, large in zip(x[:200], wide[:200].reshape(-1, 12, 12), strict=True):
        found = [
            (a, b)
            for a in range(5)
            for b in range(5)
            if np.array_equal(large[a : a + 8, b : b + 8], small.reshape(8, 8))
        ]
        assert found
        places.update(found)
    assert len(places) == 25
    np.testing.assert_allclose(wide.sum(axis=1), x.sum(axis=1) - (144 - 64), rtol=1e-5)


def test_a_dense_unit_reads_the_same_and_a_window_does_not():
    sums = np.array([pictures.readers(share, 5)[2] for share in (0, 40, 100)])
    np.testing.assert_allclose(sums[:, 1], sums[0, 1])
    assert len(set(sums[:, 0])) == 3
    pixels, _, (window, _) = pictures.readers(0, 5)
    assert window == pytest.approx(pixels[3:6, 6].sum() - pixels[3:6, 4].sum())


def test_neighbors_of_pure_rows_are_alike(rng):
    rows = np.repeat(rng.normal(size=(500, 6)), 6, axis=1)  # equal along a row, independent across rows
    assert pictures.neighbors(rows, 1) == pytest.approx(0.5, abs=0.05)
    assert abs(pictures.neighbors(rng.normal(size=(500, 36)), 1)) < 0.05


@pytest.mark.parametrize("kind", pictures.NETS)
def test_both_nets_learn(kind):
    x, labels = pictures.images("centered", 0)
    says = pictures.fit(kind, x[:600], labels[:600], 0, updates=60)(x[TRAINING:])
    assert (says.argmax(axis=1) == labels[TRAINING:]).mean() > 0.6


def test_what_was_stored_is_what_the_chapter_says():
    right = pictures.permuted().mean("seed")
    assert dict(pictures.permuted().sizes) == {"field": 2, "kind": 2, "share": 8, "seed": 5}
    wander = right.sel(field="wandering")
    assert wander.sel(kind="windows", share=0) > wander.sel(kind="dense", share=0) + 0.1
    assert wander.sel(kind="windows", share=100) < wander.sel(kind="dense", share=100) - 0.2
    assert float(np.ptp(right.sel(kind="dense").values, axis=-1).max()) < 0.02


def test_the_dense_net_has_three_times_the_weights():
    net = dense.init(np.random.default_rng(0), [144, pictures.HIDDEN[12], 10])
    out, _ = dense.forward(net, np.zeros((1, 144)), relu)
    windows = pictures.begin_windows(np.random.default_rng(0), side=12)
    weights = sum(p.size for layer in (*windows.convolutions, windows.out) for p in layer)
    assert out.shape == (1, 10)
    assert sum(p.size for layer in net for p in layer) > 3 * weights
