"""What a reader can move: one file a kind of control, which knows its values, its widget and its HTML."""

from .base import Control, Number, Value, text_of
from .choice import Choice
from .slider import Bounds, Slider
from .steps import Steps

__all__ = ["Bounds", "Choice", "Control", "Number", "Slider", "Steps", "Value", "text_of"]
