"""Toy tasks and small real data sets; nothing is downloaded."""
