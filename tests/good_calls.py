"""A good call of every public function of the methods, for the tests that spoil them."""

import numpy as np

from livenotes import attention, dense, dropout, encoder_decoder, normalization, residual
from livenotes.activations import glu, prelu, relu, rrelu_train
from livenotes.datasets import dates
from livenotes.embeddings import skipgram, vocabulary
from livenotes.optimization import adam_init
from livenotes.recurrent import CELLS, bidirectional, initializers, lstm, nonlinearities, stacked

RNG = np.random.default_rng(0)
X, W, V = RNG.normal(size=(6, 3)), RNG.normal(size=(4, 3)), RNG.normal(size=3)
SEQUENCE = RNG.normal(size=(5, 2, 3))  # (T, B, D)
MASK = np.arange(5)[:, None] < np.array([5, 3])
IDS, COUNTS = np.array([0, 2, 1]), np.array([5, 3, 1])
TREE = [X, (V,)]
CORPUS = [np.array([0, 1, 2, 1]), np.array([2, 0])]
WORDS = vocabulary.build_vocabulary([["a", "b"], ["a"]], min_count=1)
SYMBOLS = (dates.PAD, dates.START, dates.END, "a", "b")
VECTORS = skipgram.SkipGramParams(W, W + 1)
SCORER = attention.additive_init(RNG, 3, 3, 4)
NET = dense.init(RNG, (3, 5, 4))
PAIR = {"encoder": CELLS["lstm"], "decoder": CELLS["gru"]}
TRANSLATOR = encoder_decoder.init(*PAIR.values(), RNG, 3, 3, 4, attends=True)
TRANSLATED = encoder_decoder.forward(*PAIR.values(), TRANSLATOR, SEQUENCE, SEQUENCE, MASK)
BLOCK = residual.init(RNG, "original", 3)
STATISTICS = residual.running_statistics("original", 3)
RUNNING = normalization.running_init(3)


def layer(cell):
    """Good calls of the functions that every recurrent layer has."""
    params, hidden = cell.init(RNG, 3, 4), 4
    state = cell.zero_state(params, 2)
    outputs, tape = cell.forward(params, SEQUENCE, state)
    calls = {
        "init": {"rng": RNG, "inputs": 3, "hidden": hidden},
        "zero_state": {"params": params, "batch": 2},
        "forward": {"params": params, "x": SEQUENCE, "state0": state, "mask": MASK},
        "backward": {"tape": tape, "g_outputs": outputs.copy(), "g_state": state},
        "final_state": {"tape": tape},
    }
    if cell.step:
        calls["step"] = {"params": params, "x_t": SEQUENCE[0], "state": state}
        calls["output"] = {"state": state}
    return calls


def recurrent():
    """Good calls of the recurrent modules; the functions of composed layers take the parts first."""
    one, two = CELLS["gru"], (CELLS["gru"], CELLS["lstm"])
    kinds = {
        "elman": (CELLS["elman_tanh"], {}, {"nonlinearity": nonlinearities.TANH}),
        "gru": (one, {}, {}),
        "lstm": (CELLS["lstm_peephole"], {}, {"roles": lstm.STANDARD}),
        "bidirectional": (bidirectional.over(one), {"cell": one}, {}),
        "stacked": (stacked.over(*two), {"cells": two}, {}),
    }
    calls = {}
    for module, (cell, bound, options) in kinds.items():
        for function, arguments in layer(cell).items():
            varied = options if function in ("forward", "step") else {}
            calls[f"recurrent.{module}.{function}"] = {**bound, **arguments, **varied}
        if not bound:
            back = calls[f"recurrent.{module}.backward"]
            calls[f"recurrent.{module}.step_back"] = {
                "tape": back["tape"],
                "t": 1,
                "g_state": back["g_state"],
            }
    return calls


MATRIX = {"rng": RNG, "rows": 3, "columns": 3}
POINTS = {"rng": RNG, "n": 10, "noise": 0.1}
DESCENT = {"params": TREE, "grads": TREE, "lr": 0.1, "weight_decay": 0.1}
TRAINING = {"rng": RNG, "dim": 2, "window": 2, "negatives": 2, "epochs": 1, "lr": 0.1, "batch_size": 8}
WALKS = {"neighbors": [IDS, IDS, IDS], "per_node": 2, "length": 3}

GOOD = {
    **recurrent(),
    "activations.base.Activation.backward": {"self": glu, "tape": glu.forward(X.T)[1], "g_y": X[:3, :3]},
    "activations.base.Activation.backward_params": {
        "self": prelu,
        "tape": prelu.forward(X, alpha=0.5)[1],
        "g_y": X,
    },
    "activations.base.Activation.bounds": {"self": prelu, "alpha": 0.5},
    "activations.base.Activation.corners": {"self": prelu, "alpha": 0.5},
    "activations.base.Activation.forward": {"self": prelu, "x": X, "alpha": V},
    "activations.base.Activation.outputs": {"self": glu, "features": 4},
    "activations.base.Activation.slope": {"self": prelu, "x": X, "alpha": V},
    "activations.base.Activation.value": {"self": prelu, "x": X, "alpha": V},
    "activations.rectified.rrelu_train": {"x": X, "rng": RNG, "lower": 0.1, "upper": 0.3},
    "activations.rectified.rrelu_train_backward": {"tape": rrelu_train(X, RNG)[1], "g_y": X},
    "attention.additive_attention": {"params": SCORER, "q": X, "k": W, "v": W, "mask": np.ones((6, 4), bool)},
    "attention.additive_attention_backward": {
        "tape": attention.additive_attention(SCORER, X, W, W)[1],
        "g_y": X,
    },
    "attention.additive_init": {"rng": RNG, "queries": 3, "keys": 3, "hidden": 4},
    "attention.dot_product_attention": {"q": X, "k": W, "v": W, "scale": 0.5},
    "attention.dot_product_attention_backward": {
        "tape": attention.dot_product_attention(X, W, W)[1],
        "g_y": X,
    },
    "attention.masked_softmax": {"scores": X, "mask": np.ones((6, 3), bool)},
    "attention.softmax_backward": {"weights": X, "g_y": X},
    "checks.central_differences": {"loss": np.sum, "at": X, "step": 1e-6},
    "checks.relative_error": {"a": X, "b": X},
    "datasets.adding.adding": {"rng": RNG, "size": 2, "steps": 10},
    "datasets.copying.copy_memory": {"rng": RNG, "size": 2, "delay": 3, "length": 2, "alphabet": 4},
    "datasets.corpus.lee_corpus": {"min_count": 5},
    "datasets.corpus.wikipedia": {"min_count": 10},
    "datasets.dates.dates": {"rng": RNG, "size": 2, "split": "train", "target": "iso"},
    "datasets.dates.decode": {"numbers": np.array([[1, 1], [3, 4]]), "vocabulary": SYMBOLS},
    "datasets.dates.encode": {"texts": ["ab", "b"], "vocabulary": SYMBOLS},
    "datasets.dates.territories": {"split": "test"},
    "datasets.digits.digits": {"order": np.arange(64), "dtype": np.float64},
    "datasets.planar.moons": POINTS,
    "datasets.planar.spirals": {**POINTS, "turns": 1.0},
    "datasets.planar.xor": POINTS,
    "datasets.reversed_copy.reversed_copy": {
        "rng": RNG,
        "size": 2,
        "steps": 3,
        "alphabet": 4,
        "order": "same",
    },
    "datasets.temporal_order.temporal_order": {"rng": RNG, "size": 2, "steps": 20},
    "dense.affine": {"layer": NET[0], "x": X},
    "dense.affine_backward": {"tape": dense.affine(NET[0], X)[1], "g_y": np.ones((6, 5))},
    "dense.backward": {"tape": dense.forward(NET, X, relu)[1], "g_y": np.ones((6, 4))},
    "dense.forward": {"layers": NET, "x": X, "activation": relu},
    "dense.init": {"rng": RNG, "widths": (3, 2), "gain": 1.0, "dtype": np.float64},
    "dropout.annealed_rate": {"epoch": 1, "start": 0.5, "epochs": 3},
    "dropout.dropconnect": {"x": X, "w": W, "rng": RNG, "rate": 0.5},
    "dropout.dropconnect_backward": {
        "tape": dropout.dropconnect(X, W, RNG, rate=0.5)[1],
        "g_y": np.ones((6, 4)),
    },
    "dropout.dropconnect_moments": {"x": X, "w": W, "rate": 0.5},
    "dropout.dropout": {"x": X, "rng": RNG, "rate": 0.5},
    "dropout.dropout_backward": {"tape": dropout.dropout(X, RNG, rate=0.5)[1], "g_y": X},
    "dropout.dropout_predict": {"x": X, "rate": 0.5},
    "dropout.standout": {"h": X, "s": X, "rng": RNG, "alpha": 1.0, "beta": 0.0},
    "dropout.standout_predict": {"h": X, "s": X, "alpha": 1.0, "beta": 0.0},
    "embeddings.deepwalk.deepwalk": {**TRAINING, **WALKS},
    "embeddings.deepwalk.random_walks": {"rng": RNG, **WALKS},
    "embeddings.similarity.cosine_similarity": {"vectors": W, "a": IDS, "b": IDS},
    "embeddings.similarity.most_similar": {"vectors": W, "word": 1, "count": 2},
    "embeddings.skipgram.backward": {
        "tape": skipgram.forward(VECTORS, IDS, IDS, IDS[:, None])[1],
        "g_y": V,
    },
    "embeddings.skipgram.forward": {
        "params": VECTORS,
        "centers": IDS,
        "contexts": IDS,
        "noise": IDS[:, None],
    },
    "embeddings.skipgram.init": {"rng": RNG, "size": 3, "dim": 2, "dtype": np.float32},
    "embeddings.skipgram.train": {**TRAINING, "corpus": CORPUS, "size": 3, "threshold": 0.1},
    "embeddings.skipgram.window_pairs": {"rng": RNG, "corpus": CORPUS, "window": 2},
    "embeddings.vocabulary.build_vocabulary": {"sentences": [["a"], ["b"]], "min_count": 1},
    "embeddings.vocabulary.encode": {"vocabulary": WORDS, "sentences": [["a"]]},
    "embeddings.vocabulary.keep_probability": {"counts": COUNTS, "threshold": 0.1},
    "embeddings.vocabulary.noise_distribution": {"counts": COUNTS, "power": 0.75},
    "encoder_decoder.attention_weights": {"tape": TRANSLATED[1]},
    "encoder_decoder.backward": {"tape": TRANSLATED[1], "g_scores": TRANSLATED[0]},
    "encoder_decoder.forward": {
        **PAIR,
        "params": TRANSLATOR,
        "source": SEQUENCE,
        "target": SEQUENCE,
        "source_mask": MASK,
    },
    "encoder_decoder.generate": {
        **PAIR,
        "params": TRANSLATOR,
        "source": SEQUENCE,
        "start": 1,
        "steps": 2,
        "source_mask": MASK,
    },
    "encoder_decoder.init": {**PAIR, "rng": RNG, "source_symbols": 3, "target_symbols": 3, "hidden": 4},
    "losses.logistic": {"logits": X, "targets": np.ones((6, 3))},
    "losses.softmax_cross_entropy": {"logits": X, "labels": np.array([0, 1, 2, 0, 1, 2])},
    "losses.squared_error": {"outputs": X, "targets": X},
    "normalization.batch.batch_norm": {"x": X, "gamma": V, "beta": V, "eps": 1e-5},
    "normalization.batch.batch_norm_backward": {"tape": normalization.batch_norm(X, V, V)[1], "g_y": X},
    "normalization.batch.batch_norm_predict": {
        "x": X,
        "gamma": V,
        "beta": V,
        "running": RUNNING,
        "eps": 1e-5,
    },
    "normalization.batch.batch_norm_predict_backward": {
        "tape": normalization.batch_norm_predict(X, V, V, RUNNING)[1],
        "g_y": X,
    },
    "normalization.batch.running_init": {"features": 3, "dtype": np.float64},
    "normalization.batch.update_running": {
        "running": RUNNING,
        "tape": normalization.batch_norm(X, V, V)[1],
        "momentum": 0.1,
    },
    "normalization.layer.layer_norm": {"x": X, "gamma": V, "beta": V, "eps": 1e-5},
    "normalization.layer.layer_norm_backward": {"tape": normalization.layer_norm(X, V, V)[1], "g_y": X},
    "normalization.weight.cosine_norm": {"x": X, "w": W, "eps": 1e-12},
    "normalization.weight.cosine_norm_backward": {
        "tape": normalization.cosine_norm(X, W)[1],
        "g_y": np.ones((6, 4)),
    },
    "normalization.weight.weight_norm": {"v": W, "scale": np.ones(4)},
    "normalization.weight.weight_norm_backward": {
        "tape": normalization.weight_norm(W, np.ones(4))[1],
        "g_y": W,
    },
    "normalization.whitening.decorrelate": {"x": X},
    "normalization.whitening.decorrelate_backward": {"tape": normalization.decorrelate(X)[1], "g_y": X},
    "normalization.whitening.normalize": {"x": X, "eps": 1e-5},
    "normalization.whitening.normalize_backward": {"tape": normalization.normalize(X)[1], "g_y": X},
    "normalization.whitening.transform": {"tape": normalization.normalize(X)[1], "x": X},
    "normalization.whitening.whiten": {"x": X, "method": "zca", "eps": 1e-5},
    "normalization.whitening.whiten_backward": {"tape": normalization.whiten(X)[1], "g_y": X},
    "optimization.adagrad": {
        "params": TREE,
        "grads": TREE,
        "square": [X**2, (V**2,)],
        "lr": 0.1,
        "eps": 1e-8,
    },
    "optimization.adam": {
        **DESCENT,
        "state": adam_init(TREE),
        "beta1": 0.9,
        "beta2": 0.99,
        "eps": 1e-8,
    },
    "optimization.adam_init": {"params": TREE},
    "optimization.clip_by_norm": {"grads": TREE, "limit": 1.0},
    "optimization.clip_by_value": {"grads": TREE, "limit": 1.0},
    "optimization.global_norm": {"grads": TREE},
    "optimization.iterations_per_epoch": {"examples": 10, "batch_size": 3},
    "optimization.momentum": {**DESCENT, "velocity": TREE, "mu": 0.9},
    "optimization.sgd": DESCENT,
    "optimization.zeros_like": {"params": TREE},
    "recurrent.bidirectional.over": {"cell": CELLS["gru"]},
    "recurrent.initializers.glorot_uniform": MATRIX,
    "recurrent.initializers.identity": {**MATRIX, "scale": 1.0},
    "recurrent.initializers.orthogonal": {**MATRIX, "gain": 1.0},
    "recurrent.initializers.spectral": {**MATRIX, "radius": 1.0},
    "recurrent.initializers.stack": {
        "initializer": initializers.identity,
        **MATRIX,
        "gates": 2,
        "dtype": np.float64,
    },
    "recurrent.masks.mask_from_lengths": {"lengths": IDS, "steps": 4},
    "recurrent.stacked.over": {"cells": (CELLS["gru"],)},
    "residual.backward": {"tape": residual.forward("original", BLOCK, X)[1], "g_y": X},
    "residual.forward": {"kind": "original", "params": BLOCK, "x": X},
    "residual.init": {"rng": RNG, "kind": "original", "width": 3, "outputs": 4, "scale": 1.0},
    "residual.predict": {"kind": "original", "params": BLOCK, "running": STATISTICS, "x": X},
    "residual.running_statistics": {"kind": "original", "width": 3, "dtype": np.float64, "outputs": 4},
    "residual.update_statistics": {
        "running": STATISTICS,
        "tape": residual.forward("original", BLOCK, X)[1],
        "momentum": 0.1,
    },
    "torch_bridge.activation": {"record": relu},
    "torch_bridge.differentiable": {"forward": np.sum, "backward": np.sum},
}
