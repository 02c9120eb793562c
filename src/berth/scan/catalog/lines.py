"""Lines of a file from an image, of which not one may be so long that it costs memory."""

from collections.abc import Iterator
from typing import BinaryIO

LONGEST = 64 * 1024


def read(file: BinaryIO) -> Iterator[bytes]:
    """Every line, with its end if it has one. What a line has beyond `LONGEST` is left out, its end is kept."""
    while line := file.readline(LONGEST):
        yield line if line.endswith(b"\n") else line + _end(file)


def _end(file: BinaryIO) -> bytes:
    while more := file.readline(LONGEST):
        if more.endswith(b"\n"):
            return b"\n"
    return b""
