"""Uploads: bytes on their way in. They become a blob when their digest has been verified.

The id of an upload says what it is for (`tickets`), rows tell which have ended, and the blob store how far each has
come. What a process began, and the running hash of what comes to it, it keeps in memory as long as there is room;
another process, or a later one, reads the rows, and the bytes once more at the end.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from sqlalchemy import Connection, bindparam, exists, select

from berth.blobs import Part, UploadGone, key_of
from berth.db import insert_ignore
from berth.db.tables import ended_upload
from berth.registry import blobs, images, tickets
from berth.registry.images import Image
from berth.site import Site
from berth.words import digest as digests
from berth.words.digest import Digest, Hash
from berth.words.errors import DigestMismatch, UploadUnknown
from berth.words.names import ImagePath

MAX_KEPT = 4096
"""Uploads that a process keeps something of."""

T = TypeVar("T")

_ENDED = select(exists().where(ended_upload.c.id == bindparam("id")))


@dataclass(frozen=True)
class Upload:
    id: str
    image: Image
    algorithm: str


class _Kept(Generic[T]):
    """Something of the uploads of this process, by their ids; the oldest goes first."""

    def __init__(self) -> None:
        self._by_id: OrderedDict[str, T] = OrderedDict()
        self._lock = threading.Lock()

    def _put(self, upload_id: str, some: T) -> None:
        with self._lock:
            self._by_id[upload_id] = some
            while len(self._by_id) > MAX_KEPT:
                self._by_id.popitem(last=False)

    def _pop(self, upload_id: str) -> T | None:
        with self._lock:
            return self._by_id.pop(upload_id, None)

    def forget(self, upload_id: str) -> None:
        self._pop(upload_id)


class Hashes(_Kept[tuple[int, str, Hash]]):
    """The running hashes of uploads that this process is receiving."""

    def take(self, upload_id: str, offset: int, algorithm: str) -> Hash | None:
        """The hash of the first `offset` bytes, which the caller now owns; None when it is not known here."""
        if offset == 0:
            return digests.new(algorithm)
        known = self._pop(upload_id)
        if known is None or known[:2] != (offset, algorithm):
            return None
        return known[2]

    def keep(self, upload_id: str, offset: int, algorithm: str, running: Hash) -> None:
        self._put(upload_id, (offset, algorithm, running))


class Begun(_Kept[Upload]):
    """The uploads that this process began and has not seen the end of: where they lead needs no reading again."""

    def keep(self, begun: Upload) -> None:
        self._put(begun.id, begun)

    def take(self, site: Site, repository_id: int | None, path: ImagePath, upload_id: str) -> Upload | None:
        """One into this image, to be finished at once: it may have ended elsewhere, or its image be gone."""
        begun = self._pop(upload_id)
        if begun is None or (begun.image.repository_id, begun.image.path) != (repository_id, path):
            return None
        return begun if tickets.started(upload_id) > oldest(site) else None


def start(site: Site, found: Image, *, at: datetime, algorithm: str = "sha256") -> Upload:
    """Writes nothing: the id tells all. Raises `DigestInvalid` for an algorithm that is not taken."""
    digests.new(algorithm)
    return Upload(tickets.issue(site, found.id, algorithm, at=at), found, algorithm)


def read(site: Site, found: Image, upload_id: str) -> Upload | None:
    """An upload into this image whose time is not over; it may have ended."""
    ticket = tickets.read(site, found.id, upload_id)
    if ticket is None or ticket.started <= oldest(site):
        return None
    return Upload(upload_id, found, ticket.algorithm)


def find(tx: Connection, site: Site, found: Image, upload_id: str) -> Upload:
    """One that has not ended. Raises `UploadUnknown`."""
    known = read(site, found, upload_id)
    if known is None or tx.scalar(_ENDED, {"id": upload_id}):
        raise UploadUnknown(upload_id)
    return known


def oldest(site: Site) -> datetime:
    """Uploads started before this instant have expired."""
    return site.now() - timedelta(hours=site.settings.upload_hours)


def offset(site: Site, upload_id: str) -> int:
    """Bytes received so far."""
    try:
        return site.blobs.size(upload_id)
    except UploadGone:
        return 0


def finish(site: Site, found: Upload, part: Part, expected: Digest, running: Hash | None) -> int:
    """Verify, store durably, and let the image hold the blob; returns its size.

    The caller holds the upload. Raises `DigestMismatch`; then nothing is left of the upload. Raises
    `UploadUnknown` when it has ended already. Raises what `images.still_taking` does when the image went while the
    bytes came.
    """
    size = part.offset
    actual = _digest(site, found, expected.algorithm, running)
    if actual != expected:
        cancel(site, found)
        raise DigestMismatch(expected, actual)
    key = key_of(expected, found.id)
    try:
        part.seal(key)
    except FileExistsError:  # somebody finished it at this very moment, and this request began it anew
        site.blobs.discard(found.id)
        raise UploadUnknown(found.id) from None
    kept = None
    try:
        kept = site.db.together(lambda tx: _held(tx, found, expected, size, key, at=site.now()))
    finally:
        if kept != key:
            site.blobs.delete(key)
    return size


def _held(tx: Connection, found: Upload, content: Digest, size: int, key: str, *, at: datetime) -> str:
    """The rows of a blob whose bytes are stored; returns the key that it has."""
    images.still_taking(tx, found.image)
    if not _end(tx, found, at=at):
        raise UploadUnknown(found.id)
    return blobs.add(tx, found.image, content, size, key, at=at)


def cancel(site: Site, found: Upload) -> None:
    with site.db.write(durable=False) as tx:
        _end(tx, found, at=site.now())
    site.blobs.discard(found.id)


def _end(tx: Connection, found: Upload, *, at: datetime) -> bool:
    """Whether it had not ended yet."""
    return bool(insert_ignore(tx, ended_upload, {"id": found.id, "at": at}))


def _digest(site: Site, found: Upload, algorithm: str, running: Hash | None) -> Digest:
    """From the running hash when it is of the right algorithm, else from the bytes."""
    if running is not None and running.name == algorithm:
        return Digest(algorithm, running.hexdigest())
    anew = digests.new(algorithm)
    for piece in site.blobs.pieces(found.id):
        anew.update(piece)
    return Digest(algorithm, anew.hexdigest())
