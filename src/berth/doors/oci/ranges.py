"""Byte ranges: of reads (RFC 9110, section 14) and of upload chunks (distribution-spec, Pushing a blob in chunks)."""

import re
from dataclasses import dataclass

from berth.words.errors import FieldInvalid

_SINGLE = re.compile(r"bytes=\s*(\d{0,19})\s*-\s*(\d{0,19})\s*", re.IGNORECASE)
_CHUNK = re.compile(r"(\d{1,19})-(\d{1,19})")


class Unsatisfiable(Exception):
    """No byte of the content is in the range."""


@dataclass(frozen=True, slots=True)
class Span:
    start: int
    count: int

    def content_range(self, size: int) -> str:
        return f"bytes {self.start}-{self.start + self.count - 1}/{size}"


def of_read(header: str, size: int) -> Span | None:
    """The one range asked for; None when the whole is to be sent, also for several ranges and other units.

    Raises `Unsatisfiable`.
    """
    match = _SINGLE.fullmatch(header) if header else None
    if match is None or match.group(1, 2) == ("", ""):
        return None
    first, last = match[1], match[2]
    if not first:
        count = min(int(last), size)
        start = size - count
    else:
        start = int(first)
        if last and int(last) < start:
            raise Unsatisfiable
        count = min(int(last) if last else size - 1, size - 1) - start + 1
    if count <= 0:
        raise Unsatisfiable
    return Span(start, count)


def of_chunk(header: str) -> Span | None:
    """`Content-Range: 0-1023` of a chunk, without a unit; None when there is none. Raises `FieldInvalid`."""
    if not header:
        return None
    match = _CHUNK.fullmatch(header.strip())
    if match is None or int(match[2]) < int(match[1]):
        raise FieldInvalid("Content-Range", f"{header[:60]!r} does not read <first byte>-<last byte>, such as 0-1023")
    return Span(int(match[1]), int(match[2]) - int(match[1]) + 1)
