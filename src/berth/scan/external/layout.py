"""An OCI image layout in a folder (image-spec image-layout.md), for a scanner that reads one: a manifest and its blobs.

    oci-layout · index.json · blobs/sha256/<hex>

Names in it are digests and nothing else, so nothing that an image says names a file.
"""

import errno
import json
import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from berth.blobs.store import Readable
from berth.scan.failed import ScanFailed
from berth.scan.process import Canceled
from berth.words import digest
from berth.words.digest import Digest
from berth.words.manifest import OCI_INDEX

Blob = tuple[Digest, Callable[[], Readable]]
"""What opens it raises `KeyError` when it is gone."""

DEFAULT_BYTES = 50 * 1024**3
_PIECE = 1024 * 1024
_FOLDER, _FILE = 0o755, 0o644
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def write(
    folder: Path,
    manifest: bytes,
    media_type: str,
    blobs: Iterable[Blob],
    *,
    most: int = DEFAULT_BYTES,
    for_others: bool = False,
    cancel: threading.Event | None = None,
) -> None:
    """Into a folder that is empty or not there.

    Blobs that are files of the same file system are linked and take no disk, unless another user is to read them,
    who may not; the others are copied, all together no more than `most` bytes. Raises `ScanFailed` and `Canceled`.
    """
    try:
        _Layout(folder, most, cancel, link=not for_others).write(manifest, media_type, blobs)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise ScanFailed("LIMIT_LAYER_SIZE", "there is no room on the disk to lay the image out") from None


class _Layout:
    def __init__(self, folder: Path, most: int, cancel: threading.Event | None, *, link: bool) -> None:
        self._folder = folder
        self._most = self._left = most
        self._cancel = cancel
        self._link = link

    def write(self, manifest: bytes, media_type: str, blobs: Iterable[Blob]) -> None:
        _make(self._folder)
        _make(self._folder / "blobs")
        own = digest.of(manifest)
        _put(self._path(own), manifest)
        for content, opening in blobs:
            path = self._path(content)
            if not path.exists():
                self._blob(path, content, opening)
        _put(self._folder / "oci-layout", json.dumps({"imageLayoutVersion": "1.0.0"}).encode())
        descriptor = {"mediaType": media_type, "digest": str(own), "size": len(manifest)}
        index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [descriptor]}
        _put(self._folder / "index.json", json.dumps(index).encode())

    def _path(self, content: Digest) -> Path:
        folder = self._folder / "blobs" / content.algorithm
        _make(folder)
        return folder / content.hex

    def _blob(self, path: Path, content: Digest, opening: Callable[[], Readable]) -> None:
        try:
            opened = opening()
        except KeyError:
            raise ScanFailed("BLOB_MISSING", f"blob {content} is not here") from None
        with opened as readable:
            if not (self._link and _linked(readable, path)):
                self._copy(readable, path)

    def _copy(self, readable: Readable, path: Path) -> None:
        if readable.size > self._left:
            raise ScanFailed("LIMIT_LAYER_SIZE", f"the image takes more than {self._most} bytes to lay it out")
        self._left -= readable.size
        with path.open("xb") as file:
            offset = 0
            while offset < readable.size:
                if self._cancel is not None and self._cancel.is_set():
                    raise Canceled
                piece = readable.read(offset, min(_PIECE, readable.size - offset))
                if not piece:
                    raise ScanFailed("BLOB_MISSING", f"blob {path.name} ends too early")
                file.write(piece)
                offset += len(piece)
        path.chmod(_FILE)


def _linked(readable: Readable, path: Path) -> bool:
    """Whether it could be: the file that is open becomes known by one more name."""
    if readable.fd is None:
        return False
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # Only with a folder's descriptor does Python follow the link that a descriptor is in /proc.
        os.link(f"/proc/self/fd/{readable.fd}", path.name, dst_dir_fd=folder, follow_symlinks=True)
    except OSError:
        return False
    finally:
        os.close(folder)
    return True


def _make(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    folder.chmod(_FOLDER)


def _put(path: Path, body: bytes) -> None:
    path.write_bytes(body)
    path.chmod(_FILE)
