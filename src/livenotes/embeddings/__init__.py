"""Vectors for words and for nodes of a graph, learned from what stands near them. Chapter: Word vectors.

``vocabulary`` numbers words, ``skipgram`` learns vectors from sequences of numbers, ``deepwalk`` turns a
graph into sequences, ``similarity`` compares vectors.
"""
