"""Uploads: bytes on their way in. They become a blob when their digest has been verified.

The id of an upload says what it is for (`tickets`), rows tell which have ended, and the blob store how far each has
come. The running hash of what comes to a process it keeps in memory as long as there is room; another process, or a
later one, reads the bytes once more at the end.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, exists, select

from berth.audit.events import Actor
from berth.blobs import Part, UploadGone, key_of
from berth.db import insert_ignore
from berth.db.tables import ended_upload
from berth.people.access import Place
from berth.registry import blobs, images, tickets
from berth.site import Site
from berth.words import digest as digests
from berth.words.digest import Digest, Hash
from berth.words.errors import DigestMismatch, UploadUnknown
from berth.words.names import ImagePath

MAX_KEPT = 4096
"""Hashes that a process keeps."""

_ENDED = select(exists().where(ended_upload.c.id == bindparam("id")))


@dataclass(frozen=True)
class Upload:
    """Into the image of this path, which may not be there before an upload into it has come to its end."""

    id: str
    place: Place
    path: ImagePath
    algorithm: str


class Hashes:
    """The running hashes of uploads that this process is receiving, by their ids; the oldest goes first."""

    def __init__(self) -> None:
        self._by_id: OrderedDict[str, tuple[int, str, Hash]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, upload_id: str, offset: int, algorithm: str) -> Hash | None:
        """The hash of the first `offset` bytes, which the caller now owns; None when it is not known here."""
        if offset == 0:
            return digests.new(algorithm)
        with self._lock:
            known = self._by_id.pop(upload_id, None)
        if known is None or known[:2] != (offset, algorithm):
            return None
        return known[2]

    def keep(self, upload_id: str, offset: int, algorithm: str, running: Hash) -> None:
        with self._lock:
            self._by_id[upload_id] = (offset, algorithm, running)
            while len(self._by_id) > MAX_KEPT:
                self._by_id.popitem(last=False)

    def forget(self, upload_id: str) -> None:
        with self._lock:
            self._by_id.pop(upload_id, None)


def start(site: Site, place: Place, path: ImagePath, *, at: datetime, algorithm: str = "sha256") -> Upload:
    """Reads and writes nothing: the id tells all. Raises `DigestInvalid` for an algorithm that is not taken."""
    digests.new(algorithm)
    return Upload(tickets.issue(site, place.repository_id or 0, str(path), algorithm, at=at), place, path, algorithm)


def read(site: Site, place: Place, path: ImagePath, upload_id: str) -> Upload:
    """An upload into this image as its id tells; it may have ended. Raises `UploadUnknown`, also if it has expired."""
    ticket = tickets.read(site, place.repository_id or 0, str(path), upload_id)
    if ticket is None or ticket.started <= oldest(site):
        raise UploadUnknown(upload_id)
    return Upload(upload_id, place, path, ticket.algorithm)


def find(tx: Connection, site: Site, place: Place, path: ImagePath, upload_id: str) -> Upload:
    """One that has not ended. Raises `UploadUnknown`."""
    known = read(site, place, path, upload_id)
    if tx.scalar(_ENDED, {"id": upload_id}):
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


def finish(site: Site, found: Upload, part: Part, expected: Digest, running: Hash | None, actor: Actor) -> int:
    """Verify, store durably, and let the image hold the blob; returns its size.

    The caller holds the upload. Raises `DigestMismatch`; then nothing is left of the upload. Raises
    `UploadUnknown` when it has ended already, and what `images.for_blob` does.
    """
    size = part.offset
    actual = _digest(site, found, expected.algorithm, running)
    if actual != expected:
        if not cancel(site, found):
            raise UploadUnknown(found.id)
        raise DigestMismatch(expected, actual)
    key = key_of(expected, found.id)
    try:
        part.seal(key)
    except FileExistsError:  # somebody finished it at this very moment, and this request began it anew
        site.blobs.discard(found.id)
        raise UploadUnknown(found.id) from None
    kept = None
    try:
        kept = site.db.together(lambda tx: _held(tx, found, expected, size, key, actor, at=site.now()))
    finally:
        if kept != key:
            site.blobs.delete(key)
    return size


def _held(tx: Connection, found: Upload, content: Digest, size: int, key: str, actor: Actor, *, at: datetime) -> str:
    """The rows of a blob whose bytes are stored; returns the key that it has."""
    if not _end(tx, found, at=at):
        raise UploadUnknown(found.id)
    kept = blobs.store(tx, content, size, key, at=at)
    if not blobs.hold_at(tx, found.place, found.path, content, at=at):
        blobs.hold(tx, images.for_blob(tx, found.place, found.path, actor, at=at), content, at=at)
    return kept


def cancel(site: Site, found: Upload) -> bool:
    """Whether it had not ended yet."""
    with site.db.write(durable=False) as tx:
        cancelled = _end(tx, found, at=site.now())
    site.blobs.discard(found.id)
    return cancelled


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
