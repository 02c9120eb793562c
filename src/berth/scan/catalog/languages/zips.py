"""ZIP, as far as archives of Java need it: the list of what is in one, read within limits (PKWARE's APPNOTE.TXT, 4.3).

The library's `zipfile` makes an object of every entry before it can be asked how many there are, and inflates again
what lies over something else; so the list is read here.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from berth.scan.catalog.gathered import Damaged, Exhausted
from berth.scan.catalog.languages import stretches

MAX_ENTRIES = 100_000
STORED, DEFLATED = 0, 8
_MAX_LIST = 64 * 2**20
_MAX_COMMENT = 2**16
_ENCRYPTED = 1
_LONG = 0xFFFF_FFFF
"""Stands where a number is too large for its field; it is then elsewhere, in eight bytes."""
_LONG_NUMBERS = 1

_END, _END_MARK = struct.Struct("<4s8xIIH"), b"PK\5\6"
_LOCATOR, _LOCATOR_MARK = struct.Struct("<4s16x"), b"PK\6\7"
_LONG_END, _LONG_END_MARK = struct.Struct("<4s36xQQ"), b"PK\6\6"
_LISTED, _LISTED_MARK = struct.Struct("<4s4xHH8xIIHHH8xI"), b"PK\1\2"
_LOCAL, _LOCAL_MARK = struct.Struct("<4s22xHH"), b"PK\3\4"


@dataclass(frozen=True, slots=True)
class Entry:
    name: str
    offset: int
    size: int
    """Bytes of it in the archive, packed as they are."""
    method: int
    encrypted: bool


def entries(file: BinaryIO) -> Iterator[Entry]:
    """What the archive lists. Raises when it is damaged, and after `MAX_ENTRIES`."""
    start, left, shift = _list(file)
    file.seek(start)
    count = 0
    while left >= _LISTED.size:
        mark, flags, method, packed, unpacked, name, extra, comment, offset = _unpacked(_LISTED, file)
        behind = file.read(name + extra + comment)
        if mark != _LISTED_MARK or len(behind) < name + extra + comment:
            raise Damaged("its list of entries is damaged")
        if count == MAX_ENTRIES:
            raise Exhausted(f"it has more than {MAX_ENTRIES} entries")
        if _LONG in {packed, unpacked, offset}:
            packed, offset = _long(packed, unpacked, offset, behind[name : name + extra])
        shown = behind[:name].decode("utf-8", "replace")
        yield Entry(shown, offset + shift, packed, method, encrypted=bool(flags & _ENCRYPTED))
        left -= _LISTED.size + len(behind)
        count += 1


def content(file: BinaryIO, entry: Entry) -> int:
    """Where the bytes of an entry begin. They follow a header that repeats what the list says."""
    if entry.encrypted or entry.method not in {STORED, DEFLATED}:
        raise Damaged("an entry is encrypted, or packed in a way that Java does not read")
    header = stretches.read(file, entry.offset, _LOCAL.size)
    if not header.startswith(_LOCAL_MARK) or len(header) < _LOCAL.size:
        raise Damaged("an entry is not where the list says")
    _, name, extra = _LOCAL.unpack(header)
    return entry.offset + _LOCAL.size + int(name) + int(extra)


def check_apart(chosen: Iterable[Entry]) -> None:
    """Entries that lie over each other make much out of little."""
    end = 0
    for each in sorted(chosen, key=lambda entry: entry.offset):
        if each.offset < end:
            raise Damaged("its entries lie over each other")
        end = each.offset + _LOCAL.size + each.size


def _list(file: BinaryIO) -> tuple[int, int, int]:
    """Where the list begins, its bytes, and by how much all offsets are too small.

    That is what stands before the archive, as a script does that starts it.
    """
    length = file.seek(0, 2)
    file.seek(max(0, length - _END.size - _MAX_COMMENT))
    tail = file.read()
    at = tail.rfind(_END_MARK, 0, max(0, len(tail) - _END.size + len(_END_MARK)))
    if at < 0:
        raise Damaged("it is no ZIP archive, or cut")
    end = length - len(tail) + at
    _, size, offset, _ = _END.unpack_from(tail, at)
    end, size, offset = _long_end(file, end) or (end, size, offset)
    start = end - size
    if start < offset:
        raise Damaged("its list of entries is not where it says")
    if size > _MAX_LIST:
        raise Exhausted(f"its list of entries has more than {_MAX_LIST} bytes")
    return start, size, start - offset


def _long_end(file: BinaryIO, end: int) -> tuple[int, int, int] | None:
    """The end with numbers of eight bytes, which stands before the usual one, and a record that leads to it between.

    Archives of very many entries have it too, with nothing in the usual end that would tell.
    """
    where = end - _LOCATOR.size - _LONG_END.size
    records = stretches.read(file, where, end - where) if where >= 0 else b""
    if not records.startswith(_LONG_END_MARK) or records[_LONG_END.size :][:4] != _LOCATOR_MARK:
        return None
    _, size, offset = _LONG_END.unpack_from(records)
    return where, size, offset


def _long(packed: int, unpacked: int, offset: int, extra: bytes) -> tuple[int, int]:
    """Size and offset, from the extra field where they are too large for their own."""
    numbers = iter(_long_numbers(extra))
    if unpacked == _LONG:
        next(numbers, None)
    packed = next(numbers, packed) if packed == _LONG else packed
    offset = next(numbers, offset) if offset == _LONG else offset
    return packed, offset


def _long_numbers(extra: bytes) -> tuple[int, ...]:
    at = 0
    while len(extra) - at >= 4:  # noqa: PLR2004  a kind and a length, before each field
        kind, length = struct.unpack_from("<HH", extra, at)
        at += 4
        if kind == _LONG_NUMBERS:
            whole = min(length, len(extra) - at) // 8
            return struct.unpack_from(f"<{whole}Q", extra, at)
        at += length
    return ()


def _unpacked(layout: struct.Struct, file: BinaryIO) -> tuple[Any, ...]:  # Any: numbers and marks
    body = file.read(layout.size)
    if len(body) < layout.size:
        raise Damaged("it is cut")
    return layout.unpack(body)
