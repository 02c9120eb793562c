"""Quarantine: somebody puts a digest out of use at once, whatever the rules of its image say, and says why.

Of an index all that it lists goes with it, and is released with it, unless another index in quarantine lists that
too. It stays with a digest through the trash, and when the same is pushed again while it is there.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, select, update

from berth.audit import events
from berth.audit.events import Actor
from berth.db.tables import manifest
from berth.registry import images, reach
from berth.registry.images import Image
from berth.restriction.subjects import quarantine_of
from berth.restriction.verdict import Quarantine
from berth.words.digest import Digest
from berth.words.errors import FieldInvalid, ManifestDeleting, ManifestInactive, ManifestUnknown

LONGEST = 255
NOTHING = {"quarantined_at": None, "quarantined_by": "", "quarantine_reason": ""}


def put(tx: Connection, found: Image, content: Digest, actor: Actor, *, at: datetime, reason: str) -> None:
    """What is in quarantine already gets the new reason.

    Raises `FieldInvalid`, `ManifestUnknown`, `ManifestDeleting`, `ManifestInactive`.
    """
    if not reason.strip() or len(reason) > LONGEST:
        raise FieldInvalid("reason", f"1 to {LONGEST} characters that say why")
    wanted = {"quarantined_at": at, "quarantined_by": actor.name, "quarantine_reason": reason}
    row = _held(tx, found, content)
    own = quarantine_of(row["quarantined_by"], row["quarantined_at"], row["quarantine_reason"])
    free = manifest.c.quarantined_at.is_(None) if own is None else _same_as(own) | manifest.c.quarantined_at.is_(None)
    _set(tx, row, wanted, free, actor, at)
    after = {"reason": reason}
    before = None if own is None else own.to_json()
    events.record(tx, actor, "manifest.quarantine", f"{found.path}@{content}", at=at, before=before, after=after)


def lift(tx: Connection, found: Image, content: Digest, actor: Actor, *, at: datetime) -> None:
    """Let it be judged by the rules again. What is in no quarantine stays as it is. Raises as `put` does."""
    row = _held(tx, found, content)
    own = quarantine_of(row["quarantined_by"], row["quarantined_at"], row["quarantine_reason"])
    if own is None:
        return
    _pass_on(tx, row, own, actor, at)
    _set(tx, row, NOTHING, _same_as(own), actor, at)
    events.record(tx, actor, "manifest.release", f"{found.path}@{content}", at=at, before=own.to_json())


def _held(tx: Connection, found: Image, content: Digest) -> RowMapping:
    """Its row, held to the end of the transaction."""
    now = images.again(tx, found)
    mine = (manifest.c.image_id == now.id) & (manifest.c.digest == str(content))
    row = tx.execute(select(manifest).where(mine).with_for_update(key_share=True)).mappings().first()
    if row is None:
        raise ManifestUnknown(str(content))
    if row["state"] == "deleting":
        raise ManifestDeleting(str(content))
    if row["state"] == "inactive":
        raise ManifestInactive(str(content), row["state_reason"])
    return row


def _set(
    tx: Connection,
    row: RowMapping,
    wanted: Mapping[str, object],
    also: ColumnElement[bool],
    actor: Actor,
    at: datetime,
) -> None:
    edit = {**wanted, **_edit(actor, at)}
    tx.execute(update(manifest).where(manifest.c.id == row["id"]).values(edit))
    tx.execute(update(manifest).where(manifest.c.id.in_(reach.below(row["id"])), also).values(edit))


def _pass_on(tx: Connection, row: RowMapping, own: Quarantine, actor: Actor, at: datetime) -> None:
    """What other indexes in quarantine list as well stays in it for their sake."""
    put_out = ("quarantined_at", "quarantined_by", "quarantine_reason")
    query = select(manifest.c.id, *(manifest.c[name] for name in put_out)).where(
        manifest.c.image_id == row["image_id"],
        manifest.c.kind == "index",
        manifest.c.quarantined_at.is_not(None),
        ~_same_as(own),
    )
    mine = set(tx.scalars(reach.below(row["id"]))) - {row["id"]}
    others = tx.execute(query.order_by(manifest.c.quarantined_at)).mappings().all() if mine else ()
    for other in others:
        wanted = {name: other[name] for name in put_out}
        for some in reach.batches(mine & set(tx.scalars(reach.below(other["id"])))):
            shared = manifest.c.id.in_(some) & _same_as(own)
            tx.execute(update(manifest).where(shared).values({**wanted, **_edit(actor, at)}))


def _edit(actor: Actor, at: datetime) -> dict[str, object]:
    return {"version": manifest.c.version + 1, "edited_by": actor.name, "edited_at": at}


def _same_as(own: Quarantine) -> ColumnElement[bool]:
    return (
        (manifest.c.quarantined_at == own.at)
        & (manifest.c.quarantined_by == own.by)
        & (manifest.c.quarantine_reason == own.reason)
    )
