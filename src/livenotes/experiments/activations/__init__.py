"""Experiments of the chapter on activation functions."""
