"""What `make bench` measures: speed and size, each beside what one would otherwise use."""

import sys
from pathlib import Path

# The helpers of the tests, a browser and a server, are found as the tests find them.
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
