"""Names letter by letter: gradients against differences, reach against a longer way, what is stored."""

import numpy as np
import pytest

from livenotes.chapters.recurrent import learn_names, learned_names
from livenotes.chapters.recurrent.names import (
    BEGINNINGS,
    LETTERS,
    LONGEST,
    SHOWN,
    STAGES,
    begin_names,
    gradient,
    guess,
    reach_of_letters,
    write,
)
from livenotes.datasets.dates import encode, territories
from livenotes.recurrent import elman

VOCABULARY = territories().target_vocabulary


def test_gradient_agrees_with_differences(rng):
    net = begin_names(rng)
    letters, mask = encode(["Mali", "Oman & Peru"], VOCABULARY)
    g = gradient(net, letters, mask)

    def loss(step):
        moved = net.cell._replace(w_h=net.cell.w_h + step * way)
        return guess(net._replace(cell=moved, w=net.w + step * out), letters, mask)[0]

    way, out = rng.normal(size=net.cell.w_h.shape), rng.normal(size=net.w.shape)
    along = (g.cell.w_h * way).sum() + (g.w * out).sum()
    np.testing.assert_allclose((loss(1e-5) - loss(-1e-5)) / 2e-5, along, rtol=1e-6)


def test_reach_is_the_gradient_of_one_guess(rng):
    """The loss of guess 5 changes with the sum of step 2 as its entry says, in the steepest direction."""
    net = begin_names(rng)
    name, at, read = "Cayman", 5, 2
    sizes, p = reach_of_letters(net, name)
    letters, _ = encode([name], VOCABULARY)
    assert sizes.shape == (len(name) + 1, len(name) + 1)
    np.testing.assert_array_equal(np.triu(sizes, 1), 0)

    def loss(push):
        state = elman.zero_state(net.cell, 1)
        for n in range(at + 1):
            b = net.cell.b + (push if n == read else 0)
            state = elman.step(net.cell._replace(b=b), np.eye(len(net.b))[letters[n]], state)
        scores = (state @ net.w.T + net.b)[0]
        return np.log(np.exp(scores).sum()) - scores[letters[at + 1, 0]]

    np.testing.assert_allclose(np.exp(-loss(0.0)), p[at, letters[at + 1, 0]], rtol=1e-9)
    each = [(loss(1e-6 * unit) - loss(-1e-6 * unit)) / 2e-6 for unit in np.eye(64)]
    np.testing.assert_allclose(np.linalg.norm(each), sizes[at, read], rtol=1e-5)


def test_a_net_writes_with_its_letters(rng):
    names = write(begin_names(rng), rng, count=4)
    assert len(names) == 4
    assert all(len(name) <= LONGEST and set(name) <= set(VOCABULARY) for name in names)


def test_what_is_stored_belongs_to_its_labels():
    found = learned_names()
    assert found.reach.dims == ("start", "seed", "updates", "name", "letter", "read")
    for axis, values in {"start": BEGINNINGS, "updates": STAGES, "name": SHOWN, "letter": LETTERS}.items():
        assert found[axis].values.tolist() == list(values)
    last = [found.reach.sel(letter=letter).isel(read=letter - 1) for letter in LETTERS]
    np.testing.assert_allclose(last, 1)
    np.testing.assert_allclose(found.radius.sel(start="orthogonal", updates=0), 1, rtol=1e-6)
    assert not set(SHOWN) & {*territories("train").target_texts}


def test_what_the_chapter_says_of_reach():
    """From PyTorch's start little arrives ten letters back before training, and more than all of it after."""
    fade = learned_names().fade.sel(lag=10)
    assert (fade.sel(start="uniform", updates=0) < 0.01).all()
    assert (fade.sel(updates=1000) > 1).all()
    orthogonal = fade.sel(start="orthogonal")
    assert (orthogonal.sel(updates=30) < 0.25 * orthogonal.sel(updates=0)).all()


@pytest.mark.usefixtures("own_errors")
def test_bad_input():
    with pytest.raises(ValueError, match="start must be one of uniform, orthogonal, got 'zero'"):
        learn_names("zero", 0)
