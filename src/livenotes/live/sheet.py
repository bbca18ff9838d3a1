"""A Matplotlib figure that is quick to draw when its axes look as they did the last time.

About two thirds of the time of a redraw goes into ticks, their labels and their formulas, which hardly
ever change from one state of a live figure to the next. So a tick is made only when something asks for it
(:class:`_Blank`), and an axis that is made of the same things as one before it is not drawn again: what
was drawn then is written once more (:class:`_QuickAxis`).
"""

import io
import pickle
from collections.abc import Callable, Hashable
from contextlib import nullcontext
from functools import partial
from typing import Any, cast

import matplotlib as mpl
from matplotlib.artist import Artist, allow_rasterization
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis, YAxis
from matplotlib.backend_bases import RendererBase
from matplotlib.cbook import CallbackRegistry
from matplotlib.figure import Figure, FigureBase
from matplotlib.text import Text
from matplotlib.ticker import IndexLocator, TickHelper
from matplotlib.transforms import BboxBase, Transform

from .svg import Canvas


class Kept(dict[Hashable, Any]):
    """What axes looked like, by what they were made of, as long as Matplotlib's settings stay the same."""

    LIMIT = 256

    def __init__(self) -> None:
        super().__init__()
        self.settings: dict[str, Any] = {}

    @property
    def current(self) -> bool:
        """Whether Matplotlib's settings are those that everything kept was drawn with."""
        return dict.__eq__(mpl.rcParams, self.settings)

    def begin(self) -> None:
        """Forget what was drawn with other settings than now."""
        if not self.current:
            self.clear()
            self.settings = dict.copy(cast(Any, mpl.rcParams))

    def __setitem__(self, key: Hashable, value: Any) -> None:
        while len(self) >= self.LIMIT:
            del self[next(iter(self))]  # the oldest
        super().__setitem__(key, value)


class Sheet(Figure):
    """An empty figure, whose axes draw only what differs from what is kept.

    Parameters
    ----------
    kept : Kept
        What the figures before this one drew, and what this one leaves to the next.
    **settings
        As for Matplotlib's Figure.
    """

    def __init__(self, kept: Kept, **settings: Any) -> None:
        super().__init__(**settings)
        kept.begin()
        self.kept = kept
        Canvas(self)

    def add_axes(self, *args: Any, **settings: Any) -> Axes:
        """Add axes as Matplotlib does."""
        return super().add_axes(*args, **self._quick(settings))

    def add_subplot(self, *args: Any, **settings: Any) -> Axes:
        """Add axes on a grid as Matplotlib does."""
        return super().add_subplot(*args, **self._quick(settings))

    def _quick(self, settings: dict[str, Any]) -> dict[str, Any]:
        plain = {"axes_class", "projection", "polar"} & settings.keys() or not self.kept.current
        return settings if plain else {"axes_class": _QuickAxes, **settings}


class _Blank:
    """A tick that becomes one when it is asked for anything: most are never asked."""

    def __init__(self, kind: type[Artist], axes: Axes, major: bool, style: dict[str, Any]) -> None:
        vars(self).update(kind=kind, axes=axes, major=major, style=dict(style), clip=())

    def like(self, other: "_Blank") -> None:
        vars(self).update(style=dict(vars(other)["style"]), clip=vars(other)["clip"])

    def set_clip_path(self, *clip: Any) -> None:
        vars(self)["clip"] = clip

    def _apply_params(self, **style: Any) -> None:
        vars(self)["style"].update(style)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tick(), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._tick(), name, value)

    def _tick(self) -> Any:
        """Become what Matplotlib would have made in the first place."""
        kind, axes, major, style, clip = vars(self).values()
        vars(self).clear()
        tick: Any = self
        object.__setattr__(tick, "__class__", kind)
        kept = axes.figure.kept
        with nullcontext() if kept.current else mpl.rc_context(kept.settings):
            tick.__init__(axes, 0, major=major, **style)
        if clip:
            tick.set_clip_path(*clip)
        return tick


_Axis: Any = Axis  # whose types leave out most of what is needed here


class _QuickAxis(_Axis):  # type: ignore[misc]
    """An axis that looks as it did when it was made of the same things."""

    @allow_rasterization  # type: ignore[untyped-decorator]
    def draw(self, renderer: Any) -> None:
        draw = partial(super().draw, renderer)
        if hasattr(renderer, "replay"):
            renderer.replay(self._once(("draw", renderer.mute), partial(renderer.record, draw)))
        else:
            draw()  # among pixels

    def get_tightbbox(self, renderer: Any = None, *, for_layout_only: bool = False) -> Any:
        compute = partial(super().get_tightbbox, renderer, for_layout_only=for_layout_only)
        return self._once(("box", for_layout_only), compute)

    def get_ticks_position(self) -> Any:
        return self._once("position", super().get_ticks_position)

    def set_ticklabels(self, labels: Any, *, minor: bool = False, **style: Any) -> Any:
        untouched = self._untouched()
        texts = super().set_ticklabels(labels, minor=minor, **style)
        if untouched and not style:  # the labels come from a formatter now; the ticks are as they were
            for part in self._parts():
                part.stale = False
        return texts

    def _once(self, what: Hashable, compute: Callable[[], Any]) -> Any:
        """Compute something that depends only on what the axis is made of, or take it from before."""
        figure = self.axes.figure
        made_of = (
            self._made_of() if figure.canvas.is_saving() else None
        )  # before, somebody may hold its ticks
        if made_of is None:
            return compute()
        kept = figure.kept
        key = what, made_of
        if key not in kept:
            result = compute()
            kept[key] = result, *((text.get_position(), text.get_text()) for text in self._texts())
            self.reset_ticks()  # they were nothing special before, and are not now
        result, *places = kept[key]
        for text, (position, words) in zip(self._texts(), places, strict=True):
            text.set_position(position)
            text.set_text(words)
        return result

    def _texts(self) -> tuple[Text, Text]:
        return self.label, self.offsetText

    def _made_of(self) -> bytes | None:
        """Write down all that the axis depends on; None where that cannot be told."""
        axes, figure = self.axes, self.axes.figure
        alone = figure._align_label_groups[self.axis_name].get_siblings(axes) == [axes]
        if not (figure.kept.current and alone and self._untouched() and tuple(axes.spines) == _SIDES):
            return None
        spines = [(s.get_position(), s.get_bounds(), s.get_visible()) for s in axes.spines.values()]
        own = all(place[0] in ("outward", "axes") for place, *_ in spines)
        window = tuple(self.get_view_interval()) if own else axes.viewLim
        parts = [part for name, part in vars(self).items() if name not in _PASSING]
        buffer = io.BytesIO()
        try:
            _Pickler(buffer).dump((self.axis_name, figure.dpi, axes.bbox, window, spines, parts))
        except (pickle.PicklingError, TypeError, AttributeError):
            return None
        return buffer.getvalue()

    def _untouched(self) -> bool:
        return not any(part.stale for part in self._parts())

    def _parts(self) -> list[Artist]:
        ticks = [*vars(self).get("majorTicks", ()), *vars(self).get("minorTicks", ())]
        return [part for tick in ticks if type(tick) is not _Blank for part in (tick, *tick.get_children())]

    def _get_tick(self, major: bool) -> Any:
        for spine in self.axes.spines.values():
            if spine.spine_type in _SIDES:
                spine.get_position()  # asked for the first time, it throws all ticks away
        style = self._major_tick_kw if major else self._minor_tick_kw
        return _Blank(self._tick_class, self.axes, major, style)

    def _copy_tick_props(self, src: Any, dest: Any) -> None:
        if type(src) is _Blank is type(dest):
            dest.like(src)
        else:
            super()._copy_tick_props(src, dest)


class _QuickXAxis(_QuickAxis, XAxis):
    pass


class _QuickYAxis(_QuickAxis, YAxis):
    pass


class _QuickAxes(Axes):
    def _init_axis(self) -> None:
        self.xaxis = _QuickXAxis(self, clear=False)
        self.yaxis = _QuickYAxis(self, clear=False)
        for name, spine in self.spines.items():
            spine.register_axis(self.xaxis if name in ("bottom", "top") else self.yaxis)


class _Pickler(pickle.Pickler):
    """Writes down what an axis is made of; of what it belongs to, only that there is such a thing."""

    def reducer_override(self, thing: Any) -> Any:
        """Write something else instead of what leads out of the axis, or to what is beside the point."""
        if isinstance(thing, BboxBase):
            return bytes, (thing.get_points().tobytes(),)
        if isinstance(thing, Transform) and thing.is_affine:
            return bytes, (thing.get_matrix().tobytes(),)
        if isinstance(thing, Transform):
            return type(thing), tuple(part for name, part in vars(thing).items() if name not in _UPWARD)
        if isinstance(thing, FigureBase | Axes | Axis | CallbackRegistry | RendererBase):
            return str, (type(thing).__name__,)
        if isinstance(thing, Text):
            return str, tuple((vars(thing) | {"_renderer": None, "_stale": None}).values())
        if isinstance(thing, IndexLocator) or (
            isinstance(thing, TickHelper) and not type(thing).__module__.startswith("matplotlib.")
        ):
            raise pickle.PicklingError("may depend on more than can be seen")
        return NotImplemented


_SIDES = ("left", "right", "bottom", "top")
_PASSING = ("majorTicks", "minorTicks", "_stale")
_UPWARD = ("_parents", "_invalid", "_shorthand_name")
