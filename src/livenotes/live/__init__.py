"""Figures that answer to sliders: ipywidgets under a kernel, plain HTML in the rendered book.

One call makes one figure: ``live(draw, **controls)``, where ``draw(fig, **values)`` draws on an empty
Matplotlib figure and may return the few numbers that are worth reading beside it.
"""

from .controls import Choice, Slider, Steps
from .figure import LiveFigure, LiveFigureError, live

__all__ = ["Choice", "LiveFigure", "LiveFigureError", "Slider", "Steps", "live"]
