"""The gradient of an encoder and a decoder that learn to write right answers."""

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from livenotes.encoder_decoder import EncoderDecoderParams, backward, forward
from livenotes.losses import softmax_cross_entropy
from livenotes.recurrent import Cell


def gradient(
    encoder: Cell,
    decoder: Cell,
    params: EncoderDecoderParams,
    source: Float[ndarray, "S B D"],
    source_mask: Bool[ndarray, "S B"] | None,
    told: Float[ndarray, "T B V"],
    target: Int[ndarray, "T B"],
    target_mask: Bool[ndarray, "T B"],
) -> tuple[float, EncoderDecoderParams]:
    """Mean cross-entropy of the answers' symbols, in nats, and its gradient in every parameter.

    ``told`` is what the decoder reads: the start symbol, and the answer without its last symbol. Of the
    ``target``, what its mask leaves out is not asked.
    """
    scores, tape = forward(encoder, decoder, params, source, told, source_mask)
    g = np.zeros_like(scores)
    loss, g[target_mask] = softmax_cross_entropy(scores[target_mask], target[target_mask])
    g_params: EncoderDecoderParams = backward(tape, g).g_params
    return loss, g_params
