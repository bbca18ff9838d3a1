"""What the figure and the question have in common: widgets under a kernel, HTML in the rendered book."""

import os
from abc import ABC, abstractmethod
from typing import Any


class Displayed(ABC):
    """Something that a cell shows: as ipywidgets, or as HTML where ``LIVENOTES_STATIC`` is set."""

    @abstractmethod
    def html(self) -> str:
        """Return it for a page without a kernel."""

    @abstractmethod
    def widget(self) -> Any:
        """Return it as ipywidgets for a page with a kernel."""

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        if os.environ.get("LIVENOTES_STATIC"):
            return {"text/plain": repr(self), "text/html": self.html()}
        bundle = self.widget()._repr_mimebundle_(**kwargs)
        (data, *_rest) = bundle if isinstance(bundle, tuple) else (bundle,)
        return {**data, "text/plain": repr(self)}
