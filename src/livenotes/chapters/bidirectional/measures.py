"""What the ledger measures: long memory, word orders and how the source is fed, two readings and stacks.

Each function returns a 1-D array: one value a seed, or a single one where nothing is random.
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from livenotes.checks import relative_error
from livenotes.lab.memory import trained
from livenotes.recurrent import bidirectional, stacked

from .orders import alignment, ordered, translated
from .reading import BOTH, GRU

_Values = Float[ndarray, " S"]


def _falls(cell: str) -> _Values:
    """Score of a cell on adding 10 steps less that on 120."""
    score = trained("adding").score.sel(cell=cell)
    return np.asarray(score.sel(length=10) - score.sel(length=120))


def order_lost_by_elman() -> _Values:
    """Score of a tanh network on temporal order of length 10 less that of length 120."""
    score = trained("temporal-order").score.sel(cell="elman_tanh")
    return np.asarray(score.sel(length=10) - score.sel(length=120))


def adding_lost_by_lstm() -> _Values:
    """Score of the LSTM on adding over 10 steps less that over 120."""
    return _falls("lstm")


def _right(order: str, feed: str, length: int) -> _Values:
    """Share of right symbols of whole answers."""
    found = ordered().right.sel(order=order, feed=feed, length=length)
    return np.asarray(found.isel(place=slice(length)).mean("place"))


def gained_by_reversal() -> _Values:
    """Right symbols with the source reversed less those with it as it is, the same order, 10 symbols."""
    return _right("same", "reversed", 10) - _right("same", "as it is", 10)


def gained_by_reversal_in_dates() -> _Values:
    """Whole dates right with the French source reversed less those with it as it is, the year first."""
    right = translated().right.sel(target="iso")
    return np.asarray(right.sel(feed="reversed") - right.sel(feed="as it is"))


def lost_by_reversal_in_dates() -> _Values:
    """Whole dates right with the French source as it is less those with it reversed, the year first."""
    return -gained_by_reversal_in_dates()


def lost_by_reversal_last_first() -> _Values:
    """Right symbols lost by reversing the source where the last symbol comes first, 10 symbols."""
    return _right("last first", "as it is", 10) - _right("last first", "reversed", 10)


def gained_by_feeding_twice() -> _Values:
    """Right symbols with the source fed twice less those with it fed once, the same order, 6 symbols."""
    return _right("same", "twice", 6) - _right("same", "as it is", 6)


def mean_distance_saved() -> _Values:
    """Mean distance of aligned symbols less that with the source reversed, 10 symbols."""
    once, reversed_ = (alignment("same", feed, 10).distance.mean() for feed in ("as it is", "reversed"))
    return np.array([once - reversed_])


def difference_to_two_readings() -> _Values:
    """Relative difference of a bidirectional layer to two cells that know nothing of each other."""
    found = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        params = BOTH.init(rng, 3, 4)
        x = rng.normal(size=(6, 2, 3))
        ours, _ = BOTH.forward(params, x, BOTH.zero_state(params, 2))
        ahead, back = (
            GRU.forward(p, z, GRU.zero_state(p, 2))[0] for p, z in zip(params, (x, x[::-1]), strict=True)
        )
        found.append(relative_error(ours, np.concatenate([ahead, back[::-1]], axis=2)))
    return np.array(found)


def readings_of_three_layers() -> _Values:
    """Number of cells that read the line in a stack of three bidirectional layers."""
    params = stacked.over(BOTH, BOTH, BOTH).init(np.random.default_rng(0), 3, 4)
    return np.array(
        [sum(len(layer) for layer in params if isinstance(layer, bidirectional.Directions))], float
    )
