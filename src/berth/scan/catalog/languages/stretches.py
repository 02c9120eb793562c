"""Stretches of a file that is in hostile hands: they may begin and end where no file does."""

import io
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


def read(file: BinaryIO, offset: int, size: int) -> bytes:
    """What is there of it."""
    if offset >= file.seek(0, io.SEEK_END):
        return b""
    file.seek(offset)
    return file.read(size)


class Stretch(io.RawIOBase):
    """One as a file of its own."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file, self._start, self._size, self._at = file, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        from_where = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, from_where + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer)
        left = max(0, min(len(view), self._size - self._at))
        body = read(self._file, self._start + self._at, left)
        view[: len(body)] = body
        self._at += len(body)
        return len(body)
