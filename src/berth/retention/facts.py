"""An image as a plan wants it: three reads, however much it holds."""

from datetime import datetime

from sqlalchemy import Connection, select

from berth.db.tables import manifest, manifest_edge, tag
from berth.registry import images, locks
from berth.registry.images import Image
from berth.retention.plan import Content


def read(tx: Connection, found: Image, *, at: datetime) -> list[Content]:
    """The digests of an image from the newest to the oldest; those at the top come before what they list."""
    own, subjects = _names(tx, found)
    parents = _parents(tx, found)
    whole = str(locks.refusal(str(found.path), found.lock)) if found.lock and found.lock.holds(at) else ""
    columns = (
        manifest.c.id,
        manifest.c.digest,
        manifest.c.subject,
        manifest.c.created_at,
        manifest.c.restored_at,
        manifest.c.pulled_at,
        manifest.c.untagged_at,
        manifest.c.state,
        manifest.c.version,
        manifest.c.locked_at,
        manifest.c.locked_by,
        manifest.c.lock_reason,
        manifest.c.lock_until,
    )
    query = select(*columns).where(manifest.c.image_id == found.id).order_by(manifest.c.id.desc())
    contents = []
    for row in tx.execute(query).mappings():
        lock = images.lock_of(row)
        locked = whole or (str(locks.refusal(row["digest"], lock)) if lock is not None and lock.holds(at) else "")
        spoken_of = dict.fromkeys([*([row["subject"]] if row["subject"] else []), *subjects.get(row["id"], ())])
        contents.append(
            Content(
                id=row["id"],
                digest=row["digest"],
                pushed_at=row["created_at"],
                tags=tuple(own.get(row["id"], ())),
                subjects=tuple(spoken_of),
                parents=tuple(parents.get(row["id"], ())),
                restored_at=row["restored_at"],
                pulled_at=row["pulled_at"],
                untagged_at=row["untagged_at"],
                locked=locked,
                active=row["state"] == "active",
                version=row["version"],
            )
        )
    return contents


def _names(tx: Connection, found: Image) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    """By id the names of its own, and what its fallback names speak of."""
    own: dict[int, list[str]] = {}
    subjects: dict[int, list[str]] = {}
    query = select(tag.c.manifest_id, tag.c.name, tag.c.fallback_of).where(tag.c.image_id == found.id)
    for manifest_id, name, subject in tx.execute(query.order_by(tag.c.natural)):
        if subject is None:
            own.setdefault(manifest_id, []).append(name)
        else:
            subjects.setdefault(manifest_id, []).append(subject)
    return own, subjects


def _parents(tx: Connection, found: Image) -> dict[int, list[str]]:
    parents: dict[int, list[str]] = {}
    query = (
        select(manifest_edge.c.child_id, manifest.c.digest)
        .join(manifest, manifest.c.id == manifest_edge.c.parent_id)
        .where(manifest.c.image_id == found.id)
    )
    for child_id, digest in tx.execute(query.order_by(manifest.c.id)):
        parents.setdefault(child_id, []).append(digest)
    return parents
