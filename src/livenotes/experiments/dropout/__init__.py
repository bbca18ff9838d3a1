"""Experiments of the chapter on dropout; ``*_measures`` hold the numbers of its claims."""

from .committees import Committees, committees
from .correction import Equivalence, Prediction, equivalence, prediction
from .drawn import Network, network
from .inputs import UnitInput, unit_input
from .learned import Features, features
from .masks import Ensemble, ensemble
from .methods import Variants, keep_probability, variants
from .normalized import Normalized, normalized
from .rates import Capacity, Sweep, capacity, sweep
from .shift import VarianceShift, variance_shift
from .steps import Untouched, untouched
from .theory import Theory, theory

__all__ = [
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
