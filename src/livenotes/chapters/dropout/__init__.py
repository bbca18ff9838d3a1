"""The room of the chapter on dropout: its experiments, by question; its figures; its claims, measured."""

from .batch_norm import normalized, variance_shift
from .ensembles import Network, committees, deviations, ensemble, network
from .nets import noisy_digits, untouched
from .overfitting import EPOCHS, at_best_rate, by_heart, capacity, features, keep_probability, sweep, variants
from .prediction import equivalence, penalty, theory, unit_input, ways_to_predict

__all__ = [
    "EPOCHS",
    "Network",
    "at_best_rate",
    "by_heart",
    "capacity",
    "committees",
    "deviations",
    "ensemble",
    "equivalence",
    "features",
    "keep_probability",
    "network",
    "noisy_digits",
    "normalized",
    "penalty",
    "sweep",
    "theory",
    "unit_input",
    "untouched",
    "variance_shift",
    "variants",
    "ways_to_predict",
]
