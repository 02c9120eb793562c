"""Where a request's body ends, decided by us and not by the parser, which only ever sees heads.

A body takes raw bytes in a buffer, moves the payload to the buffer's front and says how many raw bytes were
its own. What follows them belongs to the next request. The same object serves the event loop and the threads,
one after the other, so a body may change roads at any byte.
"""

import re
from collections.abc import Iterable
from typing import Final, Protocol

LONGEST_LINE: Final = 4 << 10
LONGEST_TRAILER: Final = 16 << 10

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?")
_TRAILER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*")
# Nearly every frame of every client looks like this; one match replaces two lines.
_NEXT_FRAME = re.compile(rb"\r\n([0-9A-Fa-f]{1,15})\r\n")


class Malformed(ValueError):
    """The request breaks the rules of framing; nothing after this byte can be trusted."""


class Body(Protocol):
    """A request's body on its way in."""

    @property
    def complete(self) -> bool: ...

    @property
    def left(self) -> int | None:
        """How many raw bytes are still to come, where that is known."""

    def take(self, buffer: bytearray, size: int) -> tuple[int, int]:
        """Take raw bytes from the first `size` of `buffer`; answer payload at the front, and raw bytes used."""


class Sized:
    """A body with a Content-Length."""

    def __init__(self, length: int) -> None:
        self.left = length

    @property
    def complete(self) -> bool:
        return self.left == 0

    def take(self, buffer: bytearray, size: int) -> tuple[int, int]:
        del buffer  # the payload already stands at its front
        used = min(size, self.left)
        self.left -= used
        return used, used


class Chunked:
    """A body in frames: `size[;extension] CRLF data CRLF ... 0 CRLF [trailer CRLF]... CRLF`."""

    left: None = None

    def __init__(self) -> None:
        self.complete = False
        self._data = 0
        self._line = bytearray()
        self._read_line = self._size
        self._trailer = 0

    def take(self, buffer: bytearray, size: int) -> tuple[int, int]:
        at = kept = 0
        with memoryview(buffer) as view:
            while at < size and not self.complete:
                if self._data:
                    count = min(self._data, size - at)
                    if kept != at:
                        view[kept : kept + count] = view[at : at + count]
                    kept += count
                    at += count
                    self._data -= count
                else:
                    at = self._between(buffer, at, size)
        return kept, at

    def _between(self, buffer: bytearray, at: int, size: int) -> int:
        if self._read_line == self._data_end and not self._line:
            frame = _NEXT_FRAME.match(buffer, at, size)
            if frame is not None:
                self._size(frame[1])
                return frame.end()
        end = buffer.find(b"\n", at, size) + 1 or size
        self._line += buffer[at:end]
        if len(self._line) > LONGEST_LINE:
            raise Malformed("a line between chunks is too long")
        if self._line.endswith(b"\n"):
            line = bytes(self._line)
            self._line.clear()
            if not line.endswith(b"\r\n"):
                raise Malformed("a line between chunks does not end in CRLF")
            self._read_line(line[:-2])
        return end

    def _size(self, line: bytes) -> None:
        size = _SIZE.fullmatch(line)
        if size is None:
            raise Malformed("a chunk has no valid size")
        self._data = int(size[1], 16)
        self._read_line = self._data_end if self._data else self._trailer_line

    def _data_end(self, line: bytes) -> None:
        if line:
            raise Malformed("a chunk is longer than its size")
        self._read_line = self._size

    def _trailer_line(self, line: bytes) -> None:
        self._trailer += len(line)
        if self._trailer > LONGEST_TRAILER:
            raise Malformed("the trailer is too long")
        if line and not _TRAILER.fullmatch(line):
            raise Malformed("a trailer field is malformed")
        self.complete = not line


def of(headers: Iterable[tuple[bytes, bytes]]) -> Body | None:
    """Tell the framing by the head alone. None is a request without a body.

    The parser has already refused repeated or contradictory lengths; what it lets through and we cannot
    decode (`gzip, chunked`) is refused here.
    """
    length: bytes | None = None
    for name, value in headers:
        if name == b"transfer-encoding":
            if value.strip().lower() != b"chunked":
                raise Malformed("the transfer encoding is not supported")
            return Chunked()
        if name == b"content-length":
            length = value.strip()
    if length is None or not length.strip(b"0"):
        return None
    if not length.isdigit() or len(length) > len(str(1 << 62)):
        raise Malformed("the content length is not a number")
    return Sized(int(length))
