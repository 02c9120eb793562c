"""The trash: what was deleted, by whomever, with all that is needed to restore it, until its time is over.

A row is a digest with its document, its columns, children and tags, and holds its blobs by `trash_blob`. When a whole
image was deleted one more row, of the kind `image`, keeps what the image said of itself.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Column, Connection, RowMapping, Table, delete, insert, select

from berth.audit import events
from berth.audit.events import Actor
from berth.db import numbers, pages
from berth.db.columns import Instant
from berth.db.pages import Found, Wanted
from berth.db.tables import image, manifest, manifest_blob, manifest_body, manifest_edge, tag, trash, trash_blob
from berth.jobs import job
from berth.people.access import Place
from berth.registry import limits, operations, past, reach, tags
from berth.registry.images import Image
from berth.settings import Settings
from berth.site import Site
from berth.words import time
from berth.words.digest import Digest
from berth.words.errors import TrashUnknown

BATCH = 200
DIGEST, IMAGE = "digest", "image"
SORTS = {
    "deleted_at": (trash.c.deleted_at, trash.c.id),
    "purge_at": (trash.c.purge_at, trash.c.id),
    "image": (trash.c.image, trash.c.id),
    "size": (trash.c.size, trash.c.id),
}

NOT_KEPT = {"id", "image_id", "repository_id", "name", "digest", "first_tag", "state", "state_reason"}
"""Columns that a row gets anew, or has in the trash as columns of their own."""

log = structlog.get_logger("berth.registry")

Facts = dict[str, Any]  # Any: JSON values


@dataclass(frozen=True)
class Item:
    id: int
    kind: str
    image: str
    digest: str
    tags: list[str]
    media_type: str
    size: int
    batch: str
    """What was deleted together has the same one."""
    deleted_at: datetime
    deleted_by: str
    why: str
    purge_at: datetime


def kept(settings: Settings) -> timedelta:
    """How long the trash keeps things; nothing at all when this is no time."""
    return timedelta(days=settings.trash_days)


def new_batch() -> str:
    return str(uuid.uuid4())


def move(
    tx: Connection,
    found: Image,
    manifest_ids: Collection[int],
    actor: Actor,
    *,
    at: datetime,
    keep: timedelta,
    why: str,
    batch: str,
) -> list[str]:
    """Take digests out of an image and put them into the trash; returns the names that went with them.

    The caller holds the image's row and has decided that they may go.
    """
    if keep:
        for some in reach.batches(manifest_ids, BATCH):
            _store(tx, found, some, {**_deed(actor, at, keep, why), "batch": batch})
    names = tags.remove_all_of(tx, found, list(manifest_ids), actor, at=at, why=why)
    reach.erase(tx, manifest_ids)
    return names


def keep_image(
    tx: Connection, found: Image, actor: Actor, *, at: datetime, keep: timedelta, why: str, batch: str
) -> None:
    """Put what an image says of itself into the trash."""
    if keep:
        row = tx.execute(select(image).where(image.c.id == found.id)).mappings().one()
        what = {"kind": IMAGE, "digest": "", "facts": facts_of(image, row), "tags": [], "body": b"", "size": 0}
        here = {"repository_id": found.repository_id, "image": found.path.image, "batch": batch}
        [number] = numbers.fresh(tx, trash, 1)
        tx.execute(insert(trash).values(**number, **what, **here, **_deed(actor, at, keep, why)))


def page(tx: Connection, place: Place, wanted: Wanted, *, image_name: str | None = None) -> Found[Item]:
    """What the trash of a repository has; SORTS names the orders. Raises `FieldInvalid`."""
    query = select(*(column for column in trash.c if column.name != "body")).where(
        trash.c.repository_id == place.repository_id
    )
    if image_name is not None:
        query = query.where(trash.c.image == image_name)
    return pages.fetch(tx, query, SORTS, wanted, _item)


def find(tx: Connection, place: Place, trash_id: int) -> Item:
    """Raises `TrashUnknown`."""
    return _item(load(tx, place, [trash_id])[0])


def quarantine_of(tx: Connection, found: Image, content: Digest) -> Facts:
    """Columns of a digest that was in quarantine when it went, and is pushed anew: so that this is no way out."""
    mine = (trash.c.repository_id == found.repository_id) & (trash.c.digest == str(content))
    query = select(trash.c.facts).where(mine, trash.c.image == found.path.image)
    last = tx.scalar(query.order_by(trash.c.deleted_at.desc(), trash.c.id.desc()).limit(1))
    known = {} if last is None else last["manifest"]
    return values_of(manifest, {name: value for name, value in known.items() if name.startswith("quarantine")})


def load(tx: Connection, place: Place, ids: Sequence[int]) -> list[RowMapping]:
    """Rows of a repository's trash, held to the end of the transaction. Raises `TrashUnknown`."""
    query = select(trash).where(trash.c.repository_id == place.repository_id, trash.c.id.in_(ids))
    rows = {row["id"]: row for row in tx.execute(query.order_by(trash.c.id).with_for_update()).mappings()}
    for wanted in ids:
        if wanted not in rows:
            raise TrashUnknown(wanted)
    return [rows[wanted] for wanted in dict.fromkeys(ids)]


def of_batch(tx: Connection, place: Place, batch: str) -> list[int]:
    """The ids of all that was deleted together."""
    query = select(trash.c.id).where(trash.c.repository_id == place.repository_id, trash.c.batch == batch)
    return list(tx.scalars(query.order_by(trash.c.id)))


def discard(tx: Connection, place: Place, ids: Sequence[int], actor: Actor, *, at: datetime) -> None:
    """Give up to 50 of them up for good, before their time is over. Raises `TrashUnknown`, `FieldInvalid`."""
    limits.at_most("ids", ids)
    rows = load(tx, place, ids)
    take_out(tx, ids)
    for row in rows:
        was = {"deleted_at": time.text(row["deleted_at"]), "deleted_by": row["deleted_by"], "tags": _names(row)}
        target = f"{place}/{row['image']}@{row['digest']}".rstrip("@")
        events.record(tx, actor, "trash.discard", target, at=at, before=was)


@job("registry.purge_trash")
def purge(site: Site) -> None:
    """What has been in the trash for its time goes for good; the sweep frees its bytes."""
    gone = take_out_what_is_over(site)
    with site.db.write(durable=False) as tx:
        forgotten = operations.forget(tx, at=site.now())
    log.info("trash purged", entries=gone, operations=forgotten)


def facts_of(table: Table, row: RowMapping) -> Facts:
    """The columns of a row as JSON; `values_of` reads them."""
    return {column.name: _plain(row[column.name]) for column in table.c if column.name not in NOT_KEPT}


def values_of(table: Table, facts: Mapping[str, Any]) -> Facts:  # Any: JSON values
    """The inverse of `facts_of`; what a later release has added is left to its default."""
    return {column.name: _value(column, facts[column.name]) for column in table.c if column.name in facts}


def take_out_what_is_over(site: Site) -> int:
    """In small transactions; returns how many entries went."""

    def some(tx: Connection) -> int:
        over = select(trash.c.id).where(trash.c.purge_at <= site.now()).order_by(trash.c.purge_at).limit(BATCH)
        return take_out(tx, list(tx.scalars(over)))

    return site.db.in_parts(some, BATCH)


def take_out(tx: Connection, ids: Collection[int]) -> int:
    """Entries, and with an image the history of its names; returns how many went."""
    images = select(trash.c.batch).where(trash.c.id.in_(ids), trash.c.kind == IMAGE)
    past.forget(tx, list(tx.scalars(images)))
    return tx.execute(delete(trash).where(trash.c.id.in_(ids))).rowcount


def _deed(actor: Actor, at: datetime, keep: timedelta, why: str) -> dict[str, object]:
    return {"deleted_at": at, "deleted_by": actor.name, "why": why, "purge_at": at + keep}


def _store(tx: Connection, found: Image, ids: list[int], deed: dict[str, object]) -> None:
    rows = tx.execute(select(manifest, manifest_body.c.body).join(manifest_body).where(manifest.c.id.in_(ids)))
    names, children, held = _tags(tx, ids), _children(tx, ids), _blobs(tx, ids)
    here = {"repository_id": found.repository_id, "image": found.path.image, "kind": DIGEST, **deed}
    values, ids_of = [], {}
    for row in rows.mappings():
        ids_of[row["digest"]] = row["id"]
        facts = {"manifest": facts_of(manifest, row), "children": children.get(row["id"], [])}
        what = {"digest": row["digest"], "facts": facts, "tags": names.get(row["id"], [])}
        values.append({**here, **what, "body": row["body"], "size": row["total_size"]})
    values = [{**number, **each} for number, each in zip(numbers.fresh(tx, trash, len(values)), values, strict=True)]
    # All in one statement: each for itself would be a way to the database and back.
    stored = tx.execute(insert(trash).returning(trash.c.id, trash.c.digest), values).all()
    holds = [{"trash_id": each.id, "digest": blob} for each in stored for blob in held.get(ids_of[each.digest], ())]
    if holds:
        tx.execute(insert(trash_blob), holds)


def _tags(tx: Connection, ids: list[int]) -> dict[int, list[Facts]]:
    found: dict[int, list[Facts]] = {}
    for row in tx.execute(select(tag).where(tag.c.manifest_id.in_(ids)).order_by(tag.c.natural)).mappings():
        made = {"created_by": row["created_by"], "created_at": time.text(row["created_at"])}
        found.setdefault(row["manifest_id"], []).append({"name": row["name"], **made})
    return found


def _children(tx: Connection, ids: list[int]) -> dict[int, list[Facts]]:
    found: dict[int, list[Facts]] = {}
    query = (
        select(manifest_edge.c.parent_id, manifest.c.digest, manifest_edge.c.platform)
        .join(manifest, manifest.c.id == manifest_edge.c.child_id)
        .where(manifest_edge.c.parent_id.in_(ids))
    )
    for parent_id, digest, platform in tx.execute(query.order_by(manifest.c.digest)):
        found.setdefault(parent_id, []).append({"digest": digest, "platform": platform})
    return found


def _blobs(tx: Connection, ids: list[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    query = select(manifest_blob.c.manifest_id, manifest_blob.c.digest).where(manifest_blob.c.manifest_id.in_(ids))
    for manifest_id, digest in tx.execute(query):
        found.setdefault(manifest_id, []).append(digest)
    return found


def _names(row: RowMapping) -> list[str]:
    return [each["name"] for each in row["tags"]]


def _item(row: RowMapping) -> Item:
    same = ("id", "kind", "image", "digest", "size", "batch", "deleted_at", "deleted_by", "why", "purge_at")
    media_type = row["facts"].get("manifest", {}).get("media_type", "")
    return Item(tags=_names(row), media_type=media_type, **{field: row[field] for field in same})


def _plain(value: object) -> object:
    return time.text(value) if isinstance(value, datetime) else value


def _value(column: Column[Any], kept_as: object) -> object:  # Any: columns of different types
    return datetime.fromisoformat(str(kept_as)) if isinstance(column.type, Instant) and kept_as else kept_as
