"""Which store a URL means."""

from berth.blobs.disk import DiskStore
from berth.blobs.memory import MemoryStore
from berth.blobs.store import BlobStore


def open_store(url: str) -> BlobStore:
    """`file:///a/folder`, the path as it is, or `memory:`. Raises `ValueError` for anything else."""
    if url == "memory:":
        return MemoryStore()
    folder = url.removeprefix("file://")
    if folder != url and folder.startswith("/"):
        return DiskStore.at(folder)
    raise ValueError(f"{url!r} is not a storage URL: file:///a/folder or memory:")
