"""Measure the claims: call what an entry names and keep mean, spread and number of values."""

import importlib
from collections.abc import Iterable

import numpy as np
from tqdm.auto import tqdm

from .ledger import Claim, Measured


def measure(claim: Claim) -> dict[str, Measured]:
    """Run the measures of one claim.

    Returns
    -------
    dict
        Under ``"measure"`` and, where the claim has one, ``"otherwise"``; empty for a matter of history.

    Raises
    ------
    ValueError
        If a measure cannot be found or does not return one finite number a seed.
    """
    named = {name: getattr(claim, name) for name in ("measure", "otherwise")}
    return {name: _run(claim, path) for name, path in named.items() if path}


def measure_all(claims: Iterable[Claim]) -> dict[str, dict[str, Measured]]:
    """Measure many claims, with a bar at a terminal; those that are a matter of history are left out."""
    bar = tqdm([claim for claim in claims if claim.measure], desc="claims", disable=None)
    return {claim.key: measure(claim) for claim in bar}


def _run(claim: Claim, name: str) -> Measured:
    module = f"livenotes.chapters.{claim.chapter.replace('-', '_')}.measures"
    try:
        function = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"{claim.place}: no function {name!r} in {module} ({error})") from error
    values = np.asarray(function(), dtype=float)
    if values.ndim != 1 or not values.size or not np.isfinite(values).all():
        raise ValueError(f"{claim.place}: {name} must return a 1-D array of finite numbers, got {values!r}")
    sd = float(values.std(ddof=1)) if values.size > 1 else 0.0
    return Measured(float(values.mean()), sd, values.size)
