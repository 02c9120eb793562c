"""What a blob store promises.

An upload grows by `append`, which is exclusive, and becomes a stored object by `seal`, which is durable: when it
returns, the object survives a loss of power. Objects never change. A key is written once, deleted once and never
used again, and tells the digest of its bytes:

    sha256/ab/abcdef….<upload id>

Stores know nothing of images, owners or references; the database does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

from berth.words.digest import Digest


class UploadGone(Exception):  # noqa: N818  a fact, not an error of ours
    """The bytes of this upload are not here (any more)."""


class UploadInUse(Exception):  # noqa: N818  a fact, not an error of ours
    """Another request is appending to this upload."""


@dataclass(frozen=True)
class Stored:
    """Something the store holds: the key of an object, or the id of an upload."""

    name: str
    size: int
    changed_at: datetime


class Part(Protocol):
    """An upload opened for appending by one caller; closing it lets the next one in."""

    offset: int
    """Bytes in the upload so far."""

    def write(self, data: bytes | memoryview) -> None: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *exc_info: object) -> None: ...


class Readable(Protocol):
    """A stored object opened for reading."""

    size: int
    fd: int | None
    """A plain file that `sendfile` can take, where the store has one."""

    def read(self, offset: int, count: int) -> bytes: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *exc_info: object) -> None: ...


class BlobStore(Protocol):
    """All methods may be called from any thread. Upload ids are UUIDs as text."""

    def append(self, upload: str, *, new: bool = False) -> Part:
        """Open an upload for appending, making it first when `new`. Raises `UploadGone`, `UploadInUse`."""
        ...

    def size(self, upload: str) -> int:
        """Bytes in an upload. Raises `UploadGone`."""
        ...

    def pieces(self, upload: str) -> Iterator[bytes]:
        """The bytes of an upload from its beginning, in pieces of about 1 MiB. Raises `UploadGone`."""
        ...

    def seal(self, upload: str, key: str) -> None:
        """Make an upload the object `key`, durably. The caller has verified its digest. Raises `UploadGone`."""
        ...

    def discard(self, upload: str) -> None:
        """Forget an upload; no matter if it is not there."""
        ...

    def open(self, key: str) -> Readable:
        """Raises `KeyError` when there is no such object."""
        ...

    def delete(self, key: str) -> None:
        """Delete an object; no matter if it is not there."""
        ...

    def link(self, key: str, seconds: int) -> str | None:
        """An address from which a client may fetch the object by itself, where the store can give one."""
        ...

    def objects(self) -> Iterator[Stored]:
        """All objects."""
        ...

    def uploads(self) -> Iterator[Stored]:
        """All uploads."""
        ...

    def check(self) -> None:
        """Raises `OSError` when the store cannot be written to."""
        ...


def key_of(digest: Digest, upload: str) -> str:
    return f"{digest.algorithm}/{digest.hex[:2]}/{digest.hex}.{upload}"


def open_store(url: str) -> BlobStore:
    """`file:///a/folder` or `memory:`. Raises `ValueError` for anything else."""
    from berth.blobs.disk import DiskStore  # noqa: PLC0415  the stores are built on this module
    from berth.blobs.memory import MemoryStore  # noqa: PLC0415

    if url == "memory:":
        return MemoryStore()
    if url.startswith("file://"):
        return DiskStore.at(url.removeprefix("file://"))
    raise ValueError(f"{url!r} is not a storage URL: file:///a/folder or memory:")
