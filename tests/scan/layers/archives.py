"""Layers as images have them, and as nobody should."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Callable, Iterable, Mapping

import zstandard

from berth.scan.layers import looking
from berth.scan.layers.contents import LayerContents
from berth.scan.layers.limits import Limits
from berth.scan.layers.unpacking import Read
from berth.scan.reading import Reader

TAR = "application/vnd.oci.image.layer.v1.tar"
GZIP = TAR + "+gzip"
ZSTD = TAR + "+zstd"
LIMITS = Limits()

PAX = tarfile.PAX_FORMAT


def file(name: str, data: bytes = b"") -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    return entry, data


def directory(name: str) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(name)
    entry.type = tarfile.DIRTYPE
    return entry, b""


def symlink(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = tarfile.SYMTYPE, target
    return entry, b""


def hardlink(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = tarfile.LNKTYPE, target
    return entry, b""


def tar(*entries: tuple[tarfile.TarInfo, bytes], form: int = PAX) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for entry, data in entries:
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def layer(files: Mapping[str, bytes]) -> bytes:
    """Packed with gzip."""
    return gzip.compress(tar(*(file(name, data) for name, data in files.items())), mtime=0)


def zstd(*parts: bytes) -> bytes:
    """Each in a frame of its own, with a checksum."""
    packer = zstandard.ZstdCompressor(write_checksum=True)
    return b"".join(packer.compress(part) for part in parts)


def noise(length: int) -> bytes:
    """Always the same bytes, which cannot be packed."""
    return hashlib.shake_128(b"noise").digest(length)


def opening(data: bytes) -> Callable[[], Read]:
    return lambda: io.BytesIO(data).read


def endless(pieces: Iterable[bytes]) -> Callable[[], Read]:
    """Never whole in memory."""

    def opened() -> Read:
        left = b""
        coming = iter(pieces)

        def read(count: int) -> bytes:
            nonlocal left
            if not left:
                left = next(coming, b"")
            data, left = left[:count], left[count:]
            return data

        return read

    return opened


def look(data: bytes, *readers: Reader, media_type: str = TAR, limits: Limits = LIMITS) -> LayerContents:
    return looking.look(opening(data), media_type, readers, limits)
