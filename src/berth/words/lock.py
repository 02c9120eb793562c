"""A lock: what has one is neither deleted nor updated (SPEC 4.3)."""

from dataclasses import dataclass
from datetime import datetime

from berth.words.errors import FieldInvalid

MAX_REASON = 255


@dataclass(frozen=True)
class Lock:
    by: str
    at: datetime
    reason: str = ""
    until: datetime | None = None
    """From then on the lock holds nothing any more."""

    def holds(self, at: datetime) -> bool:
        return self.until is None or self.until > at


def check(reason: str, until: datetime | None, *, at: datetime) -> None:
    """Raises `FieldInvalid` for a reason that is too long and an end that is over."""
    if len(reason) > MAX_REASON:
        raise FieldInvalid("reason", f"at most {MAX_REASON} characters, this has {len(reason)}")
    if until is not None and until <= at:
        raise FieldInvalid("until", "it must be in the future")
