"""Instants: always UTC, always to the microsecond."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)


def text(instant: datetime) -> str:
    """RFC 3339 with microseconds and `Z`."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
