"""What a tag pointed at, from when to when, by whom and why; and putting it back to what it was.

A row of `tag_history` says what a name points at from then on; without a digest the name was removed.

    why: push · edit · delete · restore · put-back
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, select

from berth.audit import events
from berth.audit.events import Actor
from berth.db import pages
from berth.db.pages import Found, Wanted
from berth.db.tables import tag_history, trash
from berth.registry import images, naming, tags
from berth.registry.images import Image
from berth.words import digest as digests
from berth.words import names, time
from berth.words.errors import FieldInvalid, ManifestUnknown, Unrestorable

SORTS = {"at": (tag_history.c.at, tag_history.c.id)}


@dataclass(frozen=True)
class Span:
    """A time in which a name pointed at one digest, or at none."""

    name: str
    digest: str | None
    since: datetime
    until: datetime | None
    """None: to this day."""
    by: str
    why: str


def page(tx: Connection, found: Image, name: str, wanted: Wanted) -> Found[Span]:
    """The history of one name. Raises `FieldInvalid` for a wrong order or key."""
    later = tag_history.alias("later")
    after = (later.c.at > tag_history.c.at) | ((later.c.at == tag_history.c.at) & (later.c.id > tag_history.c.id))
    until = (
        select(func.min(later.c.at))
        .where(later.c.image_id == tag_history.c.image_id, later.c.name == tag_history.c.name, after)
        .scalar_subquery()
    )
    query = select(tag_history, until.label("until"))
    return pages.fetch(
        tx, query.where(tag_history.c.image_id == found.id, tag_history.c.name == name), SORTS, wanted, _of
    )


def digest_at(tx: Connection, found: Image, name: str, moment: datetime) -> str | None:
    """What a name pointed at then; None when it pointed at nothing."""
    query = select(tag_history.c.digest).where(
        tag_history.c.image_id == found.id, tag_history.c.name == name, tag_history.c.at <= moment
    )
    return tx.scalar(query.order_by(tag_history.c.at.desc(), tag_history.c.id.desc()).limit(1))


def put_back(
    tx: Connection, found: Image, name: str, moment: datetime, actor: Actor, *, at: datetime, dry_run: bool = False
) -> naming.Change:
    """Let a name point at what it pointed at then.

    Raises `TagInvalid`, `FieldInvalid` when it pointed at nothing then, `Unrestorable` when the digest is not there,
    which says whether the trash has it, `Locked` and `TagImmutable`.
    """
    found = images.again(tx, found)
    was = digest_at(tx, found, names.tag(name), moment)
    if was is None:
        raise FieldInvalid("at", f"the tag {name} pointed at nothing on {time.text(moment)}")
    manifest_id = _there(tx, found, was)
    change = naming.Change(name, naming.holders(tx, found, [name]).get(name), was)
    if dry_run or change.before == was:
        return change
    tags.put(tx, found, name, manifest_id, digests.parse(was), actor, at=at, why="put-back")
    images.edited(tx, found, actor, at=at)
    _record(tx, found, change, actor, at=at)
    return change


def _there(tx: Connection, found: Image, digest: str) -> int:
    try:
        return naming.find(tx, found, digests.parse(digest))
    except ManifestUnknown:
        entry = _trash_entry(tx, found, digest)
        where = "it is gone for good" if entry is None else f"it is in the trash, as entry {entry}; restore it first"
        raise Unrestorable(digest, where) from None


def _trash_entry(tx: Connection, found: Image, digest: str) -> int | None:
    query = select(func.max(trash.c.id)).where(
        trash.c.repository_id == found.repository_id, trash.c.image == found.path.image, trash.c.digest == digest
    )
    entry: int | None = tx.scalar(query)
    return entry


def _record(tx: Connection, found: Image, change: naming.Change, actor: Actor, *, at: datetime) -> None:

    target = f"{found.path}:{change.name}"
    events.record(
        tx, actor, "tag.put-back", target, at=at, before={"digest": change.before}, after={"digest": change.after}
    )


def _of(row: RowMapping) -> Span:
    return Span(row["name"], row["digest"], row["at"], row["until"], row["by"], row["why"])
