"""What things weigh: in all, together with others, and alone. All are the compressed bytes that are stored.

    total    all that it reaches, each digest once
    shared   the part of it that something else reaches too
    unique   what deleting it now would free, once the trash and the sweep are through: its referrers go with it,
             and the children of an index stay

The trash is no such something: what it has goes before what is deleted now, so blobs that only it holds besides are
counted as if nothing did. For an image nothing is in between: total = shared + unique.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, func, select

from berth.db.tables import blob, image, manifest, manifest_blob, manifest_edge, registry, repository
from berth.registry import reach
from berth.registry.images import Image


@dataclass(frozen=True)
class Sizes:
    total: int
    shared: int
    unique: int


def of_image(tx: Connection, image_id: int) -> Sizes:
    """Reads all that the image holds."""
    held = (
        select(manifest_blob.c.digest)
        .join(manifest, manifest.c.id == manifest_blob.c.manifest_id)
        .where(manifest.c.image_id == image_id)
    )
    elsewhere = (
        select(manifest_blob.c.digest)
        .join(manifest, manifest.c.id == manifest_blob.c.manifest_id)
        .where(manifest.c.image_id != image_id, manifest_blob.c.digest == blob.c.digest)
    )
    documents = _sum(tx, select(manifest.c.size).where(manifest.c.image_id == image_id))
    blobs = select(blob.c.size).where(blob.c.digest.in_(held))
    total = documents + _sum(tx, blobs)
    shared = _sum(tx, blobs.where(exists(elsewhere.correlate(blob))))
    return Sizes(total, shared, total - shared)


def of_places(tx: Connection, *where: ColumnElement[bool]) -> int:
    """All that is held by images of which this is true of `registry`, `repository` and `image`. Reads all of it."""
    held = select(manifest.c.id, manifest.c.size).join_from(manifest, image, image.c.id == manifest.c.image_id)
    held = held.join(repository, repository.c.id == image.c.repository_id)
    held = held.join(registry, registry.c.id == repository.c.registry_id).where(*where)
    ids = select(held.subquery().c.id)
    digests = select(manifest_blob.c.digest).where(manifest_blob.c.manifest_id.in_(ids))
    return _sum(tx, held) + _sum(tx, select(blob.c.size).where(blob.c.digest.in_(digests)))


def of_digest(tx: Connection, found: Image, manifest_id: int, digest: str) -> Sizes:
    going = {manifest_id, *reach.with_referrers(tx, found.id, [digest])[digest]}
    reached = reach.below(manifest_id)
    return Sizes(reach.total_size(tx, [manifest_id]), _shared(tx, reached, going), _freed(tx, going))


def _shared(tx: Connection, reached: Select[Any], going: Collection[int]) -> int:  # Any: ids
    held = select(manifest_blob.c.digest).where(manifest_blob.c.manifest_id.in_(reached))
    others = exists().where(
        manifest_blob.c.digest == blob.c.digest,
        manifest_blob.c.manifest_id.not_in(reached),
        manifest_blob.c.manifest_id.not_in(going),
    )
    blobs = _sum(tx, select(blob.c.size).where(blob.c.digest.in_(held), others))
    listed = exists().where(manifest_edge.c.child_id == manifest.c.id, manifest_edge.c.parent_id.not_in(reached))
    return blobs + _sum(tx, select(manifest.c.size).where(manifest.c.id.in_(reached), listed))


def _freed(tx: Connection, going: Collection[int]) -> int:
    """Bytes of these documents, and of the blobs that nothing else needs."""
    held = select(manifest_blob.c.digest).where(manifest_blob.c.manifest_id.in_(going))
    others = exists().where(manifest_blob.c.digest == blob.c.digest, manifest_blob.c.manifest_id.not_in(going))
    blobs = _sum(tx, select(blob.c.size).where(blob.c.digest.in_(held), ~others))
    return blobs + _sum(tx, select(manifest.c.size).where(manifest.c.id.in_(going)))


def _sum(tx: Connection, sizes: Select[Any]) -> int:  # Any: one column of numbers
    return int(tx.scalar(select(func.coalesce(func.sum(sizes.subquery().c.size), 0))) or 0)
