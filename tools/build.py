"""Build the book: ``jupyter-book build``, with the same arguments, two seconds sooner.

jsonschema, which Jupyter Book imports, builds a grammar of web addresses each time it starts. It does
without where the package that holds the grammar cannot be imported; no notebook of a book needs it.
"""

import sys

sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]

from jupyter_book.cli.main import main  # noqa: E402

if __name__ == "__main__":
    main(["build", *sys.argv[1:]])
