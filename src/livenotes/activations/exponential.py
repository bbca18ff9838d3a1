r"""Activations whose negative branch is an exponential: ELU, SELU, CELU. Chapter: Beyond ReLU."""

import math

import numpy as np

from .base import Activation, Array, Param, register
from .rectified import leaky_relu


def _elu(x: Array, *, alpha: float) -> Array:
    r"""Exponential linear unit, $x$ if $x > 0$ else $\alpha(e^x - 1)$ {cite}`clevert2016elu`.

    Parameters
    ----------
    x : array, any shape, float
    alpha : float, > 0
        Minus the value approached as $x \to -\infty$.

    Returns
    -------
    array, same shape and dtype as ``x``
    """
    # Each branch is 0 where the other applies, and expm1 never sees a large number.
    return np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0))


def _elu_slope(x: Array, *, alpha: float) -> Array:
    r"""Slope of ELU, 1 where $x > 0$ and $\alpha e^x$ elsewhere; at $x=0$ the left limit, $\alpha$."""
    return leaky_relu.slope(x, alpha=alpha) * np.exp(np.minimum(x, 0))


elu = register(
    Activation(
        name="elu",
        function=_elu,
        derivative=_elu_slope,
        formula=r"\begin{cases}x & x>0\\ \alpha(e^{x}-1) & x\le 0\end{cases}",
        slope_formula=r"\begin{cases}1 & x>0\\ \alpha e^{x} & x\le 0\end{cases}",
        image=(-1.0, math.inf),
        image_at=lambda alpha: (-alpha, math.inf),
        cite="clevert2016elu",
        chapter="beyond-relu",
        params={"alpha": Param(r"\alpha", default=1.0, low=0.1, high=3.0, step=0.1, above=0.0)},
        kinks_at=lambda alpha: () if alpha == 1 else (0.0,),
        torch_name="elu",
    )
)

# The one pair for which mean 0 and variance 1 are a fixed point under Gaussian inputs.
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


def _selu(x: Array) -> Array:
    r"""Scaled exponential linear unit, $\lambda\operatorname{ELU}_\alpha(x)$ {cite}`klambauer2017selu`.

    $\lambda \approx 1.0507$ and $\alpha \approx 1.6733$ are not tuned but solved for: with them a
    Gaussian input of mean 0 and variance 1 gives an output of mean 0 and variance 1.
    """
    return SELU_SCALE * _elu(x, alpha=SELU_ALPHA)


def _selu_slope(x: Array) -> Array:
    r"""Slope of SELU, $\lambda$ or $\lambda\alpha e^x$; at the kink $x=0$ the left limit, $\lambda\alpha$."""
    return SELU_SCALE * _elu_slope(x, alpha=SELU_ALPHA)


selu = register(
    Activation(
        name="selu",
        function=_selu,
        derivative=_selu_slope,
        formula=r"\lambda\begin{cases}x & x>0\\ \alpha(e^{x}-1) & x\le 0\end{cases}",
        slope_formula=r"\lambda\begin{cases}1 & x>0\\ \alpha e^{x} & x\le 0\end{cases}",
        image=(-SELU_SCALE * SELU_ALPHA, math.inf),
        cite="klambauer2017selu",
        chapter="beyond-relu",
        kinks=(0.0,),
        torch_name="selu",
    )
)


def _celu(x: Array, *, alpha: float) -> Array:
    r"""Continuously differentiable ELU, $x$ if $x > 0$ else $\alpha(e^{x/\alpha} - 1)$.

    Dividing inside the exponential makes the slope 1 on both sides of 0, whatever $\alpha$ is:
    {cite}`barron2017celu`.

    Parameters
    ----------
    x : array, any shape, float
    alpha : float, > 0
        Minus the value approached as $x \to -\infty$, and the width of the bend.

    Returns
    -------
    array, same shape and dtype as ``x``
    """
    return np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0) / alpha)


def _celu_slope(x: Array, *, alpha: float) -> Array:
    r"""Slope of CELU, 1 where $x > 0$ and $e^{x/\alpha}$ elsewhere."""
    return np.exp(np.minimum(x, 0) / alpha)


celu = register(
    Activation(
        name="celu",
        function=_celu,
        derivative=_celu_slope,
        formula=r"\begin{cases}x & x>0\\ \alpha(e^{x/\alpha}-1) & x\le 0\end{cases}",
        slope_formula=r"\begin{cases}1 & x>0\\ e^{x/\alpha} & x\le 0\end{cases}",
        image=(-1.0, math.inf),
        image_at=lambda alpha: (-alpha, math.inf),
        cite="barron2017celu",
        chapter="beyond-relu",
        params={"alpha": Param(r"\alpha", default=1.0, low=0.1, high=3.0, step=0.1, above=0.0)},
        torch_name="celu",
    )
)
