"""Which tests one process runs, of those that need a browser."""

import re

from xdist.scheduler import LoadScopeScheduling


class ByWhatTheyShare(LoadScopeScheduling):
    """Tests that share a server, a page or the figures of a chapter go to one process, the others anywhere.

    For ``--dist loadgroup``, whose own marks pytest 9.2 does not hand on.
    """

    def _split_scope(self, nodeid):
        file, _, test = nodeid.partition("::")
        page = re.search(r"\[([\w-]+)\]$", test)
        if file == "tests/test_site.py":
            return page[1] if page else nodeid
        return file
