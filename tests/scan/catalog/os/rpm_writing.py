"""Headers and databases of rpm, written from the descriptions of their forms and without the code that reads them."""

import struct
import zlib
from collections.abc import Sequence

Value = int | str | list[str] | list[int]

NAME, VERSION, RELEASE, EPOCH, VENDOR, LICENSE, ARCH = 1000, 1001, 1002, 1003, 1011, 1014, 1022
OLD_FILE_NAMES, SOURCE_RPM, DIR_INDEXES, BASE_NAMES, DIR_NAMES, MODULARITY = 1027, 1044, 1116, 1117, 1118, 5096


def header(tags: dict[int, Value]) -> bytes:
    index, data = b"", b""
    for tag, value in sorted(tags.items()):
        values = value if isinstance(value, list) else [value]
        if isinstance(values[0], int):
            data += b"\0" * (-len(data) % 4)
        kind = 4 if isinstance(values[0], int) else 8 if isinstance(value, list) else 6
        index += struct.pack(">IIII", tag, kind, len(data), len(values))
        data += b"".join(struct.pack(">I", each) if isinstance(each, int) else each.encode() + b"\0" for each in values)
    return struct.pack(">II", len(index) // 16, len(data)) + index + data


def package(name: str, version: str = "1", release: str = "1", **more: Value) -> bytes:
    tags = {globals()[tag]: value for tag, value in more.items()}
    return header({NAME: name, VERSION: version, RELEASE: release, **tags})


def ndb(headers: Sequence[bytes]) -> bytes:
    """`Packages.db`, with one free slot between those that are taken."""
    slots, blobs, block = b"", b"", 4096 // 16
    for number, each in enumerate(headers, 1):
        blob = struct.pack("<4sIII", b"BlbS", number, 1, len(each)) + each
        blob += b"\0" * (-(len(blob) + 12) % 16)
        blob += struct.pack("<II4s", zlib.adler32(blob), len(each), b"BlbE")
        slots += struct.pack("<4sIII", b"Slot", number, block, len(blob) // 16) + struct.pack(
            "<4sIII", b"Slot", 0, 0, 0
        )
        blobs += blob
        block += len(blob) // 16
    free = struct.pack("<4sIII", b"Slot", 0, 0, 0) * ((4096 - 32 - len(slots)) // 16)
    return struct.pack("<4sIIII12x", b"RpmP", 0, 1, 1, len(headers) + 1) + slots + free + blobs


class Berkeley:
    """A file of pages of 512 bytes, as wrong as a test wants it."""

    SIZE = 512

    def __init__(self) -> None:
        self.pages = [b""]

    def hash_page(self, *values: bytes) -> int:
        """Each value is the second of a pair, with the byte before it that says of which kind it is."""
        offsets, body, end = [], b"", self.SIZE
        for item in (each for value in values for each in (b"\x01\x01\0\0\0", value)):
            end -= len(item)
            offsets.append(end)
            body = item + body
        head = self._head(0, len(offsets), end, 13) + struct.pack(f"<{len(offsets)}H", *offsets)
        return self._put(head + b"\0" * (end - len(head)) + body)

    def overflow_page(self, data: bytes, following: int) -> int:
        return self._put(self._head(following, 1, len(data), 7) + data)

    def body(self) -> bytes:
        first = struct.pack("<8xIIIIBBBxIII", 0, 0x061561, 9, self.SIZE, 0, 8, 0, 0, len(self.pages) - 1, 0)
        return b"".join(each.ljust(self.SIZE, b"\0") for each in (first, *self.pages[1:]))

    def _put(self, page: bytes) -> int:
        self.pages.append(page)
        return len(self.pages) - 1

    def _head(self, following: int, entries: int, free: int, kind: int) -> bytes:
        return struct.pack("<8xIIIHHBB", len(self.pages), 0, following, entries, free, 1, kind)


def in_line(value: bytes) -> bytes:
    return b"\x01" + value


def long(page: int, length: int) -> bytes:
    return struct.pack("<B3xII", 3, page, length)
