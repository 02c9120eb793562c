"""Bytes: stores that keep blobs under keys that are written once and deleted once."""

from berth.blobs.store import BlobStore, Part, Stored, UploadGone, UploadInUse, key_of, open_store

__all__ = ["BlobStore", "Part", "Stored", "UploadGone", "UploadInUse", "key_of", "open_store"]
