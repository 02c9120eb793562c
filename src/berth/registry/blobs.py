"""Blobs: bytes shared by all images, visible only through an image that holds them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import Connection, delete, exists, select, union_all, update

from berth.audit import events
from berth.audit.events import Actor
from berth.db import Prepared, in_places, insert_few_ignore, insert_ignore, places, upsert, upsert_from
from berth.db.rows import Values
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


@dataclass(frozen=True, slots=True)
class Sealed:
    """Bytes that are stored at a key and have this digest."""

    content: Digest
    size: int
    key: str
    at: datetime


def store(tx: Connection, sealed: Sequence[Sealed]) -> list[str]:
    """Let the blobs of these bytes be there, for images to hold them; returns the keys that they have.

    When the bytes were there already that is another key, and the caller deletes the object at its own.
    """
    rows = [{"digest": str(s.content), "size": s.size, "key": s.key, "created_at": s.at} for s in sealed]
    if insert_few_ignore(tx, blob, rows) == len(rows):
        return [each.key for each in sealed]
    return [_kept(tx, row) for row in rows]


def _kept(tx: Connection, row: Values) -> str:
    kept: str | None = None
    while kept is None:  # a row that the sweep deletes between the two statements is inserted anew
        query = select(blob.c.key).where(blob.c.digest == row["digest"])
        kept = row["key"] if insert_ignore(tx, blob, row) else tx.scalar(query.with_for_update(read=True))
    return kept


def hold(tx: Connection, found: Image, content: Digest, *, at: datetime) -> None:
    """Let an image hold a blob that exists, and count its grace from now."""
    values = {"image_id": found.id, "digest": str(content), "renewed_at": at}
    upsert(tx, image_blob, values, ["image_id", "digest"])


def hold_at(tx: Connection, sealed: Sequence[tuple[Place, ImagePath, Sealed]]) -> bool:
    """As `hold`, of the images of these paths, in one statement; False when one of them is not there to take blobs.

    Only SQLite, where acts share a transaction, takes the same blob of the same image twice.
    """
    rows = [
        {"repository_id": place.repository_id, "image": path.image, "digest": str(each.content), "at": each.at}
        for place, path, each in sealed
    ]
    return _hold_at(tx.dialect.name, len(rows)).run(tx, **in_places(rows)) == len(rows)


@lru_cache(maxsize=128)
def _hold_at(dialect: str, count: int) -> Prepared:
    kinds = {
        "repository_id": image.c.repository_id,
        "image": image.c.name,
        "digest": blob.c.digest,
        "at": image_blob.c.renewed_at,
    }
    rows = places({name: column.type for name, column in kinds.items()}, count)
    given = union_all(*(select(*(row[name].label(name) for name in row)) for row in rows)).subquery("given")
    held = (
        select(image.c.id, given.c.digest, given.c.at)
        .where(*images.seen_at(given.c.repository_id, given.c.image))
        .with_for_update(read=True, key_share=True, of=image)  # none of them goes before the transaction ends
    )
    names = ["image_id", "digest", "renewed_at"]
    return Prepared(upsert_from(dialect, image_blob, names, held, names[:2]))


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
