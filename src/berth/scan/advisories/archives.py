"""Zip archives from outside, opened with limits: none may cost more memory, time or space than real ones do."""

import zipfile
import zlib
from collections.abc import Sequence
from typing import BinaryIO

MAX_MEMBERS = 2_000_000
MAX_DIRECTORY = 400 * 1024 * 1024
"""Bytes of an archive's list of members, which is read as one piece."""
MAX_UNPACKED = 24 * 1024 * 1024 * 1024
"""Bytes of all members together; everything that OSV has is less than half of it."""
MAX_RATIO = 200
"""So many times its own size an archive may unpack to, beyond the first 64 MiB."""
FREE = 64 * 1024 * 1024

END, END_SIZE, WIDE_END = b"PK\x05\x06", 22, b"PK\x06\x06"
MAX_TAIL = 66_000
"""Bytes before the end of a file in which an archive's end begins, with the longest remark behind it."""
NARROW = 2**32 - 1
ENCRYPTED = 1


class SourceRefused(Exception):
    """What was given is not read: it is something else, damaged, or made to do harm. The text says which."""


def opened(file: BinaryIO) -> zipfile.ZipFile:
    """Raises `SourceRefused`, before a member is read."""
    size = file.seek(0, 2)
    if _directory_size(file, size) > MAX_DIRECTORY:
        raise SourceRefused(f"the archive lists more than {MAX_MEMBERS} members")
    try:
        members = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OSError) as error:
        raise SourceRefused(f"the archive cannot be read: {error}"[:200]) from None
    _check_members(members.infolist(), size)
    return members


def _directory_size(file: BinaryIO, size: int) -> int:
    """What the end of the archive says of it."""
    file.seek(-min(size, MAX_TAIL), 2)
    tail = file.read()
    end = tail.rfind(END)
    if end < 0 or len(tail) < end + END_SIZE:
        raise SourceRefused("it is no zip archive")
    length = int.from_bytes(tail[end + 12 : end + 16], "little")
    wide = tail.rfind(WIDE_END, 0, end)
    if length == NARROW and wide >= 0:
        return int.from_bytes(tail[wide + 40 : wide + 48], "little")
    return length


def _check_members(members: Sequence[zipfile.ZipInfo], size: int) -> None:
    """By the sizes that it states, which no member exceeds when it is read."""
    if len(members) > MAX_MEMBERS:
        raise SourceRefused(f"the archive has more than {MAX_MEMBERS} members")
    if any(member.flag_bits & ENCRYPTED for member in members):
        raise SourceRefused("the archive is encrypted")
    if any(member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} for member in members):
        raise SourceRefused("the archive is packed in another way than by deflate")
    unpacked = sum(member.file_size for member in members)
    if unpacked > min(MAX_UNPACKED, FREE + size * MAX_RATIO):
        raise SourceRefused(f"the archive of {size} bytes would unpack to {unpacked}")


def read(members: zipfile.ZipFile, member: zipfile.ZipInfo, limit: int) -> bytes:
    """At most so many bytes. Raises `SourceRefused` for a member that is damaged."""
    try:
        with members.open(member) as file:
            return file.read(limit)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, OSError) as error:
        raise SourceRefused(f"{member.filename[:120]!r} in the archive cannot be read: {error}"[:300]) from None
