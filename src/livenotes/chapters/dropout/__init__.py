"""Experiments of the chapter on dropout; ``*_measures`` hold the numbers of its claims."""

from .correction import Equivalence, Prediction, equivalence, prediction
from .drawn import Network, network
from .inputs import UnitInput, unit_input
from .learned import Features, features
from .masks import Ensemble, ensemble
from .methods import EPOCHS, Variants, keep_probability, variants
from .normed import Normalized, normalized
from .proofs import Theory, theory
from .rates import Capacity, Sweep, capacity, sweep
from .shift import VarianceShift, variance_shift
from .steps import Untouched, untouched
from .voting import Committees, committees

__all__ = [
    "EPOCHS",
    "Capacity",
    "Committees",
    "Ensemble",
    "Equivalence",
    "Features",
    "Network",
    "Normalized",
    "Prediction",
    "Sweep",
    "Theory",
    "UnitInput",
    "Untouched",
    "VarianceShift",
    "Variants",
    "capacity",
    "committees",
    "ensemble",
    "equivalence",
    "features",
    "keep_probability",
    "network",
    "normalized",
    "prediction",
    "sweep",
    "theory",
    "unit_input",
    "untouched",
    "variance_shift",
    "variants",
]
