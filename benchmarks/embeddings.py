"""Speed of skip-gram against gensim's, on the Lee corpus: words a second, one thread."""

import os

# Before NumPy loads: it would otherwise start a thread for every core.
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")

import time
from typing import Any

import numpy as np
from gensim.models import Word2Vec
from gensim.test.utils import datapath
from gensim.utils import simple_preprocess

from livenotes.embeddings import skipgram
from livenotes.embeddings.vocabulary import build_vocabulary, encode

EPOCHS, DIM, WINDOW, NEGATIVES, MIN_COUNT = 5, 100, 5, 5, 5
TURNS = 3
SMALL = {"EPOCHS": 1, "TURNS": 1}
TARGET = 10.0  # how many times gensim's time is allowed: its loop is compiled, ours is NumPy


def main() -> list[dict[str, Any]]:
    """Train both on the same sentences with the same settings; count every word of every epoch."""
    with open(datapath("lee_background.cor"), encoding="utf8") as lines:
        sentences = [simple_preprocess(line) for line in lines]
    vocabulary = build_vocabulary(sentences, min_count=MIN_COUNT)
    corpus = encode(vocabulary, sentences)
    model = Word2Vec(
        vector_size=DIM, window=WINDOW, negative=NEGATIVES, min_count=MIN_COUNT, sg=1, sample=1e-3, workers=1
    )
    model.build_vocab(sentences)
    settings = {"dim": DIM, "window": WINDOW, "negatives": NEGATIVES, "epochs": EPOCHS}
    turns = []
    for seed in range(TURNS):
        start = time.process_time()
        skipgram.train(np.random.default_rng(seed), corpus, size=len(vocabulary.words), **settings)
        middle = time.process_time()
        model.train(sentences, total_examples=len(sentences), epochs=EPOCHS)
        turns.append((middle - start, time.process_time() - middle))
    ours, theirs = np.array(turns).T
    words = EPOCHS * sum(map(len, corpus))
    return [
        {
            "figure": "skip-gram, words a second of processor time",
            "ours": float(words / np.median(ours)),
            "theirs": float(words / np.median(theirs)),
            "ratio": float(np.median(ours / theirs)),  # of times: above 1, gensim is faster
            "target": TARGET,
            "against": "gensim",
        }
    ]
