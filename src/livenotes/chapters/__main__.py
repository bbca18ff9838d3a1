"""Compute stored experiments again: ``python -m livenotes.chapters [NAME ...]``."""

import argparse
import importlib
import multiprocessing
import os
import pkgutil
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from livenotes import chapters
from livenotes.lab.store import STORED


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, then compute and save each experiment on all cores."""
    for module in pkgutil.walk_packages(chapters.__path__, chapters.__name__ + "."):
        importlib.import_module(module.name)  # registers what it stores
    parser = argparse.ArgumentParser(prog="python -m livenotes.chapters", description=__doc__)
    names = ", ".join(sorted(STORED))
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all by default: {names}")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="by default one a core")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - set(STORED))
    if unknown:
        parser.error(f"no stored experiment {', '.join(unknown)}; there are {names}")
    # One process a core and one thread a process: small matrices are slower on two threads than on one.
    # A spawned process reads this when it loads NumPy; a forked one would share this process's threads.
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")
    with ProcessPoolExecutor(options.processes, multiprocessing.get_context("spawn")) as pool:
        for name in options.names or sorted(STORED):
            STORED[name].make(pool)


if __name__ == "__main__":
    main()
