"""What a submission may use."""

from dataclasses import asdict, dataclass, fields
from typing import Any

MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """Limits of one notebook of one submission.

    Attributes
    ----------
    cell : float
        Seconds a cell may run, and a call that a test makes; of the submission's own time (see ``clock``).
    total : float
        Seconds for everything together, the tests included; of its own time as well.
    memory : int
        Bytes each process may add to what the warm process brings along. All of them together may
        have ``together`` bytes where control groups can be made.
    processes : int
        Processes and threads the submission may have at a time, besides its snapshots.
    file_size, tmp : int
        Bytes of one file, and of all files.
    output : int
        Characters of text kept of one cell; the rest is dropped as it is written.
    """

    cell: float = 30.0
    total: float = 120.0
    memory: int = 1024 * MIB
    processes: int = 16
    file_size: int = 16 * MIB
    tmp: int = 64 * MIB
    output: int = 20_000

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not value > 0:
                raise ValueError(f"{field.name} must be greater than 0, got {value}")

    @property
    def together(self) -> int:
        """Bytes the submission may use as a whole, its files among them."""
        return 2 * self.memory

    def as_json(self) -> dict[str, Any]:
        """Return the limits as a JSON object."""
        return asdict(self)


DEFAULT = Limits()
