"""What a blob store promises.

An upload grows by `append`, which is exclusive. Whoever holds it makes it a stored object by `seal`, which is
durable: when it returns, the object survives a loss of power. An upload survives the end of its process, but not a
loss of power. Objects never change. A key is written once, deleted once and never used again; an id of an upload
neither. `keys` says what they look like, and what does not look so raises `ValueError` everywhere.

Stores know nothing of images, owners or references; the database does. Every method may raise `OSError`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self


class UploadGone(Exception):
    """The bytes of this upload are not here (any more)."""


class UploadInUse(Exception):
    """Another request is appending to this upload."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Something the store holds: the key of an object, or the id of an upload."""

    name: str
    size: int
    changed_at: datetime
    """When the object was sealed, or the upload last appended to."""


class Part(Protocol):
    """An upload held by one caller, to append to it and to seal it; closing it lets the next one in."""

    offset: int
    """Bytes in the upload so far."""

    def write(self, data: bytes | memoryview) -> None:
        """Append all of it, or raise `OSError` and leave the upload as it was."""
        ...

    def seal(self, key: str) -> None:
        """Make the upload the object `key`, durably, and close the part.

        The caller has verified the digest while holding the part, so no byte can have come after.
        Raises `UploadGone`, and `FileExistsError` for a key that was written. After another `OSError` there is no
        object, and perhaps no upload.
        """
        ...

    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *exc_info: object) -> None: ...


class Readable(Protocol):
    """A stored object opened for reading, by one or many threads."""

    size: int
    fd: int | None
    """A plain file that `sendfile` can take, where the store has one; its position means nothing."""

    def read(self, offset: int, count: int) -> bytes:
        """Fewer than `count` bytes only at the end."""
        ...

    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *exc_info: object) -> None: ...


class BlobStore(Protocol):
    """All methods may be called from any thread, and by many processes where the store outlives one."""

    def append(self, upload: str, *, new: bool = False) -> Part:
        """Hold an upload; with `new` it is made when it is not there. Raises `UploadGone`, `UploadInUse`."""
        ...

    def put(self, key: str, data: bytes) -> None:
        """Make an object of bytes that are all there, as durably as by `seal`; no upload may have the id in the key."""
        ...

    def size(self, upload: str) -> int:
        """Bytes in an upload. Raises `UploadGone`."""
        ...

    def pieces(self, upload: str) -> Iterator[bytes]:
        """The bytes of an upload from its beginning, in pieces of about 1 MiB. Raises `UploadGone`."""
        ...

    def discard(self, upload: str) -> None:
        """Forget an upload, even one that is held; no matter if it is not there."""
        ...

    def open(self, key: str) -> Readable:
        """Raises `KeyError` when there is no such object."""
        ...

    def delete(self, key: str) -> None:
        """Delete an object; no matter if it is not there. A loss of power may bring it back."""
        ...

    def link(self, key: str, seconds: int) -> str | None:
        """An address from which a client may fetch the object by itself, where the store can give one."""
        ...

    def objects(self) -> Iterator[Stored]:
        """All objects, in no order. What comes or goes meanwhile may be among them or not."""
        ...

    def uploads(self) -> Iterator[Stored]:
        """All uploads, likewise."""
        ...

    def check(self) -> None:
        """Raises `OSError` when the store cannot be written to."""
        ...
