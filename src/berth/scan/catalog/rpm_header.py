"""One header of rpm, as its databases keep it: what is known of a package, by numbered tags.

    number of tags (4) │ bytes of data (4) │ tag, type, offset, count (16) of each tag │ data

All numbers are big-endian. Nothing in it is believed: every offset and count is checked against the bytes there are.
"""

import struct
from collections.abc import Iterator
from itertools import islice

from berth.scan.catalog import plain
from berth.scan.catalog.gathered import Damaged

NAME, VERSION, RELEASE, EPOCH, VENDOR, LICENSE, ARCH = 1000, 1001, 1002, 1003, 1011, 1014, 1022
SOURCE_RPM, DIR_INDEXES, BASE_NAMES, DIR_NAMES, OLD_FILE_NAMES, MODULARITY = 1044, 1116, 1117, 1118, 1027, 5096
_WANTED = frozenset(
    {NAME, VERSION, RELEASE, EPOCH, VENDOR, LICENSE, ARCH}
    | {SOURCE_RPM, DIR_INDEXES, BASE_NAMES, DIR_NAMES, OLD_FILE_NAMES, MODULARITY}
)
_INT32, _STRINGS = 4, frozenset({6, 8, 9})

MOST_BYTES = 64 * 2**20
MOST_TAGS = 65_536
MOST_FILES = 500_000
LONGEST_PATH = 4096

_START = struct.Struct(">II")
_TAG = struct.Struct(">IIII")


class Header:
    def __init__(self, blob: bytes) -> None:
        """Raises `Damaged`, as all that is asked of it later does."""
        if len(blob) < _START.size:
            raise Damaged("a header is too short")
        tags, size = _START.unpack_from(blob)
        begin = _START.size + tags * _TAG.size
        if tags > MOST_TAGS or begin + size > len(blob):
            raise Damaged("a header is longer than what is there")
        self._data = blob[begin : begin + size]
        self._tags: dict[int, tuple[int, int, int]] = {}
        for tag, kind, offset, count in _TAG.iter_unpack(blob[_START.size : begin]):
            if tag in _WANTED:
                self._tags.setdefault(tag, (kind, offset, count))

    def text(self, tag: int) -> str:
        """Its first string, empty where it has none."""
        return plain.text(next(iter(self._strings(tag, 1)), b""))

    def number(self, tag: int) -> int:
        return next(iter(self._numbers(tag)), 0)

    def files(self) -> Iterator[bytes]:
        """Paths, without a slash at the beginning, of all files that are not absurdly long."""
        for name in self._strings(OLD_FILE_NAMES):
            yield name.lstrip(b"/")
        folders = [each.lstrip(b"/") for each in self._strings(DIR_NAMES)]
        for name, index in zip(self._strings(BASE_NAMES), self._numbers(DIR_INDEXES), strict=False):
            if index >= len(folders):
                raise Damaged("a file lies in a folder that is not listed")
            if len(folders[index]) + len(name) <= LONGEST_PATH:
                yield folders[index] + name

    def _strings(self, tag: int, most: int = MOST_FILES) -> list[bytes]:
        kind, offset, count = self._tags.get(tag, (0, 0, 0))
        if not count:
            return []
        if kind not in _STRINGS or offset >= len(self._data):
            raise Damaged(f"tag {tag} of a header is no text")
        if most > 1 and count > most:
            raise Damaged(f"tag {tag} of a header has {count} values")
        found = list(islice(_ended(self._data, offset), min(count, most)))
        if len(found) < min(count, most):
            raise Damaged(f"tag {tag} of a header goes on behind its end")
        return found

    def _numbers(self, tag: int) -> tuple[int, ...]:
        kind, offset, count = self._tags.get(tag, (0, 0, 0))
        if not count:
            return ()
        if kind != _INT32 or count > MOST_FILES or offset + 4 * count > len(self._data):
            raise Damaged(f"tag {tag} of a header is no list of numbers")
        return struct.unpack_from(f">{count}I", self._data, offset)


def _ended(data: bytes, offset: int) -> Iterator[bytes]:
    """Strings that end with a zero byte, one behind the other."""
    while (end := data.find(b"\0", offset)) >= 0:
        yield data[offset:end]
        offset = end + 1
