"""The hot reads of pulls and pushes: one indexed read each, prepared once, and manifest bytes from memory.

What is remembered never changes: the bytes that belong to a digest. Tags, rights and states are read each time.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Text, bindparam, case, cast, exists, select

from berth.db.tables import blob, ended_upload, image, image_blob, manifest, manifest_body, repository, scan_result, tag
from berth.people.access import Place
from berth.registry import images
from berth.site import Site
from berth.words.digest import Digest
from berth.words.errors import BlobUnknown, ManifestUnknown
from berth.words.names import ImagePath, Reference

MAX_BYTES = 64 * 1024 * 1024
"""Of manifest bodies kept in memory."""


@dataclass(frozen=True, slots=True)
class FoundManifest:
    id: int
    digest: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class PulledManifest(FoundManifest):
    """With what its pull is judged by: see `restriction`. Documents stay the text that they are in the row."""

    image_id: int
    kind: str
    scan_state: str
    scan_code: str
    quarantined_by: str
    """Empty: it is not."""
    pull: str
    scan: str
    tally: str | None
    """Of the last good result."""


@dataclass(frozen=True, slots=True)
class FoundBlob:
    image_id: int
    size: int
    key: str
    renewed_at: datetime


_GOOD = case((scan_result.c.evaluated_at.is_not(None), cast(scan_result.c.tally, Text)))
_JUDGED = (
    image.c.id,
    manifest.c.kind,
    manifest.c.scan_state,
    manifest.c.scan_code,
    manifest.c.quarantined_by,
    cast(image.c.policy_pull, Text),
    cast(image.c.policy_scan, Text),
    _GOOD,
)
"""As `PulledManifest` has them."""


class Bodies:
    """Manifest bytes by digest, the least recently used go first."""

    def __init__(self, limit: int = MAX_BYTES) -> None:
        self._limit = limit
        self._size = 0
        self._known: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, digest: str) -> bytes | None:
        with self._lock:
            body = self._known.get(digest)
            if body is not None:
                self._known.move_to_end(digest)
            return body

    def put(self, digest: str, body: bytes) -> None:
        with self._lock:
            if digest in self._known:
                return
            self._known[digest] = body
            self._size += len(body)
            while self._size > self._limit:
                self._size -= len(self._known.popitem(last=False)[1])


class QuickReads:
    def __init__(self, site: Site) -> None:
        here = images.seen_at(bindparam("repository_id"), bindparam("image"))
        columns = (manifest.c.id, manifest.c.digest, manifest.c.media_type, manifest.c.size)
        active = manifest.c.state == bindparam("active", "active")
        tagged = image.join(tag, tag.c.image_id == image.c.id).join(manifest, manifest.c.id == tag.c.manifest_id)
        held = image.join(manifest, manifest.c.image_id == image.c.id)
        by_tag, by_digest = (tag.c.name == bindparam("reference")), (manifest.c.digest == bindparam("reference"))
        judged = (*columns, *_JUDGED)
        result = scan_result.c.id == manifest.c.result_id
        self._by_tag = site.db.prepare(select(*columns).select_from(tagged).where(*here, by_tag, active))
        self._by_digest = site.db.prepare(select(*columns).select_from(held).where(*here, by_digest, active))
        self._pulled_by_tag = site.db.prepare(
            select(*judged).select_from(tagged.outerjoin(scan_result, result)).where(*here, by_tag, active)
        )
        self._pulled_by_digest = site.db.prepare(
            select(*judged).select_from(held.outerjoin(scan_result, result)).where(*here, by_digest, active)
        )
        self._body = site.db.prepare(
            select(manifest_body.c.body).where(manifest_body.c.manifest_id == bindparam("manifest_id"))
        )
        self._blob = site.db.prepare(
            select(image.c.id, blob.c.size, blob.c.key, image_blob.c.renewed_at)
            .join_from(image, image_blob, image_blob.c.image_id == image.c.id)
            .join(blob, blob.c.digest == image_blob.c.digest)
            .where(*here, image_blob.c.digest == bindparam("digest"))
        )
        self._upload = site.db.prepare(
            select(
                exists().where(ended_upload.c.id == bindparam("upload")),
                select(image.c.state).where(*here[:2]).scalar_subquery(),
                repository.c.state,
            ).where(repository.c.id == bindparam("repository_id"))
        )
        self._bodies = Bodies()

    def manifest(self, repository_id: int | None, name: str, reference: Reference) -> FoundManifest:
        """Raises `ManifestUnknown`."""
        query = self._by_tag if isinstance(reference, str) else self._by_digest
        row = query.first(repository_id=repository_id, image=name, reference=str(reference))
        if row is None:
            raise ManifestUnknown(str(reference))
        return FoundManifest(*row)

    def pulled(self, repository_id: int | None, name: str, reference: Reference) -> PulledManifest:
        """The same in order to be pulled. Raises `ManifestUnknown`."""
        query = self._pulled_by_tag if isinstance(reference, str) else self._pulled_by_digest
        row = query.first(repository_id=repository_id, image=name, reference=str(reference))
        if row is None:
            raise ManifestUnknown(str(reference))
        return PulledManifest(*row)

    def body(self, found: FoundManifest) -> bytes:
        """The bytes of a manifest. Raises `ManifestUnknown` when it has just been deleted."""
        body = self._bodies.get(found.digest)
        if body is None:
            row = self._body.first(manifest_id=found.id)
            if row is None:
                raise ManifestUnknown(found.digest)
            body = bytes(row[0])
            self._bodies.put(found.digest, body)
        return body

    def blob(self, repository_id: int | None, name: str, content: Digest) -> FoundBlob:
        """Raises `BlobUnknown`."""
        row = self._blob.first(repository_id=repository_id, image=name, digest=str(content))
        if row is None:
            raise BlobUnknown(content)
        return FoundBlob(*row)

    def takes_upload(self, place: Place, path: ImagePath, upload_id: str) -> bool:
        """Whether it has not ended and `images.may_take` raises nothing; if not, ask these, which know the reason."""
        row = self._upload.first(repository_id=place.repository_id, image=path.image, upload=upload_id)
        if row is None or row[0]:
            return False
        of_image, of_repository = row[1:]
        return of_repository == "active" if of_image is None else of_image in images.VISIBLE
