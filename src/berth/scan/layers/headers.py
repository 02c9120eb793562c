"""Headers of tar archives: ustar and PAX (POSIX), GNU and star.

Where archives are ambiguous it is read as Go's `archive/tar` does, by which container engines unpack layers.
"""

import re
from dataclasses import dataclass

from berth.scan.failed import ScanFailed

BLOCK = 512
_ZERO = bytes(BLOCK)
_OCTAL = re.compile(rb"[0-7]{1,24}")
_CHECKSUM = slice(148, 156)
_USTAR, _STAR = b"ustar\0", b"tar\0"

_WITHOUT_DATA = frozenset(b"123456")
PAX, PAX_GLOBAL, LONG_NAME, LONG_LINK, SPARSE = b"xgLKS"
_KEPT = {b"path", b"linkpath", b"size", b"GNU.sparse.name", b"GNU.sparse.major", b"GNU.sparse.map"}


@dataclass(slots=True)
class Header:
    type: int
    name: bytes
    link: bytes
    size: int
    """Of the data that follow in the archive."""
    extended: bool
    """Blocks with a map of holes stand before the data."""


def is_one(block: bytes) -> bool:
    return block == _ZERO or (len(block) == BLOCK and _sum_is_right(block))


def is_zero(block: bytes) -> bool:
    return block == _ZERO


def parse(block: bytes) -> Header:
    """Raises `ScanFailed`."""
    if not _sum_is_right(block):
        raise ScanFailed("BAD_ARCHIVE", "a header in it has a wrong checksum")
    kind = block[156]
    return Header(
        type=kind,
        name=_full_name(block),
        link=_text(block[157:257]),
        size=0 if kind in _WITHOUT_DATA else _number(block[124:136]),
        extended=kind == SPARSE and block[482] != 0,
    )


def _sum_is_right(block: bytes) -> bool:
    field = block[_CHECKSUM].strip(b" \0").partition(b"\0")[0]
    if not _OCTAL.fullmatch(field):
        return False
    stated = int(field, 8)
    counted = sum(block) - sum(block[_CHECKSUM]) + 8 * 0x20
    # Some old programs added the bytes up as signed ones.
    return stated in {counted, counted - 256 * sum(byte > 127 for byte in block if byte > 127)}  # noqa: PLR2004


def _full_name(block: bytes) -> bytes:
    name, magic = _text(block[:100]), block[257:265]
    if not magic.startswith(_USTAR):
        return name
    prefix = _text(block[345:476] if block[508:512] == _STAR else block[345:500])
    return prefix + b"/" + name if prefix else name


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _number(field: bytes) -> int:
    """Octal digits, or a binary number where the first bit is set. Raises `ScanFailed`."""
    if field[0] & 0x80:
        number = int.from_bytes(field) - (0x80 << 88) if not field[0] & 0x40 else -1
    else:
        digits = field.strip(b" \0").partition(b"\0")[0]
        number = int(digits, 8) if _OCTAL.fullmatch(digits) else -bool(digits)
    if number < 0:
        raise ScanFailed("BAD_ARCHIVE", "a header in it tells no size")
    return number


def records(data: bytes) -> dict[bytes, bytes]:
    """The PAX records that matter here. Raises `ScanFailed`."""
    found: dict[bytes, bytes] = {}
    at = 0
    while at < len(data):
        digits, space, _ = data[at : at + 20].partition(b" ")
        end = at + int(digits) if digits.isdigit() and space else 0
        if not at + len(digits) < end <= len(data) or data[end - 1 : end] != b"\n":
            raise ScanFailed("BAD_ARCHIVE", "a PAX header in it is malformed")
        name, _, value = data[at + len(digits) + 1 : end - 1].partition(b"=")
        if name in _KEPT:
            found[name] = value
        at = end
    return found


def size_in(pax: dict[bytes, bytes]) -> int | None:
    """Raises `ScanFailed`."""
    digits = pax.get(b"size", b"")
    if not digits:
        return None
    if not re.fullmatch(rb"[0-9]{1,19}", digits):
        raise ScanFailed("BAD_ARCHIVE", "a PAX header in it tells no size")
    return int(digits)
