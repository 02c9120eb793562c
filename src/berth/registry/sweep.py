"""Sweeping: what nothing uses goes, after a grace period longer than any upload may live.

Rows go first, in small transactions; bytes go after them. On PostgreSQL others write meanwhile, so each row is locked
before the question whether it may go is asked for good:

    an image lets go of a blob    under the image's lock, which a push of a manifest holds too
    a blob goes                   under its own lock, which nobody can pass who takes the blob into an image
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

import structlog
from sqlalchemy import ColumnElement, Connection, delete, exists, select

from berth.db.tables import blob, image_blob, manifest, manifest_blob, trash_blob, upload
from berth.jobs import job
from berth.registry import images, uploads
from berth.site import Site

BATCH = 200

log = structlog.get_logger("berth.registry")


@job("registry.sweep")
def sweep(site: Site) -> None:
    log.info("swept", **once(site))


def once(site: Site) -> dict[str, int]:
    """One whole round; returns how many uploads, holds, blobs and stray objects went."""
    return {
        "uploads": expire_uploads(site),
        "holds": drop_holds(site),
        "blobs": drop_blobs(site),
        "strays": drop_strays(site),
    }


def expire_uploads(site: Site) -> int:
    """Forget uploads that have lived too long."""
    with site.db.read() as tx:
        ids = list(tx.scalars(select(upload.c.id).where(upload.c.started_at <= uploads.oldest(site))))
    for some in _some(iter(ids), BATCH):
        with site.db.write(durable=False) as tx:
            tx.execute(delete(upload).where(upload.c.id.in_(some)))
        for upload_id in some:
            site.blobs.discard(upload_id)
    return len(ids)


def drop_holds(site: Site) -> int:
    """Images let go of blobs that no manifest of theirs needs and nobody has asked for within the grace."""
    before, gone = _grace(site), 0
    with site.db.read() as tx:
        idle = list(tx.scalars(select(image_blob.c.image_id).where(_let_go(before)).distinct()))
    for image_id in idle:
        while dropped := _drop_some_holds(site, image_id, before):
            gone += dropped
    return gone


def drop_blobs(site: Site) -> int:
    """Blobs that neither an image nor the trash holds go: their rows, then their bytes."""
    gone, after = 0, ""
    while True:
        looked_at, keys = _drop_some_blobs(site, after)
        for key in keys:
            site.blobs.delete(key)
        gone += len(keys)
        if len(looked_at) < BATCH:
            return gone
        after = looked_at[-1]


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


def _let_go(before: datetime) -> ColumnElement[bool]:
    """Whether an image may let go of a blob."""
    needed = exists().where(
        manifest_blob.c.digest == image_blob.c.digest,
        manifest_blob.c.manifest_id == manifest.c.id,
        manifest.c.image_id == image_blob.c.image_id,
    )
    return (image_blob.c.renewed_at < before) & ~needed


def _drop_some_holds(site: Site, image_id: int, before: datetime) -> int:
    mine = image_blob.c.image_id == image_id
    with site.db.write(durable=False) as tx:  # what deletes bytes later makes this durable with its own rows
        images.lock(tx, image_id)
        some = select(image_blob.c.digest).where(mine, _let_go(before)).limit(BATCH)
        # The statement may wait for a request that renews a row, and then looks at the row once more.
        going = mine & image_blob.c.digest.in_(some) & (image_blob.c.renewed_at < before)
        return tx.execute(delete(image_blob).where(going)).rowcount


def _drop_some_blobs(site: Site, after: str) -> tuple[list[str], list[str]]:
    """The digests looked at, in order, and the keys of those that went."""
    with site.db.write() as tx:
        # One that is locked is being taken into an image; if not, the next round finds it.
        free = select(blob.c.digest).where(_unheld(), blob.c.digest > after).order_by(blob.c.digest).limit(BATCH)
        digests = list(tx.scalars(free.with_for_update(skip_locked=True)))
        return digests, _drop_locked_blobs(tx, digests)


def _drop_locked_blobs(tx: Connection, digests: list[str]) -> list[str]:
    """Asks again, for an image may have taken a blob while its lock was on the way."""
    going = delete(blob).where(blob.c.digest.in_(digests), _unheld())
    return list(tx.scalars(going.returning(blob.c.key)))


def _unheld() -> ColumnElement[bool]:
    held = exists().where(image_blob.c.digest == blob.c.digest)
    needed = exists().where(manifest_blob.c.digest == blob.c.digest)
    trashed = exists().where(trash_blob.c.digest == blob.c.digest)
    return ~held & ~needed & ~trashed


def _some(names: Iterator[str], count: int) -> Iterator[list[str]]:
    while some := list(islice(names, count)):
        yield some
