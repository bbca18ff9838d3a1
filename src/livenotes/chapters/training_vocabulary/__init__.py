"""The chapter on the vocabulary of training: counting, batches, learning rates, weight decay."""

from .batches import (
    BATCHES,
    CLOUD_BATCHES,
    CLOUD_RATES,
    RULES,
    cloud,
    descend,
    gradient,
    gradient_noise,
    task,
)
from .budget import at_best_rate, budgets
from .counting import EXAMPLES, counter, kept_bytes
from .decay import DECAYS, OPTIMIZERS, apart, decays, end_of, one_weight, wrong_labels
from .rates import (
    RATES,
    after_fifty,
    limit,
    limit_in_batches,
    linear,
    network_after_fifty,
)

__all__ = [
    "BATCHES",
    "CLOUD_BATCHES",
    "CLOUD_RATES",
    "DECAYS",
    "EXAMPLES",
    "OPTIMIZERS",
    "RATES",
    "RULES",
    "after_fifty",
    "apart",
    "at_best_rate",
    "budgets",
    "cloud",
    "counter",
    "decays",
    "descend",
    "end_of",
    "gradient",
    "gradient_noise",
    "kept_bytes",
    "limit",
    "limit_in_batches",
    "linear",
    "network_after_fifty",
    "one_weight",
    "task",
    "wrong_labels",
]
