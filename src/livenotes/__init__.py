"""Deep Learning Notes, Live: methods from scratch, figures that can be dragged, claims that are measured."""

__version__ = "0.1.0"
