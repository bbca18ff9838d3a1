"""Experiments, by chapter: each trains or measures, is seeded, and returns plain arrays. No plotting."""
