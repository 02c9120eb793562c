"""The entries of a tar archive, as they come."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from berth.scan.failed import ScanFailed
from berth.scan.inventory import Gap
from berth.scan.layers import headers, paths
from berth.scan.layers.headers import BLOCK, Header
from berth.scan.layers.limits import Limits
from berth.scan.layers.stream import Stream

Kind = Literal["file", "directory", "symlink", "hardlink", "other"]

_KINDS: dict[int, Kind] = {
    ord("1"): "hardlink",
    ord("2"): "symlink",
    ord("3"): "other",
    ord("4"): "other",
    ord("5"): "directory",
    ord("6"): "other",
}


@dataclass(frozen=True, slots=True)
class Entry:
    path: str
    """Normal: no slash at its beginning or end, no `.` or `..`; empty for the root."""
    kind: Kind
    size: int
    link: str = ""
    """What a symlink says; of a hard link the normal path."""
    sparse: bool = False
    """Its bytes are not the file's: holes are left out."""


class Archive:
    """Iterate once; `read` gives bytes of the entry that came last. Everything may raise `ScanFailed`."""

    def __init__(self, stream: Stream, limits: Limits) -> None:
        self._stream = stream
        self._limits = limits
        self._left = self._padding = 0
        self._refused = 0
        self._refused_first = ""
        self.count = 0

    @property
    def position(self) -> int:
        return self._stream.position

    def __iter__(self) -> Iterator[Entry]:
        while (found := self._header()) is not None:
            self.count += 1
            if self.count > self._limits.entries:
                raise ScanFailed("LIMIT_ENTRIES", f"there are more than {self._limits.entries} entries")
            header, sparse = found
            self._left, self._padding = header.size, -header.size % BLOCK
            entry = self._entry(header, sparse=sparse)
            if entry is not None:
                yield entry
            self._skip_rest()

    def read(self, count: int) -> bytes:
        """Fewer than `count` bytes only at the end of the entry."""
        wanted = min(count, self._left)
        data = self._stream.read(wanted)
        if len(data) < wanted:
            raise _cut()
        self._left -= wanted
        return data

    def gaps(self) -> Iterator[Gap]:
        """Of what was ignored so far."""
        if self._refused:
            which = f"for example {self._refused_first!r}"
            yield Gap(
                "damaged", f"{self._refused} names that lead out of the image or are no paths, {which}, were ignored"
            )

    def _skip_rest(self) -> None:
        if self._stream.skip(self._left) < self._left:
            raise _cut()
        self._stream.skip(self._padding)

    def _header(self) -> tuple[Header, bool] | None:
        """The next one, with what extended headers before it say in its place."""
        pax: dict[bytes, bytes] = {}
        long_name = long_link = b""
        while (block := self._block()) is not None:
            header = headers.parse(block)
            if header.type == headers.PAX:
                pax = headers.records(self._extension(header))
            elif header.type == headers.PAX_GLOBAL:
                self._extension(header)  # Container engines ignore it.
            elif header.type == headers.LONG_NAME:
                long_name = self._extension(header).partition(b"\0")[0]
            elif header.type == headers.LONG_LINK:
                long_link = self._extension(header).partition(b"\0")[0]
            else:
                header.name = long_name or pax.get(b"GNU.sparse.name") or pax.get(b"path") or header.name
                header.link = long_link or pax.get(b"linkpath") or header.link
                return self._sized(header, pax)
        return None

    def _sized(self, header: Header, pax: dict[bytes, bytes]) -> tuple[Header, bool]:
        size = headers.size_in(pax)
        if size is not None and header.type not in _KINDS:
            header.size = size
        while header.extended:
            header.extended = self._exactly(BLOCK)[504] != 0
        return header, header.type == headers.SPARSE or b"GNU.sparse.major" in pax or b"GNU.sparse.map" in pax

    def _block(self) -> bytes | None:
        """None at the end: two blocks of zeros, or no more bytes."""
        block = self._stream.read(BLOCK)
        if headers.is_zero(block):
            block = self._stream.read(BLOCK)
            if block and not headers.is_zero(block):
                raise ScanFailed("BAD_ARCHIVE", "a single block of zeros stands in it")
            return None
        if block and len(block) < BLOCK:
            raise _cut()
        return block or None

    def _extension(self, header: Header) -> bytes:
        if header.size > self._limits.header_bytes:
            raise ScanFailed("BAD_ARCHIVE", f"a header in it has {header.size} bytes")
        data = self._exactly(header.size)
        self._stream.skip(-header.size % BLOCK)
        return data

    def _exactly(self, count: int) -> bytes:
        data = self._stream.read(count)
        if len(data) < count:
            raise _cut()
        return data

    def _entry(self, header: Header, *, sparse: bool) -> Entry | None:
        """None for one that is ignored."""
        path = self._path(header.name)
        kind = _KINDS.get(header.type, "file")
        if header.type == 0 and header.name.endswith(b"/"):
            kind = "directory"  # as before POSIX
        link: str | None = ""
        if kind == "hardlink":
            link = self._path(header.link) or None  # The root is no file.
        elif kind == "symlink":
            link = paths.decoded(header.link) if len(header.link) <= self._limits.path_bytes else None
        if link is None:
            self._refuse(header.link)
            return None
        if path is None or (not path and kind != "directory"):
            self._refuse(header.name)
            return None
        return Entry(path, kind, header.size, link, sparse)

    def _path(self, name: bytes) -> str | None:
        return paths.normal(name, self._limits.path_bytes, self._limits.depth)

    def _refuse(self, name: bytes) -> None:
        self._refused += 1
        self._refused_first = self._refused_first or paths.decoded(name[:120])


def _cut() -> ScanFailed:
    return ScanFailed("BAD_ARCHIVE", "its archive is cut short")
