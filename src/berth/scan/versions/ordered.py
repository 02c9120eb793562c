"""What the comparators have in common: what they make, and what they refuse."""

from typing import Any, Protocol


class Key(Protocol):
    """Something that is sorted by, compared only with what the same comparator made."""

    def __lt__(self, other: Any, /) -> bool: ...  # Any: as tuples declare it


class VersionInvalid(ValueError):
    """That text is no version of the ecosystem it is said to be from."""

    def __init__(self, version: str, reason: str) -> None:
        super().__init__(f"{version[:80]!r} is no version: {reason}")
        self.version = version
        self.reason = reason
