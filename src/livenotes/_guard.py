"""A patch of another library holds only for the library it was written for: check before patching."""

from importlib.metadata import PackageNotFoundError, version


class LibraryChanged(RuntimeError):
    """What was to be patched no longer looks as expected; the message names library, version and change."""


def require(library: str, expected: str, holds: bool) -> None:
    """Raise LibraryChanged unless what a patch of ``library`` relies on ``holds``; ``expected`` says it."""
    if holds:
        return
    try:
        installed = version(library)
    except PackageNotFoundError:
        installed = "(no version found)"
    raise LibraryChanged(
        f"{library} {installed} is not as livenotes expects it: {expected}. "
        f"Install the version of {library} that constraints.txt names, or report this."
    )
