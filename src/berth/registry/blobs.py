"""Blobs: bytes shared by all images, visible only through an image that holds them."""

from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Connection, bindparam, delete, exists, select, update

from berth.audit import events
from berth.audit.events import Actor
from berth.db import Prepared, insert_ignore, upsert, upsert_from
from berth.db.tables import blob, image, image_blob, manifest, manifest_blob, registry, repository
from berth.people.access import Place
from berth.registry import images, locks
from berth.registry.images import Image
from berth.words.digest import Digest
from berth.words.errors import BlobHeld, BlobUnknown
from berth.words.names import ImagePath

RENEW = timedelta(hours=1)
"""A blob's grace is renewed by those who ask for it, but written at most this often."""

MOUNT_CANDIDATES = 50
"""Images looked at when a mount does not say where the blob is."""


def store(tx: Connection, content: Digest, size: int, key: str, *, at: datetime) -> str:
    """Let a blob be there whose bytes are stored at `key`, for an image to hold it; returns the key that the blob has.

    When the bytes were there already that is another key, and the caller deletes the object at its own.
    """
    values = {"digest": str(content), "size": size, "key": key, "created_at": at}
    kept = None
    while kept is None:  # a row that the sweep deletes between the two statements is inserted anew
        if insert_ignore(tx, blob, values):
            kept = key
        else:
            query = select(blob.c.key).where(blob.c.digest == str(content))
            kept = tx.scalar(query.with_for_update(read=True))
    return kept


def hold(tx: Connection, found: Image, content: Digest, *, at: datetime) -> None:
    """Let an image hold a blob that exists, and count its grace from now."""
    values = {"image_id": found.id, "digest": str(content), "renewed_at": at}
    upsert(tx, image_blob, values, ["image_id", "digest"])


def hold_at(tx: Connection, place: Place, path: ImagePath, content: Digest, *, at: datetime) -> bool:
    """As `hold`, of the image of this path, in one statement; False when there is none that takes blobs."""
    here = {"repository_id": place.repository_id, "image": path.image}
    return bool(_hold_at(tx.dialect.name).run(tx, digest=str(content), at=at, **here))


@cache
def _hold_at(dialect: str) -> Prepared:
    row = image_blob.c
    values = (bindparam("digest", type_=row.digest.type), bindparam("at", type_=row.renewed_at.type))
    found = select(image.c.id, *values).where(*images.SEEN_HERE)
    return Prepared(
        upsert_from(dialect, image_blob, ["image_id", "digest", "renewed_at"], found, ["image_id", "digest"])
    )


def mount(tx: Connection, found: Image, source: Image, content: Digest, *, at: datetime) -> None:
    """Let an image hold a blob of another one. Raises `BlobUnknown`."""
    query = (
        select(blob.c.digest)
        .join(image_blob)
        .where(image_blob.c.image_id == source.id, image_blob.c.digest == str(content))
    )
    if tx.execute(query.with_for_update(read=True)).first() is None:
        raise BlobUnknown(content)
    hold(tx, found, content, at=at)


def holders(tx: Connection, content: Digest) -> list[tuple[int, ImagePath, Place]]:
    """Some images that hold a blob: id, path and place."""
    query = (
        select(
            image.c.id.label("image_id"),
            image.c.name.label("image"),
            repository.c.id.label("repository_id"),
            repository.c.name.label("repository"),
            registry.c.id,
            registry.c.name,
            registry.c.visibility,
        )
        .join_from(image_blob, image, image.c.id == image_blob.c.image_id)
        .join(repository, repository.c.id == image.c.repository_id)
        .join(registry, registry.c.id == repository.c.registry_id)
        .where(image_blob.c.digest == str(content), image.c.state.in_(images.VISIBLE))
        .limit(MOUNT_CANDIDATES)
    )
    return [
        (
            row.image_id,
            ImagePath(row.name, row.repository, row.image),
            Place(row.id, row.name, row.visibility, row.repository_id, row.repository),
        )
        for row in tx.execute(query)
    ]


def renew(tx: Connection, image_id: int, content: Digest, *, at: datetime) -> None:
    """Somebody relies on finding this blob here: count its grace anew, with at most one write an hour.

    Raises `BlobUnknown` when the image has let go of it.
    """
    stale = image_blob.c.renewed_at < at - RENEW
    mine = (image_blob.c.image_id == image_id) & (image_blob.c.digest == str(content))
    renewed = tx.execute(update(image_blob).where(mine, stale).values(renewed_at=at)).rowcount
    if not renewed and not tx.scalar(select(exists().where(mine))):
        raise BlobUnknown(content)


def remove(tx: Connection, found: Image, content: Digest, actor: Actor, *, at: datetime) -> None:
    """Take a blob from an image. Raises `BlobUnknown`, `BlobHeld` when a manifest needs it, and `Locked`."""
    images.lock(tx, found.id)  # no manifest that needs the blob can come meanwhile
    locks.refuse_image(tx, found, at=at)
    mine = (image_blob.c.image_id == found.id) & (image_blob.c.digest == str(content))
    if not tx.scalar(select(exists().where(mine))):
        raise BlobUnknown(content)
    query = (
        select(manifest.c.digest)
        .join(manifest_blob, manifest_blob.c.manifest_id == manifest.c.id)
        .where(manifest.c.image_id == found.id, manifest_blob.c.digest == str(content))
    )
    holder = tx.scalar(query.limit(1))
    if holder is not None:
        raise BlobHeld(content, holder)
    tx.execute(delete(image_blob).where(mine))
    events.record(tx, actor, "blob.delete", f"{found.path}@{content}", at=at)


def key_and_size(tx: Connection, found: Image, content: Digest) -> tuple[str, int]:
    """Raises `BlobUnknown`."""
    query = (
        select(blob.c.key, blob.c.size)
        .join(image_blob)
        .where(image_blob.c.image_id == found.id, image_blob.c.digest == str(content))
    )
    row = tx.execute(query).first()
    if row is None:
        raise BlobUnknown(content)
    return row.key, row.size
