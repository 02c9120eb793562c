"""Zstandard (RFC 8878), a block at a time: a block gives 128 KiB at most, whatever a frame promises.

The library's own streams either have no bound on what they give at once or do not tell a cut frame from a whole one.
"""

from collections.abc import Callable, Iterator

import zstandard

from berth.scan.failed import ScanFailed

MAGIC = b"\x28\xb5\x2f\xfd"
BLOCK = 128 * 1024
_SKIPPABLE = range(0x184D2A50, 0x184D2A60)
_STEP = 64 * 1024
_REPEATED = 1
"""A block that is one byte and how often it stands there."""


def skippable(magic: bytes) -> bool:
    return int.from_bytes(magic, "little") in _SKIPPABLE


def pieces(read: Callable[[int], bytes], window: int) -> Iterator[bytes]:
    """What all frames hold. Raises `ScanFailed`."""
    source = _Source(read)
    while magic := source.upto(4):
        if skippable(magic):
            source.skip(int.from_bytes(source.exactly(4), "little"))
        elif magic == MAGIC:
            yield from _frame(source, window)
        else:
            raise ScanFailed("BAD_ARCHIVE", "something that is not zstd follows a zstd frame")


class _Source:
    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._held = b""

    def upto(self, count: int) -> bytes:
        while len(self._held) < count and (more := self._read(_STEP)):
            self._held += more
        found, self._held = self._held[:count], self._held[count:]
        return found

    def exactly(self, count: int) -> bytes:
        found = self.upto(count)
        if len(found) < count:
            raise ScanFailed("BAD_ARCHIVE", "a zstd frame is cut short")
        return found

    def skip(self, count: int) -> None:
        while count:
            count -= len(self.exactly(min(count, _STEP)))


def _frame(source: _Source, window: int) -> Iterator[bytes]:
    frame = zstandard.ZstdDecompressor(max_window_size=window).decompressobj()
    descriptor = source.exactly(1)
    yield _given(frame, MAGIC + descriptor + source.exactly(_header_length(descriptor[0])))
    last = False
    while not last:
        head = source.exactly(3)
        bits = int.from_bytes(head, "little")
        last, kind, size = bool(bits & 1), bits >> 1 & 3, bits >> 3
        if size > BLOCK and kind != _REPEATED:
            raise ScanFailed("BAD_ARCHIVE", "a zstd block is larger than one may be")
        yield _given(frame, head + source.exactly(1 if kind == _REPEATED else size))
    if descriptor[0] & 4:
        yield _given(frame, source.exactly(4))


def _header_length(descriptor: int) -> int:
    """Of a frame's header after its descriptor: window, dictionary, size of the content."""
    single = descriptor >> 5 & 1
    content = (single, 2, 4, 8)[descriptor >> 6]
    return (not single) + (0, 1, 2, 4)[descriptor & 3] + content


def _given(frame: "zstandard.ZstdDecompressionObj", data: bytes) -> bytes:
    try:
        return frame.decompress(data)
    except zstandard.ZstdError as error:
        text = f"a zstd frame cannot be read: {error}"
        raise ScanFailed("LIMIT_MEMORY" if "memory" in text else "BAD_ARCHIVE", text) from None
