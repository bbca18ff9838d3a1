"""What annotations cannot say of the arguments of recurrent layers."""

from typing import Any


def require_step(tape: Any, t: int) -> None:
    """Raise ValueError unless the tape has a step of this number."""
    if t >= len(tape.x):
        raise ValueError(f"t must be below the number of steps on the tape, {len(tape.x)}, got {t}")
