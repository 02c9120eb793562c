"""`Packages`: a hash of Berkeley DB, as rpm kept its headers until 2020 (RHEL and CentOS up to 8, Amazon Linux 2).

A file of pages. The first one describes the file; those of the hash hold pairs of a key and a value, and a value
that is long is a chain of overflow pages. The hash itself does not matter here: all its pages are read.

    page      ... number (8) │ next (16) │ entries (20) │ free from (22) │ type (25) │ offsets of entries (26)
    in line   1 │ value                     long   3 │ ... │ first page (4) │ length (8)
"""

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO

from berth.scan.catalog import rpm_header
from berth.scan.catalog.gathered import Damaged, Deadline

_MAGIC = 0x061561
_HASH_META, _OVERFLOW, _HASHES = 8, 7, frozenset({2, 13})
_IN_LINE, _LONG = 1, 3
_PAGE_HEADER, _LONG_ITEM = 26, 12
_LEAST, _MOST = 512, 65_536
_NO_HEADER = 16
"""A value of this many bytes is rpm's own: the number that the next package gets."""


def blobs(file: BinaryIO, deadline: Deadline) -> Iterator[bytes]:
    """Every header. Raises `Damaged` or `Exhausted`."""
    pages = _Pages(file)
    lost = 0
    for number in range(1, pages.count):
        deadline.check()
        page = pages.read(number)
        if page[25] not in _HASHES:
            continue
        for item in pages.values(page):
            blob = pages.value(item)
            lost += blob is None
            if blob is not None and len(blob) > _NO_HEADER:
                yield blob
    if lost or pages.missing:
        raise Damaged(f"{lost} of its values are lost, {pages.missing} of its pages are missing")


class _Pages:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        file.seek(0)
        start = file.read(_LEAST)
        self._order = next((order for order in "<>" if _is_hash(start, order)), "")
        if not self._order:
            raise Damaged("it is no hash of Berkeley DB")
        (self.size,) = struct.unpack_from(f"{self._order}I", start, 20)
        if not _LEAST <= self.size <= _MOST or self.size & (self.size - 1):
            raise Damaged(f"its pages have {self.size} bytes")
        (last,) = struct.unpack_from(f"{self._order}I", start, 32)
        self.count = file.seek(0, os.SEEK_END) // self.size
        self.missing = max(0, last + 1 - self.count)
        self._unread = self.count
        """Overflow pages that values may still take. Each belongs to one value, so they cannot be more than all."""

    def read(self, number: int) -> bytes:
        self._file.seek(number * self.size)
        return self._file.read(self.size)

    def values(self, page: bytes) -> Iterator[bytes]:
        """The second of every pair on a page of the hash. They lie from its end to its beginning."""
        (entries,) = struct.unpack_from(f"{self._order}H", page, 20)
        entries = min(entries, (self.size - _PAGE_HEADER) // 2)
        offsets = struct.unpack_from(f"{self._order}{entries}H", page, _PAGE_HEADER)
        for end, begin in zip(offsets[::2], offsets[1::2], strict=False):
            yield page[begin:end]

    def value(self, item: bytes) -> bytes | None:
        """None for one that cannot be read."""
        if item[:1] == bytes((_IN_LINE,)):
            return item[1:]
        if len(item) < _LONG_ITEM or item[0] != _LONG:
            return None
        return self._chained(*struct.unpack_from(f"{self._order}II", item, 4))

    def _chained(self, number: int, length: int) -> bytes | None:
        parts, found = [], 0
        while found < length <= rpm_header.MOST_BYTES and 0 < number < self.count and self._unread > 0:
            self._unread -= 1
            page = self.read(number)
            number, used, kind = self._overflow(page)
            if kind != _OVERFLOW or not 0 < used <= self.size - _PAGE_HEADER:
                return None
            parts.append(page[_PAGE_HEADER : _PAGE_HEADER + used])
            found += used
        return b"".join(parts) if found == length else None

    def _overflow(self, page: bytes) -> tuple[int, int, int]:
        """Next page, bytes used, type."""
        (following,) = struct.unpack_from(f"{self._order}I", page, 16)
        (used,) = struct.unpack_from(f"{self._order}H", page, 22)
        return following, used, page[25]


def _is_hash(start: bytes, order: str) -> bool:
    return len(start) == _LEAST and struct.unpack_from(f"{order}I", start, 12) == (_MAGIC,) and start[25] == _HASH_META
