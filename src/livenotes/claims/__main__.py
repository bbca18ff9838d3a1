"""Measure the claims again: ``python -m livenotes.claims measure [KEY ...]``."""

import argparse
from collections.abc import Sequence

from .ledger import read, read_measured, write_measured
from .measure import measure_all
from .rules import verdict_problems


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, write each room's ``measured.json``, and report every number that contradicts its verdict."""
    parser = argparse.ArgumentParser(prog="python -m livenotes.claims", description=__doc__)
    parser.add_argument("action", choices=["measure"])
    parser.add_argument("keys", nargs="*", metavar="KEY", help="all by default")
    options = parser.parse_args(arguments)
    ledger = read()
    unknown = sorted(set(options.keys) - set(ledger))
    if unknown:
        parser.error(f"no claim {', '.join(unknown)} in the ledger")
    found = measure_all([ledger[key] for key in options.keys or ledger])
    measured = {key for key, claim in ledger.items() if claim.measure}
    kept = {key: m for key, m in read_measured().items() if options.keys and key in measured}
    write_measured(kept | found, ledger)
    problems = [line for key, m in found.items() for line in verdict_problems(ledger[key], m)]
    if problems:
        raise SystemExit("\n".join(problems))


if __name__ == "__main__":
    main()
