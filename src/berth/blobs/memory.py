"""Blobs in the memory of this process: for a trial and for tests. Nothing is bounded, nothing outlives the process."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from berth.blobs import keys
from berth.blobs.store import Stored, UploadGone, UploadInUse
from berth.words import time

_PIECE = 1 << 20


@dataclass
class _Bytes:
    """An upload or an object; bytes that were sealed are never written to again."""

    content: bytearray = field(default_factory=bytearray)
    changed_at: datetime = field(default_factory=time.now)
    held: bool = False


class MemoryStore:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._uploads: dict[str, _Bytes] = {}
        self._objects: dict[str, _Bytes] = {}

    def append(self, upload: str, *, new: bool = False) -> "_MemoryPart":
        keys.check_upload(upload)
        with self._lock:
            if new:
                self._uploads.setdefault(upload, _Bytes())
            found = self._upload(upload)
            if found.held:
                raise UploadInUse(upload)
            found.held = True
        return _MemoryPart(self, upload, found)

    def put(self, key: str, data: bytes) -> None:
        keys.check_key(key)
        with self._lock:
            self._objects[key] = _Bytes(bytearray(data))

    def size(self, upload: str) -> int:
        keys.check_upload(upload)
        with self._lock:
            return len(self._upload(upload).content)

    def pieces(self, upload: str) -> Iterator[bytes]:
        keys.check_upload(upload)
        with self._lock:
            content = bytes(self._upload(upload).content)
        for offset in range(0, len(content), _PIECE):
            yield content[offset : offset + _PIECE]

    def discard(self, upload: str) -> None:
        keys.check_upload(upload)
        with self._lock:
            self._uploads.pop(upload, None)

    def open(self, key: str) -> "_MemoryReadable":
        keys.check_key(key)
        with self._lock:
            return _MemoryReadable(self._objects[key].content)

    def delete(self, key: str) -> None:
        keys.check_key(key)
        with self._lock:
            self._objects.pop(key, None)

    def link(self, key: str, seconds: int) -> str | None:  # noqa: ARG002  the promise has it; memory has no address
        keys.check_key(key)
        return None

    def objects(self) -> Iterator[Stored]:
        return self._listed(self._objects)

    def uploads(self) -> Iterator[Stored]:
        return self._listed(self._uploads)

    def check(self) -> None:
        """Memory can always be written to."""

    def _upload(self, upload: str) -> _Bytes:
        found = self._uploads.get(upload)
        if found is None:
            raise UploadGone(upload)
        return found

    def _listed(self, held: dict[str, _Bytes]) -> Iterator[Stored]:
        with self._lock:
            listed = [Stored(name, len(each.content), each.changed_at) for name, each in held.items()]
        yield from listed

    def _write(self, held: _Bytes, data: bytes | memoryview) -> int:
        with self._lock:
            held.content += data
            held.changed_at = time.now()
            return len(held.content)

    def _seal(self, upload: str, held: _Bytes, key: str) -> None:
        with self._lock:
            if self._uploads.get(upload) is not held:
                raise UploadGone(upload)
            if key in self._objects:
                raise FileExistsError(key)
            held.changed_at = time.now()
            self._objects[key] = self._uploads.pop(upload)


class _MemoryPart:
    def __init__(self, store: MemoryStore, upload: str, held: _Bytes) -> None:
        self._store = store
        self._upload = upload
        self._held: _Bytes | None = held
        self.offset = len(held.content)

    def write(self, data: bytes | memoryview) -> None:
        self.offset = self._store._write(self._open(), data)  # noqa: SLF001  a part is the store's own hand

    def seal(self, key: str) -> None:
        keys.check_key(key, upload=self._upload)
        self._store._seal(self._upload, self._open(), key)  # noqa: SLF001  a part is the store's own hand
        self._held = None

    def close(self) -> None:
        if self._held is not None:
            self._held.held = False
            self._held = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _open(self) -> _Bytes:
        if self._held is None:
            raise ValueError("the part is closed")
        return self._held


class _MemoryReadable:
    fd: int | None = None

    def __init__(self, content: bytearray) -> None:
        self._content = content
        self.size = len(content)

    def read(self, offset: int, count: int) -> bytes:
        return bytes(memoryview(self._content)[offset : offset + count])

    def close(self) -> None:
        """Nothing is held but memory."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
