"""Putting blobs into a store and getting them out again."""

from uuid import uuid4

from berth.blobs import BlobStore, key_of
from berth.words import digest


def new_id() -> str:
    return str(uuid4())


def begin(store: BlobStore, content: bytes = b"") -> str:
    """An upload that holds this, and that nobody holds."""
    upload = new_id()
    with store.append(upload, new=True) as part:
        part.write(content)
    return upload


def push(store: BlobStore, content: bytes) -> str:
    """The key of an object that holds this."""
    upload = new_id()
    key = key_of(digest.of(content), upload)
    with store.append(upload, new=True) as part:
        part.write(content)
        part.seal(key)
    return key


def read(store: BlobStore, key: str) -> bytes:
    with store.open(key) as stored:
        return stored.read(0, stored.size)


def names(store: BlobStore) -> tuple[set[str], set[str]]:
    """Objects and uploads."""
    return {each.name for each in store.objects()}, {each.name for each in store.uploads()}
