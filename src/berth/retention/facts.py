"""An image as a plan wants it: three reads, however much it holds."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, select

from berth.db.tables import image, manifest, manifest_edge, registry, repository, tag
from berth.registry import images, locks, reach
from berth.registry.images import Image
from berth.registry.rows import Row
from berth.retention.plan import Content
from berth.words.lock import Lock
from berth.words.names import ImagePath
from berth.words.policies import DeletionPolicy

Texts = Mapping[int, Sequence[str]]
"""By id of a digest."""
_Stored = Mapping[Any, Any]  # Any: column values by name

COLUMNS = (
    manifest.c.id,
    manifest.c.digest,
    manifest.c.subject,
    manifest.c.created_at,
    manifest.c.restored_at,
    manifest.c.pulled_at,
    manifest.c.untagged_at,
    manifest.c.state,
    manifest.c.version,
    manifest.c.total_size,
    manifest.c.locked_at,
    manifest.c.locked_by,
    manifest.c.lock_reason,
    manifest.c.lock_until,
)


def read(tx: Connection, found: Image, *, at: datetime) -> list[Content]:
    """The digests of an image from the newest to the oldest; those at the top come before what they list."""
    own, subjects = _names(tx, tag.c.image_id == found.id)
    parents = _parents(tx, found)
    query = select(*COLUMNS).where(manifest.c.image_id == found.id).order_by(manifest.c.id.desc())
    rows = tx.execute(query).mappings()
    return [_content(row, images.lock_of(row), found, own, subjects, parents.get(row["id"], ()), at) for row in rows]


def alone(tx: Connection, found: Image, ids: Collection[int], *, at: datetime) -> list[Content]:
    """Some of the digests, in no order, without what lists them."""
    own: dict[int, list[str]] = {}
    subjects: dict[int, list[str]] = {}
    for some in reach.batches(ids):
        names, spoken = _names(tx, tag.c.manifest_id.in_(some))
        own |= names
        subjects |= spoken
    rows = [row for some in reach.batches(ids) for row in _rows(tx, some)]
    return [_content(row, images.lock_of(row), found, own, subjects, (), at) for row in rows]


def some(
    tx: Connection,
    found: Image,
    ids: Collection[int],
    own: Texts,
    subjects: Texts,
    parents: Mapping[int, Collection[int]],
    *,
    at: datetime,
    known: Collection[Row] = (),
) -> list[Content]:
    """Some of the digests, in the order of `read`, of which the names are known, and the indexes that list them.

    Those that are `known` are not read again.
    """
    there = {row.id: row for row in known if row.id in ids}
    rows: list[_Stored] = [{**vars(row), "total_size": row.size} for row in there.values()]
    rows += [
        {**row, "own_lock": images.lock_of(row)}
        for some in reach.batches(set(ids) - there.keys())
        for row in _rows(tx, some)
    ]
    rows.sort(key=lambda row: row["id"], reverse=True)
    digests = {row["id"]: row["digest"] for row in rows}

    def above(manifest_id: int) -> list[str]:
        return [digests[parent] for parent in sorted(parents.get(manifest_id, ())) if parent in digests]

    return [_content(row, row["own_lock"], found, own, subjects, above(row["id"]), at) for row in rows]


def _rows(tx: Connection, some: Collection[int]) -> Sequence[RowMapping]:
    return tx.execute(select(*COLUMNS).where(manifest.c.id.in_(some))).mappings().all()


def _content(
    row: _Stored, lock: Lock | None, found: Image, own: Texts, subjects: Texts, parents: Sequence[str], at: datetime
) -> Content:
    whole = str(locks.refusal(str(found.path), found.lock)) if found.lock and found.lock.holds(at) else ""
    locked = whole or (str(locks.refusal(row["digest"], lock)) if lock is not None and lock.holds(at) else "")
    spoken_of = dict.fromkeys([*([row["subject"]] if row["subject"] else []), *subjects.get(row["id"], ())])
    return Content(
        id=row["id"],
        digest=row["digest"],
        pushed_at=row["created_at"],
        tags=tuple(own.get(row["id"], ())),
        subjects=tuple(spoken_of),
        parents=tuple(parents),
        restored_at=row["restored_at"],
        pulled_at=row["pulled_at"],
        untagged_at=row["untagged_at"],
        locked=locked,
        active=row["state"] == "active",
        version=row["version"],
        size=row["total_size"],
    )


def _names(tx: Connection, which: ColumnElement[bool]) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    """By id the names of its own, and what its fallback names speak of."""
    own: dict[int, list[str]] = {}
    subjects: dict[int, list[str]] = {}
    query = select(tag.c.manifest_id, tag.c.name, tag.c.fallback_of).where(which)
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
