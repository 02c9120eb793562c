"""`modified_id.csv`: which records of an ecosystem were changed when, the newest first."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

LONGEST_LINE = 512
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+-]{0,199}")
"""Of a record; it is a part of an address."""


class ListUnreadable(Exception):
    """It is no such list, or not in its order: what has changed cannot be told from it."""


class Modified(NamedTuple):
    at: datetime
    id: str


def since(path: Path, known: datetime, limit: int) -> list[Modified]:
    """What was changed after that, at most so many and one more. Raises `ListUnreadable`."""
    found: list[Modified] = []
    with path.open("rb") as file:
        for row in _rows(file):
            if found and row.at > found[-1].at:
                raise ListUnreadable("it does not begin with the newest")
            if row.at <= known or len(found) > limit:
                break
            found.append(row)
    return found


def _rows(file: BinaryIO) -> Iterator[Modified]:
    while line := file.readline(LONGEST_LINE):
        if line.strip():
            yield _row(line)


def _row(line: bytes) -> Modified:
    at, _, name = line.decode("utf-8", "replace").strip().partition(",")
    try:
        time = datetime.fromisoformat(at)
        instant = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ListUnreadable(f"a line of it begins {at[:40]!r}") from None
    if not _ID.fullmatch(name):
        raise ListUnreadable(f"it names {name[:40]!r}")
    return Modified(instant, name)
