"""Two calls timed in turns, on one thread."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import process_time
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits


def take_turns(
    ours: Callable[[], Any], theirs: Callable[[], Any], turns: int, warm_up: int
) -> dict[str, float]:
    """Median milliseconds of processor time of both, and the median of the ratio turn by turn.

    Whatever else the machine does then meets both. The first turns warm up and do not count.
    """
    times = []
    for _ in range(warm_up + turns):
        start = process_time()
        ours()
        middle = process_time()
        theirs()
        times.append((middle - start, process_time() - middle))
    first, second = 1e3 * np.array(times[warm_up:]).T
    medians = [float(np.median(v)) for v in (first, second, first / second)]
    return dict(zip(("ours", "theirs", "ratio"), medians, strict=True))


@contextmanager
def one_thread() -> Iterator[None]:
    """Give NumPy and torch one thread each."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(threads)
