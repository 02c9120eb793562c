"""Bytes: stores that keep blobs under keys that are written once and deleted once."""

from berth.blobs.disk import DiskStore
from berth.blobs.keys import digest_of, key_of
from berth.blobs.memory import MemoryStore
from berth.blobs.store import BlobStore, Part, Readable, Stored, UploadGone, UploadInUse
from berth.blobs.urls import open_store

__all__ = [
    "BlobStore",
    "DiskStore",
    "MemoryStore",
    "Part",
    "Readable",
    "Stored",
    "UploadGone",
    "UploadInUse",
    "digest_of",
    "key_of",
    "open_store",
]
