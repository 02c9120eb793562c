"""Tags: names that point at one digest of their image, with a history."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from berth.audit import events
from berth.audit.events import Actor
from berth.db import insert_ignore
from berth.db.tables import manifest, tag, tag_history
from berth.registry import images
from berth.registry.images import Image
from berth.words import names
from berth.words.digest import Digest
from berth.words.errors import ManifestUnknown

MAX_PAGE = 10_000


def put(
    tx: Connection, found: Image, name: str, manifest_id: int, content: Digest, actor: Actor, *, at: datetime
) -> None:
    """Point a tag at a digest. A tag that is there and points elsewhere moves, which edits both digests."""
    made = {"created_by": actor.name, "created_at": at, "edited_by": actor.name, "edited_at": at}
    subject = names.fallback_subject(name)
    values = {
        "image_id": found.id,
        "name": name,
        "natural": names.natural(name),
        "manifest_id": manifest_id,
        "fallback_of": None if subject is None else str(subject),
    }
    if insert_ignore(tx, tag, {**values, **made}):
        _remember(tx, found, name, content, actor, "push", at=at)
        return
    query = select(tag.c.id, tag.c.manifest_id).where(tag.c.image_id == found.id, tag.c.name == name)
    row = tx.execute(query).one()
    if row.manifest_id == manifest_id:
        return
    edit = {"edited_by": actor.name, "edited_at": at}
    tx.execute(update(tag).where(tag.c.id == row.id).values(manifest_id=manifest_id, **edit))
    tx.execute(update(manifest).where(manifest.c.id.in_([manifest_id, row.manifest_id])).values(**edit))
    images.edited(tx, found, actor, at=at)
    _remember(tx, found, name, content, actor, "push", at=at)


def remove(tx: Connection, found: Image, name: str, actor: Actor, *, at: datetime) -> None:
    """Remove one name; its digest stays. Raises `ManifestUnknown`."""
    query = (
        select(tag.c.id, tag.c.manifest_id, manifest.c.digest)
        .join(manifest, manifest.c.id == tag.c.manifest_id)
        .where(tag.c.image_id == found.id, tag.c.name == name)
    )
    row = tx.execute(query).first()
    if row is None:
        raise ManifestUnknown(name)
    tx.execute(delete(tag).where(tag.c.id == row.id))
    edit = {"edited_by": actor.name, "edited_at": at}
    tx.execute(update(manifest).where(manifest.c.id == row.manifest_id).values(**edit))
    images.edited(tx, found, actor, at=at)
    _remember(tx, found, name, None, actor, "delete", at=at)
    events.record(tx, actor, "tag.delete", f"{found.path}:{name}", at=at, before={"digest": row.digest})


def remove_all_of(tx: Connection, found: Image, manifest_ids: list[int], actor: Actor, *, at: datetime) -> list[str]:
    """Remove the names of digests that are being deleted; returns them."""
    rows = tx.execute(select(tag.c.name).where(tag.c.manifest_id.in_(manifest_ids)).order_by(tag.c.name)).all()
    tx.execute(delete(tag).where(tag.c.manifest_id.in_(manifest_ids)))
    for row in rows:
        _remember(tx, found, row.name, None, actor, "delete", at=at)
    return [row.name for row in rows]


def page(tx: Connection, found: Image, *, after: str, limit: int) -> list[str]:
    """Up to `limit` names in byte order that come after one."""
    query = select(tag.c.name).where(tag.c.image_id == found.id, tag.c.name > after)
    return list(tx.scalars(query.order_by(tag.c.name).limit(limit)))


def _remember(
    tx: Connection, found: Image, name: str, content: Digest | None, actor: Actor, why: str, *, at: datetime
) -> None:
    values = {"image_id": found.id, "name": name, "digest": None if content is None else str(content)}
    tx.execute(insert(tag_history).values(**values, at=at, by=actor.name, why=why))
