"""A program as its linker laid it out: named sections of the file, and where in memory which part of it comes to lie.

Each of the three formats has a module that makes this of it.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from berth.scan.catalog.gathered import Damaged
from berth.scan.catalog.languages import stretches

MAX_TABLE = 4 * 2**20
"""Bytes of one table of a format: 65,536 sections of the usual size."""
LONGEST_NAME = 32
"""Bytes of a section's name; those that are asked for are shorter."""


@dataclass(frozen=True, slots=True)
class Part:
    address: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Executable:
    file: BinaryIO
    loaded: Sequence[Part]
    """What of the file comes to lie where in memory."""
    sections: Mapping[str, Part]
    data: Sequence[Part]
    """Where to look for what has no section of its own."""

    def bytes_at(self, address: int, size: int) -> bytes:
        """Of memory, as far as it is filled from one part of the file."""
        for part in self.loaded:
            skipped = address - part.address
            if 0 <= skipped < part.size:
                return stretches.read(self.file, part.offset + skipped, min(size, part.size - skipped))
        return b""


Row = tuple[Any, ...]  # Any: what the layout says, numbers or bytes


def table(file: BinaryIO, offset: int, count: int, row: int, layout: str) -> Iterator[Row]:
    """The rows of a table, of which each takes `row` bytes and begins with `layout`."""
    size = count * row
    if size > MAX_TABLE or (count and row < struct.calcsize(layout)):
        raise Damaged("it has a table of a strange size")
    body = stretches.read(file, offset, size)
    if len(body) < size:
        raise Damaged("it ends before its tables do")
    return (struct.unpack_from(layout, body, start) for start in range(0, size, row or 1))


def header(file: BinaryIO, offset: int, layout: str) -> Row:
    body = stretches.read(file, offset, struct.calcsize(layout))
    if len(body) < struct.calcsize(layout):
        raise Damaged("it ends within its header")
    return struct.unpack(layout, body)


def name(raw: bytes) -> str:
    """Of a section: up to the first zero."""
    return raw[:LONGEST_NAME].partition(b"\0")[0].decode("ascii", "replace")
