"""From a layer's bytes to those of its tar archive, in steps of 1 MiB at most."""

import zlib
from collections.abc import Callable, Iterator

from berth.scan.failed import ScanFailed
from berth.scan.layers import headers, zstd
from berth.scan.layers.limits import MIB, Limits
from berth.scan.layers.stream import Stream

Read = Callable[[int], bytes]
"""At most so many bytes; none only at the end."""

_STEP = MIB
_PIECE = 64 * 1024
"""Read at once. Small, because each of many tiny members of a gzip file has the rest of a piece copied."""
_GZIP = b"\x1f\x8b\x08"
_OTHERS = {
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"\x04\x22\x4d\x18": "lz4",
    b"]\0\0": "lzma",
    b"LZIP": "lzip",
    b"\x1f\x9d": "compress",
}
_KNOWN_SUFFIXES = {"tar", "gzip", "zstd"}


def unpacked(read: Read, media_type: str, limits: Limits) -> Stream:
    """The archive of a layer. What its first bytes are counts before what its media type says, as at every client.

    Raises `ScanFailed`, as reading from what it returns does.
    """
    if "+encrypted" in media_type:
        raise ScanFailed("ENCRYPTED_LAYER", f"its media type is {media_type[:120]}")
    first = _first(read)
    again = _after(first, read)
    if first.startswith(_GZIP):
        pieces = _gunzipped(again)
    elif first.startswith(zstd.MAGIC) or zstd.skippable(first[:4]):
        pieces = zstd.pieces(again, limits.window_bytes)
    elif not first or headers.is_one(first):
        pieces = iter(lambda: again(_PIECE), b"")
    else:
        raise _unknown(first, media_type)
    return Stream((piece for piece in pieces if piece), limits.layer_bytes)


def _first(read: Read) -> bytes:
    first = b""
    while len(first) < headers.BLOCK and (more := read(headers.BLOCK - len(first))):
        first += more
    return first


def _after(first: bytes, read: Read) -> Read:
    def again(count: int) -> bytes:
        nonlocal first
        if not first:
            return read(count)
        found, first = first[:count], first[count:]
        return found

    return again


def _unknown(first: bytes, media_type: str) -> ScanFailed:
    named = next((name for magic, name in _OTHERS.items() if first.startswith(magic)), "")
    suffix = media_type.rpartition(".tar")[2].strip("+.")
    if not named and ".tar" in media_type and suffix and suffix not in _KNOWN_SUFFIXES:
        named = suffix[:40]
    if named:
        return ScanFailed("UNSUPPORTED_COMPRESSION", f"it is packed with {named}")
    return ScanFailed("BAD_ARCHIVE", "it is no tar archive, neither plain nor packed with gzip or zstd")


def _gunzipped(read: Read) -> Iterator[bytes]:
    """What all members hold. Zeros may stand between them and behind."""
    data = read(_PIECE)
    while data:
        member = zlib.decompressobj(wbits=31)
        while not member.eof:
            piece = _inflated(member, data)
            yield piece
            data = member.unconsumed_tail or (b"" if member.eof else read(_PIECE))
            if not data and not piece and not member.eof:
                raise ScanFailed("BAD_ARCHIVE", "its gzip stream is cut short")
        data = member.unused_data or read(_PIECE)
        while data and not (data := data.lstrip(b"\0")):
            data = read(_PIECE)


def _inflated(member: "zlib._Decompress", data: bytes) -> bytes:
    try:
        return member.decompress(data, _STEP)
    except zlib.error as error:
        raise ScanFailed("BAD_ARCHIVE", f"its gzip stream cannot be read: {error}") from None
