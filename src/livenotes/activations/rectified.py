r"""ReLU, its smooth version, and those that leak. Chapters: Activation functions; Beyond ReLU."""

import math

import numpy as np

from livenotes._arguments import Finite
from livenotes._validated import validated

from .base import Activation, Array, Param, Value, register
from .sigmoidal import sigmoid


def _relu(x: Array) -> Array:
    r"""Rectified linear unit, $\max(0, x)$ {cite}`nair2010rectified`."""
    return np.maximum(x, 0)


def _relu_slope(x: Array) -> Array:
    r"""Slope of ReLU, 1 where $x > 0$ and 0 elsewhere; at the kink $x=0$, 0."""
    return (x > 0).astype(x.dtype)


relu = register(
    Activation(
        name="relu",
        function=_relu,
        derivative=_relu_slope,
        formula=r"\max(0, x)",
        slope_formula=r"\begin{cases}1 & x>0\\ 0 & x\le 0\end{cases}",
        image=(0.0, math.inf),
        cite="nair2010rectified",
        chapter="activations",
        kinks=(0.0,),
        torch_name="relu",
    )
)


def _softplus(x: Array, *, beta: float) -> Array:
    r"""Softplus, $\ln(1 + e^{\beta x})/\beta$: ReLU with its corner rounded {cite}`dugas2001incorporating`.

    Parameters
    ----------
    x : array, any shape, float
    beta : float, > 0
        Sharpness of the corner, in inverse units of ``x``; ReLU as it grows.

    Returns
    -------
    array, same shape and dtype as ``x``
    """
    # ln(1 + e^u) = max(u, 0) + ln(1 + e^{-|u|}): nothing overflows, and the left tail keeps its digits.
    return np.maximum(x, 0) + np.log1p(np.exp(-beta * np.abs(x))) / beta


def _softplus_slope(x: Array, *, beta: float) -> Array:
    r"""Slope of softplus, $\sigma(\beta x)$."""
    return sigmoid(beta * x)


softplus = register(
    Activation(
        name="softplus",
        function=_softplus,
        derivative=_softplus_slope,
        formula=r"\tfrac{1}{\beta}\ln(1+e^{\beta x})",
        slope_formula=r"\sigma(\beta x)",
        image=(0.0, math.inf),
        cite="dugas2001incorporating",
        chapter="activations",
        params={"beta": Param(r"\beta", default=1.0, low=0.5, high=10.0, step=0.5, above=0.0)},
        torch_name="softplus",
    )
)


def _leaky_relu(x: Array, *, alpha: Value) -> Array:
    r"""Leaky ReLU, $x$ if $x > 0$ else $\alpha x$ {cite}`maas2013rectifier`.

    Parameters
    ----------
    x : array, any shape, float
    alpha : float
        Slope on the left; 0 gives ReLU, 1 the identity, -1 the absolute value.

    Returns
    -------
    array, same shape and dtype as ``x``
    """
    return np.maximum(x, 0) + alpha * np.minimum(x, 0)


def _leaky_relu_slope(x: Array, *, alpha: Value) -> Array:
    r"""Slope of leaky ReLU, 1 where $x > 0$ and $\alpha$ elsewhere; at the kink $x=0$, $\alpha$."""
    on = _relu_slope(x)
    return on + alpha * (1 - on)  # several times faster than np.where on a mask without pattern


def _leaky_image(alpha: float) -> tuple[float, float]:
    return (0.0 if alpha <= 0 else -math.inf, math.inf)


def _leaky_kinks(alpha: float) -> tuple[float, ...]:
    return () if alpha == 1 else (0.0,)


leaky_relu = register(
    Activation(
        name="leaky_relu",
        function=_leaky_relu,
        derivative=_leaky_relu_slope,
        formula=r"\begin{cases}x & x>0\\ \alpha x & x\le 0\end{cases}",
        slope_formula=r"\begin{cases}1 & x>0\\ \alpha & x\le 0\end{cases}",
        image=(-math.inf, math.inf),
        image_at=_leaky_image,
        cite="maas2013rectifier",
        chapter="beyond-relu",
        params={"alpha": Param(r"\alpha", default=0.01, low=0.0, high=1.0, step=0.01)},
        kinks=(0.0,),
        kinks_at=_leaky_kinks,
        torch_name="leaky_relu",
    )
)


def _prelu(x: Array, *, alpha: Value) -> Array:
    r"""Parametric ReLU: leaky ReLU whose $\alpha$ is trained with the weights {cite}`he2015delving`.

    Parameters
    ----------
    x : array, shape (..., C), float
    alpha : float or array of shape (C,) and the dtype of ``x``
        Slope on the left, one for all channels or one for each; the paper starts it at 0.25.

    Returns
    -------
    array, same shape and dtype as ``x``
    """
    return _leaky_relu(x, alpha=alpha)


def _prelu_slope(x: Array, *, alpha: Value) -> Array:
    r"""Slope of parametric ReLU, 1 where $x > 0$ and $\alpha$ elsewhere; at the kink $x=0$, $\alpha$."""
    return _leaky_relu_slope(x, alpha=alpha)


def _prelu_slope_alpha(x: Array, *, alpha: Value) -> Array:
    r"""Derivative of parametric ReLU with respect to $\alpha$, $\min(x, 0)$."""
    return np.minimum(x, 0)


prelu = register(
    Activation(
        name="prelu",
        function=_prelu,
        derivative=_prelu_slope,
        formula=r"\begin{cases}x & x>0\\ \alpha_c x & x\le 0\end{cases}",
        slope_formula=r"\begin{cases}1 & x>0\\ \alpha_c & x\le 0\end{cases}",
        image=(-math.inf, math.inf),
        image_at=_leaky_image,
        cite="he2015delving",
        chapter="beyond-relu",
        params={"alpha": Param(r"\alpha", default=0.25, low=-1.0, high=1.5, step=0.05, per_channel=True)},
        kinks=(0.0,),
        kinks_at=_leaky_kinks,
        learned={"alpha": _prelu_slope_alpha},
        torch_name="prelu",
    )
)


def _mean_slope(lower: float, upper: float) -> float:
    if lower > upper:
        raise ValueError(f"lower must not exceed upper, got lower={lower:g}, upper={upper:g}")
    return (lower + upper) / 2


def _rrelu(x: Array, *, lower: float, upper: float) -> Array:
    r"""Randomized leaky ReLU when predicting: slope $(l+u)/2$ on the left {cite}`xu2015empirical`.

    In training the slope is drawn anew for every negative input: ``rrelu_train``. The paper draws a
    divisor from $U(3, 8)$ and predicts with $x / 5.5$; like torch, this draws the slope itself from
    $U(1/8, 1/3)$ and predicts with its mean $11/48$, so that predictions match training on average.

    Parameters
    ----------
    x : array, any shape, float
    lower, upper : float
        Limits of the slope on the left; ValueError unless ``lower <= upper``.

    Returns
    -------
    array, same shape and dtype as ``x``
    """
    return _leaky_relu(x, alpha=_mean_slope(lower, upper))


def _rrelu_slope(x: Array, *, lower: float, upper: float) -> Array:
    r"""Slope of randomized ReLU when predicting; at the kink $x=0$, $(l+u)/2$."""
    return _leaky_relu_slope(x, alpha=_mean_slope(lower, upper))


rrelu = register(
    Activation(
        name="rrelu",
        function=_rrelu,
        derivative=_rrelu_slope,
        formula=r"\begin{cases}x & x>0\\ a x & x\le 0\end{cases}\quad a\sim U(l,u)",
        slope_formula=r"\begin{cases}1 & x>0\\ a & x\le 0\end{cases}",
        image=(-math.inf, math.inf),
        image_at=lambda lower, upper: _leaky_image(_mean_slope(lower, upper)),
        cite="xu2015empirical",
        chapter="beyond-relu",
        params={
            "lower": Param("l", default=3 / 24, low=0.0, high=6 / 24, step=1 / 24),
            "upper": Param("u", default=8 / 24, low=6 / 24, high=1.0, step=1 / 24),
        },
        kinks=(0.0,),
        kinks_at=lambda lower, upper: _leaky_kinks(_mean_slope(lower, upper)),
        torch_name="rrelu",
    )
)


def _in_order(lower: float, upper: float) -> None:
    _mean_slope(lower, upper)


@validated(where=_in_order)
def rrelu_train(
    x: Array, rng: np.random.Generator, *, lower: Finite = 3 / 24, upper: Finite = 8 / 24
) -> tuple[Array, Array]:
    """Randomized leaky ReLU in training: every input that is not positive draws a slope of its own.

    Parameters
    ----------
    x : array, any shape, float
    rng : numpy.random.Generator
    lower, upper : float
        Limits of the slope; ValueError unless ``lower <= upper``.

    Returns
    -------
    y, tape : arrays, same shape and dtype as ``x``
        The output, and the slopes that were drawn (1 where ``x`` is positive).
    """
    drawn = rng.uniform(lower, upper, x.shape).astype(x.dtype)
    slopes = np.where(x > 0, 1, drawn)
    return x * slopes, slopes


@validated
def rrelu_train_backward(tape: Array, g_y: Array) -> Array:
    """Return dL/dx, with the slopes that ``rrelu_train`` drew."""
    return g_y * tape
