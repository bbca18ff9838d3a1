"""The chapter on word vectors and other embeddings: neighbors, senses, texts, graphs."""

from .documents import REPRESENTATIONS, document_vectors, judged, judged_texts
from .graphs import GRAPHS, LENGTHS, groups, neighbors, walk_vectors, walked, walks
from .meanings import (
    BLENDS,
    OWN,
    SHARES,
    STREETS,
    blends,
    customers,
    messages,
    shop,
    shop_vectors,
)
from .steps import handful, update
from .words import (
    DIMS,
    SHOWN,
    WINDOWS,
    by_window,
    topic_words,
    topics_of_words,
    trained_by_dim,
    trained_by_window,
)

__all__ = [
    "BLENDS",
    "DIMS",
    "GRAPHS",
    "LENGTHS",
    "OWN",
    "REPRESENTATIONS",
    "SHARES",
    "SHOWN",
    "STREETS",
    "WINDOWS",
    "blends",
    "by_window",
    "customers",
    "document_vectors",
    "groups",
    "handful",
    "judged",
    "judged_texts",
    "messages",
    "neighbors",
    "shop",
    "shop_vectors",
    "topic_words",
    "topics_of_words",
    "trained_by_dim",
    "trained_by_window",
    "update",
    "walk_vectors",
    "walked",
    "walks",
]
