"""An image as a plan wants it: three reads, however much it holds."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select

from berth.db.tables import image, manifest, manifest_edge, registry, repository, tag
from berth.registry import images, locks
from berth.registry.images import Image
from berth.retention.plan import Content
from berth.words.names import ImagePath
from berth.words.policies import DeletionPolicy


def read(tx: Connection, found: Image, *, at: datetime, only: Collection[int] | None = None) -> list[Content]:
    """The digests of an image from the newest to the oldest; those at the top come before what they list.

    `only` some of them, by their ids.
    """
    own, subjects = _names(tx, found, only)
    parents = _parents(tx, found, only)
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
    mine = _mine(manifest.c.image_id == found.id, manifest.c.id, only)
    query = select(*columns).where(mine).order_by(manifest.c.id.desc())
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


def _mine(whole: ColumnElement[bool], column: ColumnElement[int], only: Collection[int] | None) -> ColumnElement[bool]:
    return whole if only is None else whole & column.in_(only)


def _names(
    tx: Connection, found: Image, only: Collection[int] | None
) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    """By id the names of its own, and what its fallback names speak of."""
    own: dict[int, list[str]] = {}
    subjects: dict[int, list[str]] = {}
    query = select(tag.c.manifest_id, tag.c.name, tag.c.fallback_of).where(
        _mine(tag.c.image_id == found.id, tag.c.manifest_id, only)
    )
    for manifest_id, name, subject in tx.execute(query.order_by(tag.c.natural)):
        if subject is None:
            own.setdefault(manifest_id, []).append(name)
        else:
            subjects.setdefault(manifest_id, []).append(subject)
    return own, subjects


def _parents(tx: Connection, found: Image, only: Collection[int] | None) -> dict[int, list[str]]:
    parents: dict[int, list[str]] = {}
    query = (
        select(manifest_edge.c.child_id, manifest.c.digest)
        .join(manifest, manifest.c.id == manifest_edge.c.parent_id)
        .where(_mine(manifest.c.image_id == found.id, manifest_edge.c.child_id, only))
    )
    for child_id, digest in tx.execute(query.order_by(manifest.c.id)):
        parents.setdefault(child_id, []).append(digest)
    return parents


def policy_of(tx: Connection, image_id: int) -> DeletionPolicy:
    return DeletionPolicy.from_json(
        tx.execute(select(image.c.policy_deletion).where(image.c.id == image_id)).scalar_one()
    )


def image_of(tx: Connection, image_id: int) -> Image | None:
    """An image that clients see; None when it is no more, or cannot be changed."""
    query = (
        select(image, registry.c.name.label("registry"), repository.c.name.label("repository"))
        .join_from(image, repository)
        .join(registry)
        .where(image.c.id == image_id, image.c.state.in_(images.VISIBLE))
    )
    row = tx.execute(query).mappings().first()
    if row is None:
        return None
    path = ImagePath(row["registry"], row["repository"], row["name"])
    return Image(row["id"], row["repository_id"], path, born=True, lock=images.lock_of(row))
