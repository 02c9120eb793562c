"""The bytes of an entry of an archive, within limits: its beginning, or the whole as a file."""

import io
import tempfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

from berth.scan.catalog.gathered import Damaged, Exhausted
from berth.scan.catalog.languages import stretches, zips
from berth.scan.catalog.languages.stretches import Stretch
from berth.scan.catalog.languages.zips import STORED, Entry

_STEP = 64 * 1024
_IN_MEMORY = 8 * 2**20
"""Bytes of an archive within an archive; what is larger goes to a file that has no name."""


class Allowance:
    """How much there may be of something in one file of an image, with all the archives that are in it."""

    def __init__(self, most: int, what: str) -> None:
        self._most = self._left = most
        self._what = what

    def take(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise Exhausted(f"there are more than {self._most} {self._what}")


def beginning(file: BinaryIO, entry: Entry, most: int, allowance: Allowance) -> bytes:
    body = b""
    for step in _steps(file, entry):
        allowance.take(len(step))
        body += step
        if len(body) >= most:
            break
    return body[:most]


def whole(file: BinaryIO, entry: Entry, allowance: Allowance) -> BinaryIO:
    """What is stored as it is stays where it is; else it is inflated into memory or a file that has no name."""
    if entry.method == STORED:
        return io.BufferedReader(Stretch(file, zips.content(file, entry), entry.size))
    spooled = cast("BinaryIO", tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115  it is closed by who asked
    try:
        for step in _steps(file, entry):
            allowance.take(len(step))
            spooled.write(step)
    except BaseException:
        spooled.close()
        raise
    spooled.seek(0)
    return spooled


def _steps(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    raw = _raw(file, zips.content(file, entry), entry.size)
    return raw if entry.method == STORED else _inflated(raw)


def _raw(file: BinaryIO, offset: int, size: int) -> Iterator[bytes]:
    for start in range(0, size, _STEP):
        wanted = min(_STEP, size - start)
        step = stretches.read(file, offset + start, wanted)
        if len(step) < wanted:
            raise Damaged("an entry is cut")
        yield step


def _inflated(raw: Iterator[bytes]) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for each in raw:
            waiting, step = each, b""
            while waiting or len(step) == _STEP:
                step = inflater.decompress(waiting, _STEP)
                waiting = inflater.unconsumed_tail
                yield step
            if inflater.eof:
                return
    except zlib.error:
        raise Damaged("an entry cannot be inflated") from None
    raise Damaged("an entry is cut")
