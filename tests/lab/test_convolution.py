import numpy as np
import torch

from livenotes.lab.convolution import patches, patches_back


def test_patches_make_a_convolution(rng):
    x, w = rng.normal(size=(2, 5, 6, 3)), rng.normal(size=(4, 3, 3, 3))  # O, C, 3, 3
    ours = patches(x) @ w.reshape(4, -1).T
    theirs = torch.conv2d(torch.tensor(x).permute(0, 3, 1, 2), torch.tensor(w), padding=1)
    np.testing.assert_allclose(ours, theirs.permute(0, 2, 3, 1), rtol=1e-10)
    g = rng.normal(size=(2, 5, 6, 27))
    np.testing.assert_allclose((patches(x) * g).sum(), (x * patches_back(g)).sum())
