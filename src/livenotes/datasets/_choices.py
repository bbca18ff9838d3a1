"""Options that are words."""


def require_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    """Raise ValueError for anything but one of these words."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value!r}")
