"""The room of the chapter on dropout: its experiments, by question; its figures; its claims, measured."""

from .batch_norm import normalized, variance_shift
from .ensembles import Network, committees, ensemble, network
from .nets import untouched
from .overfitting import EPOCHS, at_best_rate, capacity, features, keep_probability, sweep, variants
from .prediction import equivalence, theory, unit_input, ways_to_predict

__all__ = [
    "EPOCHS",
    "Network",
    "at_best_rate",
    "capacity",
    "committees",
    "ensemble",
    "equivalence",
    "features",
    "keep_probability",
    "network",
    "normalized",
    "sweep",
    "theory",
    "unit_input",
    "untouched",
    "variance_shift",
    "variants",
    "ways_to_predict",
]
