"""Instants: always UTC, always to the microsecond."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)


def text(instant: datetime) -> str:
    """RFC 3339 with microseconds and `Z`."""
    at = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    return at.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
