"""Uploads: bytes on their way in. They become a blob when their digest has been verified.

The id of an upload says what it is for (`tickets`), rows tell which have ended, and the blob store how far each has
come. The running hash of what comes to a process it keeps in memory as long as there is room; another process, or a
later one, reads the bytes once more at the end.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, exists, select

from berth.audit.events import Actor
from berth.blobs import Part, UploadGone, key_of
from berth.db import insert_few_ignore
from berth.db.tables import ended_upload
from berth.people.access import Place
from berth.registry import blobs, images, tickets
from berth.registry.blobs import Sealed
from berth.site import Site
from berth.words import digest as digests
from berth.words.digest import Digest, Hash
from berth.words.errors import DigestMismatch, Refusal, UploadUnknown
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


@dataclass(frozen=True)
class Finished:
    """An upload whose bytes are stored, and who sent the last of them."""

    upload: Upload
    sealed: Sealed
    actor: Actor


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


def has_begun(site: Site, upload_id: str) -> bool:
    """Whether any bytes of it may have come."""
    try:
        site.blobs.size(upload_id)
    except UploadGone:
        return False
    return True


def finish(site: Site, found: Upload, part: Part, expected: Digest, running: Hash | None, actor: Actor) -> int:
    """Verify, store durably, and let the image hold the blob; returns its size.

    The caller holds the upload. Raises `DigestMismatch`; then nothing is left of the upload. Raises
    `UploadUnknown` when it has ended already, and what `images.for_blob` does.
    """
    size = part.offset
    actual = _digest(site, found, expected.algorithm, running)
    if actual != expected:
        raise _mismatch(site, found, expected, actual)
    key = key_of(expected, found.id)
    try:
        part.seal(key)
    except FileExistsError:  # somebody finished it at this very moment, and this request began it anew
        site.blobs.discard(found.id)
        raise UploadUnknown(found.id) from None
    _hold(site, Finished(found, Sealed(expected, size, key, site.now()), actor))
    return size


def finish_whole(site: Site, found: Upload, content: bytes, expected: Digest, actor: Actor) -> None:
    """As `finish`, of an upload of which nothing has come but all of it here.

    These bytes are never the upload's, but an object at once, with an id of its own. Should others send of the upload
    at this very moment, one of them finishes it, and what the rest sent is swept.
    """
    actual = digests.of(content, expected.algorithm)
    if actual != expected:
        raise _mismatch(site, found, expected, actual)
    own = tickets.issue(site, found.place.repository_id or 0, str(found.path), found.algorithm, at=site.now())
    key = key_of(expected, own)  # should a crash leave the file, the sweep reads its age from such an id
    site.blobs.put(key, content)
    _hold(site, Finished(found, Sealed(expected, len(content), key, site.now()), actor))


def _mismatch(site: Site, found: Upload, expected: Digest, actual: Digest) -> Exception:
    return DigestMismatch(expected, actual) if cancel(site, found) else UploadUnknown(found.id)


def _hold(site: Site, finished: Finished) -> None:
    """Write the rows. The object of a blob that is there already, or is refused, is nobody's and deleted.

    After any other failure nobody knows whether the rows were committed; if not, the object is swept.
    """
    key = finished.sealed.key
    try:
        kept = site.db.together(_held, finished)
    except Refusal:
        site.blobs.delete(key)
        raise
    if kept != key:
        site.blobs.delete(key)


def _held(tx: Connection, those: Sequence[Finished]) -> list[str]:
    """The rows of blobs whose bytes are stored; returns the keys that they have. Raises what is wrong with any."""
    if not _end(tx, [(each.upload, each.sealed.at) for each in those]):
        raise UploadUnknown(those[0].upload.id)
    kept = blobs.store(tx, [each.sealed for each in those])
    if not blobs.hold_at(tx, [(each.upload.place, each.upload.path, each.sealed) for each in those]):
        for each in those:
            found, at = each.upload, each.sealed.at
            blobs.hold(tx, images.for_blob(tx, found.place, found.path, each.actor, at=at), each.sealed.content, at=at)
    return kept


def cancel(site: Site, found: Upload) -> bool:
    """Whether it had not ended yet."""
    with site.db.write(durable=False) as tx:
        cancelled = _end(tx, [(found, site.now())])
    site.blobs.discard(found.id)
    return cancelled


def _end(tx: Connection, those: Sequence[tuple[Upload, datetime]]) -> bool:
    """Whether none of them had ended yet."""
    return insert_few_ignore(tx, ended_upload, [{"id": found.id, "at": at} for found, at in those]) == len(those)


def _digest(site: Site, found: Upload, algorithm: str, running: Hash | None) -> Digest:
    """From the running hash when it is of the right algorithm, else from the bytes."""
    if running is not None and running.name == algorithm:
        return Digest(algorithm, running.hexdigest())
    anew = digests.new(algorithm)
    for piece in site.blobs.pieces(found.id):
        anew.update(piece)
    return Digest(algorithm, anew.hexdigest())
