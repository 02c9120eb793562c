"""A file of a layer given to the readers that want it."""

import io
import tempfile
from collections.abc import Sequence
from typing import BinaryIO

from berth.scan.inventory import Gap
from berth.scan.layers.archive import Archive, Entry
from berth.scan.layers.limits import MIB, Limits
from berth.scan.reading import Contents, Reader


def captured(head: bytes, archive: Archive, count: int, limits: Limits) -> BinaryIO:
    """The first `count` bytes of the entry that `head` was read of, in memory or in a file without a name."""
    if count <= limits.held_bytes:
        return io.BytesIO(head + archive.read(count - len(head)))
    file = tempfile.TemporaryFile()  # noqa: SIM115  its caller closes it
    try:
        file.write(head)
        left = count - len(head)
        while left:
            left -= file.write(archive.read(min(MIB, left)))
    except BaseException:
        file.close()
        raise
    return file


def read(path: str, file: BinaryIO, entry: Entry, readers: Sequence[Reader]) -> Contents:
    """What all readers say of a file together. It is cut to the limit of each."""
    if entry.sparse:
        return Contents(gaps=(Gap("unread", f"{path} is a sparse file, which is not read"),))
    told = Contents()
    for reader in sorted(readers, key=lambda each: -each.limit):
        gaps: tuple[Gap, ...] = ()
        if entry.size > reader.limit:
            file.truncate(reader.limit)
            gaps = (Gap("truncated", f"of {path} only the first {reader.limit} bytes were read"),)
        file.seek(0)
        told = _both(told, _one(reader, path, file), Contents(gaps=gaps))
    return told


def _one(reader: Reader, path: str, file: BinaryIO) -> Contents:
    try:
        return reader.read(path, file)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  one file must not end the scan of an image, whatever is wrong with it
        return Contents(gaps=(Gap("damaged", f"{path} cannot be read as {reader.name}: {type(error).__name__}"),))


def _both(*all_of_them: Contents) -> Contents:
    return Contents(
        packages=tuple(package for each in all_of_them for package in each.packages),
        os=next((each.os for each in all_of_them if each.os is not None), None),
        owns=tuple(path for each in all_of_them for path in each.owns),
        gaps=tuple(gap for each in all_of_them for gap in each.gaps),
    )
