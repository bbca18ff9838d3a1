"""Normalization of activations, of weights and of data. Chapter: Normalization.

=================  ==================================================================
``batch_norm``     mean and variance of each feature over the batch
``layer_norm``     mean and variance of each example over its features
``weight_norm``    length of each unit's weight vector
``cosine_norm``    both lengths in each unit's scalar product
``normalize``      mean and variance of each feature of a data set
``decorrelate``    rotation of a data set to its principal axes
``whiten``         both: covariance of a data set made the identity
=================  ==================================================================

Every forward function returns ``(y, tape)``; its ``_backward`` takes the tape and dL/dy.
"""

from ._standard import NormGradients
from .batch import (
    BatchNormTape,
    RunningStats,
    batch_norm,
    batch_norm_backward,
    batch_norm_predict,
    batch_norm_predict_backward,
    running_init,
    update_running,
)
from .layer import LayerNormTape, layer_norm, layer_norm_backward
from .weight import (
    CosineNormGradients,
    CosineNormTape,
    WeightNormGradients,
    WeightNormTape,
    cosine_norm,
    cosine_norm_backward,
    weight_norm,
    weight_norm_backward,
)
from .whitening import (
    LinearMapTape,
    decorrelate,
    decorrelate_backward,
    normalize,
    normalize_backward,
    transform,
    whiten,
    whiten_backward,
)

__all__ = [
    "BatchNormTape",
    "CosineNormGradients",
    "CosineNormTape",
    "LayerNormTape",
    "LinearMapTape",
    "NormGradients",
    "RunningStats",
    "WeightNormGradients",
    "WeightNormTape",
    "batch_norm",
    "batch_norm_backward",
    "batch_norm_predict",
    "batch_norm_predict_backward",
    "cosine_norm",
    "cosine_norm_backward",
    "decorrelate",
    "decorrelate_backward",
    "layer_norm",
    "layer_norm_backward",
    "normalize",
    "normalize_backward",
    "running_init",
    "transform",
    "update_running",
    "weight_norm",
    "weight_norm_backward",
    "whiten",
    "whiten_backward",
]
