"""Tags: names that point at one digest of their image, with a history."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, case, delete, func, insert, select, update

from berth.audit import events
from berth.audit.events import Actor
from berth.db import insert_ignore
from berth.db.tables import UNTAGGED, manifest, repository, tag, tag_history
from berth.registry import images, locks, search
from berth.registry.images import Image
from berth.words import expression, names
from berth.words.digest import Digest
from berth.words.errors import ManifestUnknown, TagImmutable


def put(
    tx: Connection,
    found: Image,
    name: str,
    manifest_id: int,
    content: Digest,
    actor: Actor,
    *,
    at: datetime,
    why: str = "push",
    new: bool = False,
) -> None:
    """Point a tag at a digest. A tag that is there and points elsewhere moves, which edits both digests.

    The caller holds the image's row. `new` is a digest that was added just now, with its first tag. Raises `Locked`
    and `TagImmutable`; then the transaction is to be given up.
    """
    if not _insert(tx, found, name, manifest_id, actor, at=at):
        _move(tx, found, name, manifest_id, content, actor, at=at, why=why)
        return
    if not new:
        locks.refuse(tx, found, [manifest_id], at=at)
        _edited(tx, [manifest_id], actor, at=at)
    elif found.lock is not None and found.lock.holds(at):
        raise locks.refusal(str(found.path), found.lock)
    remember(tx, found, name, content, actor, why, at=at)


def remove(
    tx: Connection, found: Image, name: str, actor: Actor, *, at: datetime, why: str = "delete", audited: bool = True
) -> None:
    """Remove one name; its digest stays. Raises `ManifestUnknown`, `Locked`."""
    query = (
        select(tag.c.id, tag.c.manifest_id, manifest.c.digest)
        .join(manifest, manifest.c.id == tag.c.manifest_id)
        .where(tag.c.image_id == found.id, tag.c.name == name, manifest.c.state == "active")
    )
    row = tx.execute(query).first()
    if row is None:
        raise ManifestUnknown(name)
    locks.refuse(tx, found, [row.manifest_id], at=at)
    tx.execute(delete(tag).where(tag.c.id == row.id))
    search.forget(tx, found.id, [name])
    _edited(tx, [row.manifest_id], actor, at=at)
    images.edited(tx, found, actor, at=at)
    remember(tx, found, name, None, actor, why, at=at)
    if audited:
        events.record(tx, actor, "tag.delete", f"{found.path}:{name}", at=at, before={"digest": row.digest})


def first_of(given: Iterable[str]) -> str:
    """What `manifest.first_tag` says of a digest with these names."""
    return min((names.natural(name) for name in given if names.fallback_subject(name) is None), default=UNTAGGED)


def has_own(given: Iterable[str]) -> bool:
    """Whether one of the names is more than a fallback name."""
    return first_of(given) != UNTAGGED


def remove_all_of(
    tx: Connection, found: Image, manifest_ids: list[int], actor: Actor, *, at: datetime, why: str = "delete"
) -> list[str]:
    """Remove the names of digests that are being deleted; returns them."""
    rows = tx.execute(select(tag.c.name).where(tag.c.manifest_id.in_(manifest_ids)).order_by(tag.c.name)).all()
    tx.execute(delete(tag).where(tag.c.manifest_id.in_(manifest_ids)))
    search.forget(tx, found.id, [row.name for row in rows])
    ends = [{"image_id": found.id, "name": row.name, "at": at, "by": actor.name, "why": why} for row in rows]
    if ends:
        tx.execute(insert(tag_history), ends)
    return [row.name for row in rows]


def page(tx: Connection, found: Image, *, after: str, limit: int) -> list[str]:
    """Up to `limit` names in byte order that come after one, as clients see them."""
    query = (
        select(tag.c.name)
        .join(manifest, manifest.c.id == tag.c.manifest_id)
        .where(tag.c.image_id == found.id, tag.c.name > after, manifest.c.state == "active")
    )
    return list(tx.scalars(query.order_by(tag.c.name).limit(limit)))


def remember(
    tx: Connection, found: Image, name: str, content: Digest | None, actor: Actor, why: str, *, at: datetime
) -> None:
    """Add to a name's history what it points at from now on."""
    values = {"image_id": found.id, "name": name, "digest": None if content is None else str(content)}
    tx.execute(insert(tag_history).values(**values, at=at, by=actor.name, why=why))


def _insert(tx: Connection, found: Image, name: str, manifest_id: int, actor: Actor, *, at: datetime) -> bool:
    """Whether the name was free."""
    made = {"created_by": actor.name, "created_at": at, "edited_by": actor.name, "edited_at": at}
    subject = names.fallback_subject(name)
    values = {
        "image_id": found.id,
        "name": name,
        "natural": names.natural(name),
        "manifest_id": manifest_id,
        "fallback_of": None if subject is None else str(subject),
    }
    if not insert_ignore(tx, tag, {**values, **made}):
        return False
    search.remember(tx, found.id, name)
    return True


def _move(
    tx: Connection,
    found: Image,
    name: str,
    manifest_id: int,
    content: Digest,
    actor: Actor,
    *,
    at: datetime,
    why: str,
) -> None:
    query = select(tag.c.id, tag.c.manifest_id).where(tag.c.image_id == found.id, tag.c.name == name)
    row = tx.execute(query).one()
    if row.manifest_id == manifest_id:
        return
    locks.refuse(tx, found, [manifest_id, row.manifest_id], at=at)
    refuse_immutable(tx, found, name)
    edit = {"edited_by": actor.name, "edited_at": at, "version": tag.c.version + 1}
    tx.execute(update(tag).where(tag.c.id == row.id).values(manifest_id=manifest_id, **edit))
    _edited(tx, [manifest_id, row.manifest_id], actor, at=at)
    images.edited(tx, found, actor, at=at)
    remember(tx, found, name, content, actor, why, at=at)


def refuse_immutable(tx: Connection, found: Image, name: str) -> None:
    """Fallback names list referrers and grow with them, so they are none of these tags."""
    rule = tx.scalar(select(repository.c.immutable_tags).where(repository.c.id == found.repository_id))
    if rule and names.fallback_subject(name) is None and expression.matches(rule, name):
        raise TagImmutable(name, rule)


def _edited(tx: Connection, manifest_ids: list[int], actor: Actor, *, at: datetime) -> None:
    """The names of these digests have changed."""
    own = select(tag.c.natural).where(tag.c.manifest_id == manifest.c.id, tag.c.fallback_of.is_(None))
    first = func.coalesce(own.order_by(tag.c.natural).limit(1).scalar_subquery(), UNTAGGED)
    edit = {"first_tag": first, "version": manifest.c.version + 1, "edited_by": actor.name, "edited_at": at}
    bare = case((manifest.c.first_tag == UNTAGGED, manifest.c.untagged_at), else_=at)
    since = case((own.exists(), None), else_=bare)
    tx.execute(update(manifest).where(manifest.c.id.in_(manifest_ids)).values(**edit, untagged_at=since))
