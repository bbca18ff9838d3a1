"""Toy tasks drawn from a generator, and small real data sets that install with a package."""
