"""`Packages.db`: the database that rpm brings itself (SUSE).

    header (32)  RpmP │ version │ generation │ pages of slots ...
    slot (16)    Slot │ number of the package, 0 for none │ first block │ blocks        from byte 32 on
    blob         BlbS │ number │ generation │ length │ header │ filling │ sum │ length │ BlbE

Blocks have 16 bytes. All numbers are little-endian.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from berth.scan.catalog import rpm_header
from berth.scan.catalog.gathered import Damaged, Deadline

_BLOCK, _PAGE, _HEADER = 16, 4096, 32
_START = struct.Struct("<4s3I")
_SLOT = struct.Struct("<4s3I")
_HEAD = struct.Struct("<4s3I")
_TAIL = struct.Struct("<II4s")


def blobs(file: BinaryIO, deadline: Deadline) -> Iterator[bytes]:
    """Every header. Raises `Damaged` or `Exhausted`."""
    size = file.seek(0, os.SEEK_END)
    left = size  # What slots may take: blobs do not lie over each other.
    lost = 0
    for number, first, blocks in _slots(file, size):
        deadline.check()
        length = blocks * _BLOCK
        left -= length
        blob = _blob(file, number, first * _BLOCK, length) if left >= 0 else None
        lost += blob is None
        if blob is not None:
            yield blob
    if lost:
        raise Damaged(f"{lost} of its packages are lost")


def _slots(file: BinaryIO, size: int) -> Iterator[tuple[int, int, int]]:
    """Number, first block and blocks of each that is taken."""
    file.seek(0)
    start = file.read(_HEADER)
    if len(start) < _HEADER or not start.startswith(b"RpmP"):
        raise Damaged("it is no database of rpm")
    magic, version, _, pages = _START.unpack_from(start)
    if version:
        raise Damaged(f"its version {version} is not known")
    if pages * _PAGE > size:
        raise Damaged("it ends within the list of its packages")
    slots = file.read(pages * _PAGE - _HEADER) if pages else b""
    for magic, number, first, blocks in _SLOT.iter_unpack(slots):
        if magic != b"Slot":
            raise Damaged("the list of its packages is broken")
        if number:
            yield number, first, blocks


def _blob(file: BinaryIO, number: int, begin: int, length: int) -> bytes | None:
    """None for one that is not there as its slot says."""
    if not _HEAD.size + _TAIL.size <= length <= rpm_header.MOST_BYTES:
        return None
    file.seek(begin)
    raw = file.read(length)
    if len(raw) < length:
        return None
    magic, named, _, size = _HEAD.unpack_from(raw)
    total, again, end = _TAIL.unpack_from(raw, length - _TAIL.size)
    whole = (magic, named, end) == (b"BlbS", number, b"BlbE") and size == again <= length - _HEAD.size - _TAIL.size
    if not whole or zlib.adler32(raw[: -_TAIL.size]) != total:
        return None
    return raw[_HEAD.size : _HEAD.size + size]
