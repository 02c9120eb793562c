"""Bytes that come in pieces, read as one stream of limited length."""

from collections.abc import Iterator

from berth.scan.failed import ScanFailed


class Stream:
    """Holds one piece at a time."""

    def __init__(self, pieces: Iterator[bytes], limit: int) -> None:
        self._pieces = pieces
        self._limit = limit
        self._piece = b""
        self._at = 0
        self._came = 0

    @property
    def position(self) -> int:
        """Bytes that were read or skipped."""
        return self._came - len(self._piece) + self._at

    def read(self, count: int) -> bytes:
        """Fewer than `count` bytes only at the end. Raises `ScanFailed`."""
        end = self._at + count
        if end <= len(self._piece):
            found = self._piece[self._at : end]
            self._at = end
            return found
        found_parts = []
        while count and (self._at < len(self._piece) or self._next()):
            part = self._piece[self._at : self._at + count]
            self._at += len(part)
            count -= len(part)
            found_parts.append(part)
        return b"".join(found_parts)

    def skip(self, count: int) -> int:
        """How many of `count` bytes there were. Raises `ScanFailed`."""
        left = count
        while left and (self._at < len(self._piece) or self._next()):
            step = min(left, len(self._piece) - self._at)
            self._at += step
            left -= step
        return count - left

    def _next(self) -> bool:
        self._piece, self._at = next(self._pieces, b""), 0
        self._came += len(self._piece)
        if self._came > self._limit:
            raise ScanFailed("LIMIT_LAYER_SIZE", f"unpacked, it is larger than {self._limit} bytes")
        return bool(self._piece)
