"""Sweeping: what nothing uses goes, after a grace period longer than any upload may live.

Rows go first, in small transactions; bytes go after them. Foreign keys stand guard: a blob that an image or a
manifest took in the meantime cannot lose its row.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import Connection, delete, exists, select
from sqlalchemy.exc import IntegrityError

from berth.db.tables import blob, image_blob, manifest, manifest_blob, upload
from berth.registry import uploads
from berth.site import Site

BATCH = 200


def sweep(site: Site) -> dict[str, int]:
    """One whole round; returns how many uploads, holds, blobs and stray objects went."""
    return {
        "uploads": expire_uploads(site),
        "holds": drop_holds(site),
        "blobs": drop_blobs(site),
        "strays": drop_strays(site),
    }


def expire_uploads(site: Site) -> int:
    """Forget uploads that have lived too long."""
    with site.db.write(durable=False) as tx:
        query = select(upload.c.id).where(upload.c.started_at <= uploads.oldest(site))
        ids = list(tx.scalars(query))
        for some in _some(iter(ids), BATCH):
            tx.execute(delete(upload).where(upload.c.id.in_(some)))
    for upload_id in ids:
        site.blobs.discard(upload_id)
    return len(ids)


def drop_holds(site: Site) -> int:
    """Images let go of blobs that no manifest of theirs needs and nobody has asked for within the grace."""
    gone, after = 0, (0, "")
    while True:
        with site.db.write() as tx:
            rows = _old_holds(tx, _grace(site), after)
            for image_id, digest in rows:
                if not _needed(tx, image_id, digest):
                    mine = (image_blob.c.image_id == image_id) & (image_blob.c.digest == digest)
                    gone += tx.execute(delete(image_blob).where(mine, image_blob.c.renewed_at < _grace(site))).rowcount
        if len(rows) < BATCH:
            return gone
        after = rows[-1]


def drop_blobs(site: Site) -> int:
    """Blobs that no image holds go: their rows, then their bytes."""
    gone = 0
    while True:
        keys = _drop_some_blobs(site)
        for key in keys:
            site.blobs.delete(key)
        gone += len(keys)
        if len(keys) < BATCH:
            return gone


def drop_strays(site: Site) -> int:
    """Objects and uploads without a row are what a crash left between bytes and rows."""
    gone = 0
    old = (stored.name for stored in site.blobs.objects() if stored.changed_at < _grace(site))
    for some in _some(old, BATCH):
        with site.db.read() as tx:
            known = set(tx.scalars(select(blob.c.key).where(blob.c.key.in_(some))))
        for key in set(some) - known:
            site.blobs.delete(key)
            gone += 1
    waiting = (stored.name for stored in site.blobs.uploads() if stored.changed_at < uploads.oldest(site))
    for some in _some(waiting, BATCH):
        with site.db.read() as tx:
            known = set(tx.scalars(select(upload.c.id).where(upload.c.id.in_(some))))
        for upload_id in set(some) - known:
            site.blobs.discard(upload_id)
            gone += 1
    return gone


def _grace(site: Site) -> datetime:
    return site.now() - timedelta(hours=site.settings.grace_hours)


def _old_holds(tx: Connection, before: datetime, after: tuple[int, str]) -> list[tuple[int, str]]:
    image_id, digest = after
    later = (image_blob.c.image_id > image_id) | ((image_blob.c.image_id == image_id) & (image_blob.c.digest > digest))
    query = select(image_blob.c.image_id, image_blob.c.digest).where(image_blob.c.renewed_at < before, later)
    rows = tx.execute(query.order_by(image_blob.c.image_id, image_blob.c.digest).limit(BATCH))
    return [(row.image_id, row.digest) for row in rows]


def _needed(tx: Connection, image_id: int, digest: str) -> bool:
    holder = exists().where(
        manifest_blob.c.digest == digest,
        manifest_blob.c.manifest_id == manifest.c.id,
        manifest.c.image_id == image_id,
    )
    return bool(tx.scalar(select(holder)))


def _drop_some_blobs(site: Site) -> list[str]:
    unheld = ~exists().where(image_blob.c.digest == blob.c.digest)
    try:
        with site.db.write() as tx:
            rows = tx.execute(select(blob.c.digest, blob.c.key).where(unheld).limit(BATCH)).all()
            tx.execute(delete(blob).where(blob.c.digest.in_([row.digest for row in rows])))
    except IntegrityError:
        return []  # an image took one of them just now; the next round looks again
    return [row.key for row in rows]


def _some(names: Iterator[str], count: int) -> Iterator[list[str]]:
    while some := list(islice(names, count)):
        yield some
