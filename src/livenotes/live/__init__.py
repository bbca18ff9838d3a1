"""Figures that answer to sliders, questions that answer to a guess: ipywidgets, or HTML in the rendered book.

One call makes one figure: ``live(draw, **controls)``, where ``draw(fig, **values)`` draws on an empty
Matplotlib figure and may return the few numbers that are worth reading beside it.
"""

from .controls import Choice, Slider, Steps
from .figure import LiveFigure, LiveFigureError, live
from .questions import Question, QuestionError, ask

__all__ = [
    "Choice",
    "LiveFigure",
    "LiveFigureError",
    "Question",
    "QuestionError",
    "Slider",
    "Steps",
    "ask",
    "live",
]
