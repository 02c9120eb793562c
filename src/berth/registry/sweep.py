"""Sweeping: what nothing uses goes, after a grace period longer than any upload may live.

Rows go first, in small transactions; bytes go after them. On PostgreSQL others write meanwhile, so each row is locked
before the question whether it may go is asked for good:

    an image lets go of a blob    under the image's lock, which a push of a manifest holds too
    a blob goes                   under its own lock, which nobody can pass who takes the blob into an image

On SQLite, where there is one writer, the sweep rests between its transactions, so that pushes go on beside it.
"""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar

import structlog
from sqlalchemy import ColumnElement, Connection, Select, delete, exists, select

from berth.db.tables import advisory_file, blob, ended_upload, image_blob, manifest, manifest_blob, trash_blob
from berth.jobs import job
from berth.registry import images, tickets, uploads
from berth.site import Site

BATCH = 200

T = TypeVar("T")

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
    """Uploads that have lived too long, which their ids tell; and the rows of those that ended so long ago.

    An id that tells of a time to come is none of ours, and goes by its age.
    """
    oldest, gone = uploads.oldest(site), 0
    for stored in site.blobs.uploads():
        began = tickets.started(stored.name)
        if began <= oldest or (began > site.now() and stored.changed_at < oldest):
            site.blobs.discard(stored.name)
            gone += 1
    over = select(ended_upload.c.id).where(ended_upload.c.at <= oldest).limit(BATCH)
    some = delete(ended_upload).where(ended_upload.c.id.in_(over))
    site.db.in_parts(lambda tx: tx.execute(some).rowcount, BATCH)
    return gone


def drop_holds(site: Site) -> int:
    """Images let go of blobs that no manifest of theirs needs and nobody has asked for within the grace."""
    before, gone = _grace(site), 0
    with site.db.read() as tx:
        ids = list(tx.scalars(select(image_blob.c.image_id).where(image_blob.c.renewed_at < before).distinct()))
    for some in _some(iter(ids), BATCH):
        for image_id, digests in _idle(site, some, before).items():
            for part in _some(iter(digests), BATCH):
                began = time.monotonic()
                gone += _let_go(site, image_id, part, before)
                if len(part) == BATCH:
                    site.db.give_way(began)
    return gone


def drop_blobs(site: Site) -> int:
    """Blobs that neither an image nor the trash holds go: their rows, then their bytes."""
    gone, after = 0, ""
    while True:
        began = time.monotonic()
        looked_at, keys = _drop_some_blobs(site, after)
        for key in keys:
            site.blobs.delete(key)
        gone += len(keys)
        if len(looked_at) < BATCH:
            return gone
        after = looked_at[-1]
        site.db.give_way(began)


def drop_strays(site: Site) -> int:
    """Objects without a row are what a crash left between bytes and rows."""
    gone = 0
    old = (stored.name for stored in site.blobs.objects() if stored.changed_at < _grace(site))
    for some in _some(old, BATCH):
        with site.db.read() as tx:
            known = set(tx.scalars(select(blob.c.key).where(blob.c.key.in_(some))))
            known |= set(tx.scalars(select(advisory_file.c.key).where(advisory_file.c.key.in_(some))))
        for key in set(some) - known:
            site.blobs.delete(key)
            gone += 1
    return gone


def _grace(site: Site) -> datetime:
    return site.now() - timedelta(hours=site.settings.grace_hours)


def _idle(site: Site, ids: list[int], before: datetime) -> dict[int, list[str]]:
    """The blobs that each of these images may let go of.

    All are asked for in one pass: a digest may be in a hundred thousand manifests, of one image or of many.
    """
    held = select(image_blob.c.image_id, image_blob.c.digest)
    old = held.where(image_blob.c.image_id.in_(ids), image_blob.c.renewed_at < before)
    idle: dict[int, list[str]] = {}
    with site.db.read() as tx:
        for image_id, digest in tx.execute(old.except_(_needed().where(manifest.c.image_id.in_(ids)))):
            idle.setdefault(image_id, []).append(digest)
    return idle


def _let_go(site: Site, image_id: int, digests: list[str], before: datetime) -> int:
    with site.db.write(durable=False) as tx:  # what deletes bytes later makes this durable with its own rows
        images.lock(tx, image_id)
        wanted = _needed().where(manifest.c.image_id == image_id, manifest_blob.c.digest.in_(digests))
        needed = {row.digest for row in tx.execute(wanted)}
        mine = (image_blob.c.image_id == image_id) & image_blob.c.digest.in_(set(digests) - needed)
        # The statement may wait for a request that renews a row, and then looks at the row once more.
        return tx.execute(delete(image_blob).where(mine, image_blob.c.renewed_at < before)).rowcount


def _needed() -> Select[int, str]:
    """What manifests need, with the ids of their images."""
    return select(manifest.c.image_id, manifest_blob.c.digest).join_from(
        manifest, manifest_blob, manifest_blob.c.manifest_id == manifest.c.id
    )


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


def _some(all_: Iterator[T], count: int) -> Iterator[list[T]]:
    while some := list(islice(all_, count)):
        yield some
