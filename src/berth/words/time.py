"""Instants: always UTC, always to the microsecond."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)


def text(instant: datetime) -> str:
    """RFC 3339 with microseconds and `Z`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
