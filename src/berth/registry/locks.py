"""Locks: of an image with all that is in it, of single digests, and by a repository's default (SPEC 4.3, 10).

    in force for a digest = the image's own lock, or the digest's, or that of an index above it

A lock counts only until its end, if it has one. Whoever changes an image holds the image's row, and a lock is set
under it as well, so no push passes a lock that was there before it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Table, func, or_, select, update

from berth.audit import events
from berth.audit.events import Actor
from berth.db.tables import image, manifest, manifest_edge
from berth.registry import images, limits
from berth.registry.images import Image
from berth.words import lock as words
from berth.words import time
from berth.words.digest import Digest
from berth.words.errors import Locked, ManifestDeleting, ManifestInactive, ManifestUnknown, Refusal
from berth.words.lock import Lock
from berth.words.policies import LockPolicy

NOTHING = {"locked_at": None, "locked_by": "", "lock_reason": "", "lock_until": None}


@dataclass(frozen=True)
class Outcome:
    """What became of one of several; `refusal` says why it was left as it was."""

    item: str
    refusal: Refusal | None = None

    @property
    def done(self) -> bool:
        return self.refusal is None


def refuse_image(tx: Connection, found: Image, *, at: datetime) -> None:
    """Raises `Locked` when the image itself is. The caller holds the image's row."""
    own = images.lock_of(tx.execute(select(image).where(image.c.id == found.id)).mappings().first())
    if own is not None and own.holds(at):
        raise refusal(str(found.path), own)


def refuse(tx: Connection, found: Image, manifest_ids: Collection[int], *, at: datetime) -> None:
    """Raises `Locked` when the image, one of these digests or an index above one of them is."""
    refuse_image(tx, found, at=at)
    for locked in held(tx, manifest_ids, at=at).values():
        raise locked


def held(tx: Connection, manifest_ids: Collection[int], *, at: datetime) -> dict[int, Locked]:
    """For each of these digests that is locked, by itself or by an index above it, that lock."""
    start = select(manifest.c.id.label("id"), manifest.c.id.label("of")).where(manifest.c.id.in_(manifest_ids))
    above = start.cte("above", recursive=True)
    above = above.union(
        select(manifest_edge.c.parent_id, above.c.of).join(above, manifest_edge.c.child_id == above.c.id)
    )
    query = select(manifest, above.c.of).join(above, above.c.id == manifest.c.id).where(in_force_on(manifest, at))
    found: dict[int, Locked] = {}
    for row in tx.execute(query.order_by(above.c.of, manifest.c.id.desc())).mappings():
        own = images.lock_of(row)
        if own is not None and (row["of"] not in found or row["id"] == row["of"]):
            found[row["of"]] = refusal(row["digest"], own)
    return found


def count_own(tx: Connection, found: Image, *, at: datetime) -> int:
    """How many digests of an image are locked by themselves."""
    mine = (manifest.c.image_id == found.id) & in_force_on(manifest, at)
    return tx.scalar(select(func.count()).select_from(manifest).where(mine)) or 0


def in_force_on(table: Table, at: datetime) -> ColumnElement[bool]:
    """Whether the own lock of an image or digest holds."""
    return table.c.locked_at.is_not(None) & or_(table.c.lock_until.is_(None), table.c.lock_until > at)


def refusal(what: str, own: Lock) -> Locked:
    return Locked(what, own.by, own.at, own.reason, own.until)


def lock_image(
    tx: Connection, found: Image, actor: Actor, *, at: datetime, reason: str = "", until: datetime | None = None
) -> None:
    """Lock an image and with it all that is inside. Raises `FieldInvalid`, `ImageBusy`, and what `again` does."""
    words.check(reason, until, at=at)
    put_on(tx, images.for_settings(tx, found), actor, at=at, reason=reason, until=until)


def unlock_image(tx: Connection, found: Image, actor: Actor, *, at: datetime) -> None:
    """Unlock an image and all digests inside."""
    take_off(tx, images.for_settings(tx, found), actor, at=at)


def put_on(
    tx: Connection, now: Image, actor: Actor, *, at: datetime, reason: str = "", until: datetime | None = None
) -> None:
    """Lock an image as it is now, whose row is held."""
    _set_image(tx, now, Lock(actor.name, at, reason, until), actor, at=at)


def take_off(tx: Connection, now: Image, actor: Actor, *, at: datetime) -> None:
    """Unlock an image as it is now, whose row is held."""
    _set_image(tx, now, None, actor, at=at)
    inside = (manifest.c.image_id == now.id) & manifest.c.locked_at.is_not(None)
    tx.execute(update(manifest).where(inside).values(**NOTHING, **_edit(manifest.c.version, actor, at)))


def when_tagged(tx: Connection, found: Image, actor: Actor, *, at: datetime) -> None:
    """The image got its first tag, and its repository wants such images locked."""
    put_on(tx, found, actor, at=at, reason="locked by default when its first tag was put")


def lock_digests(
    tx: Connection,
    found: Image,
    contents: Sequence[Digest],
    actor: Actor,
    *,
    at: datetime,
    reason: str = "",
    until: datetime | None = None,
) -> list[Outcome]:
    """Lock up to 50 digests, and say of each what happened. Raises `FieldInvalid`."""
    words.check(reason, until, at=at)
    return _each(tx, found, contents, Lock(actor.name, at, reason, until), actor, at=at)


def unlock_digests(
    tx: Connection, found: Image, contents: Sequence[Digest], actor: Actor, *, at: datetime
) -> list[Outcome]:
    """Unlock up to 50 digests. In a locked image each is refused with `Locked`, which names the image."""
    return _each(tx, found, contents, None, actor, at=at)


def _each(
    tx: Connection, found: Image, contents: Sequence[Digest], wanted: Lock | None, actor: Actor, *, at: datetime
) -> list[Outcome]:
    limits.at_most("digests", contents)
    now = images.again(tx, found)
    query = select(manifest).where(manifest.c.image_id == found.id, manifest.c.digest.in_(map(str, contents)))
    rows = {row["digest"]: row for row in tx.execute(query).mappings()}
    outcomes = [Outcome(text, _why_not(now, rows.get(text), text, wanted, at)) for text in _once(map(str, contents))]
    going = [rows[outcome.item] for outcome in outcomes if outcome.done]
    if going:
        values = {**_columns(wanted), **_edit(manifest.c.version, actor, at)}
        tx.execute(update(manifest).where(manifest.c.id.in_([row["id"] for row in going])).values(**values))
    for row in going:
        _record(tx, actor, "manifest", f"{found.path}@{row['digest']}", images.lock_of(row), wanted, at=at)
    return outcomes


def _why_not(now: Image, row: RowMapping | None, text: str, wanted: Lock | None, at: datetime) -> Refusal | None:
    if row is None:
        return ManifestUnknown(text)
    if row["state"] == "deleting":
        return ManifestDeleting(text)
    if row["state"] == "inactive":
        return ManifestInactive(text, row["state_reason"])
    if wanted is None and now.lock is not None and now.lock.holds(at):
        return refusal(str(now.path), now.lock)
    return None


def _set_image(tx: Connection, found: Image, wanted: Lock | None, actor: Actor, *, at: datetime) -> None:
    """An image's lock policy says what its lock is."""
    policy = {"policy_lock": LockPolicy(locked=wanted is not None).to_json()}
    values = {**_columns(wanted), **policy, **_edit(image.c.version, actor, at)}
    tx.execute(update(image).where(image.c.id == found.id).values(**values))
    _record(tx, actor, "image", str(found.path), found.lock, wanted, at=at)


def _record(
    tx: Connection, actor: Actor, what: str, target: str, before: Lock | None, after: Lock | None, *, at: datetime
) -> None:
    verb = "unlock" if after is None else "lock"
    events.record(tx, actor, f"{what}.{verb}", target, at=at, before=to_json(before), after=to_json(after))


def to_json(lock: Lock | None) -> dict[str, Any] | None:  # Any: JSON values
    if lock is None:
        return None
    until = None if lock.until is None else time.text(lock.until)
    return {"by": lock.by, "at": time.text(lock.at), "reason": lock.reason, "until": until}


def _columns(lock: Lock | None) -> dict[str, object]:
    if lock is None:
        return dict(NOTHING)
    return {"locked_at": lock.at, "locked_by": lock.by, "lock_reason": lock.reason, "lock_until": lock.until}


def _edit(version: ColumnElement[int], actor: Actor, at: datetime) -> dict[str, object]:
    return {"version": version + 1, "edited_by": actor.name, "edited_at": at}


def _once(texts: Iterable[str]) -> list[str]:
    """Each once, in the order given."""
    return list(dict.fromkeys(texts))
