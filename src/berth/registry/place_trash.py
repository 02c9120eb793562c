"""Registries and repositories in the trash, until their time is over.

    active ──deleted──> trashed ──restored──────────────> active, with all that went with it
       │                   └──time is over, discarded──┐
       └──deleted, and the trash keeps nothing──> leaving ──batch after batch──> gone for good

The row stays, and with it what hangs on it: of a repository its own trash, where its images are, and its grants; of a
registry its repositories. It gives up what another one may take meanwhile, above all its name. That stands as JSON
in `state_reason`, together with the time at which the row goes for good; the last edit tells who deleted it when.

There may be very much in it, so it goes in small transactions; from the first of them on nobody sees it any more.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import structlog
from sqlalchemy import Connection, RowMapping, Table, delete, func, select, update

from berth.audit import events
from berth.audit.events import Actor
from berth.db import changes, pages
from berth.db.pages import Found, Wanted
from berth.db.tables import LEAVING, TRASHED, registry, repository
from berth.db.tables import trash as entries
from berth.jobs import job
from berth.people import access, sight
from berth.people.access import Place
from berth.people.callers import Caller
from berth.registry import limits, opening, operations, past, trash
from berth.site import Site
from berth.words import time
from berth.words.actions import Action
from berth.words.errors import TrashUnknown

HISTORY = 1000
"""So many lines of the past of tags go at once."""

GIVEN_UP = ("name", "private_host", "public_host", "private_listener", "public_listener")
"""Columns that no two rows may have alike."""

WENT_WITH = {registry.name: "delete registry", repository.name: "delete repository"}
"""Why something is in the trash that went with a registry or repository, and comes back with it."""

SORTS = {
    table.name: {"deleted_at": (table.c.edited_at, table.c.id), "id": (table.c.id,)} for table in (registry, repository)
}

log = structlog.get_logger("berth.registry")

Facts = dict[str, Any]  # Any: JSON values


@dataclass(frozen=True)
class Item:
    id: int
    kind: str
    """registry | repository"""
    path: str
    description: str
    images: int
    """So many whole images come back with it."""
    deleted_at: datetime
    deleted_by: str
    purge_at: datetime


def put(tx: Connection, table: Table, row_id: int, actor: Actor, *, at: datetime, keep: timedelta, **told: Any) -> None:
    """Put an empty registry or repository into the trash, or on its way for good when that keeps nothing.

    `told` is kept with what the row gives up. Any: JSON values. The caller holds the row.
    """
    changes.bump(tx, changes.ACCESS)
    row = tx.execute(select(table).where(table.c.id == row_id)).mappings().one()
    given_up = [name for name in GIVEN_UP if name in table.c]
    kept = {name: row[name] for name in given_up} | told | {"purge_at": time.text(at + keep)}
    values: Facts = dict.fromkeys(given_up) | {"name": f"~{row_id}", "state": TRASHED, "state_reason": json.dumps(kept)}
    edit = {"edited_by": actor.name, "edited_at": at, "version": table.c.version + 1}
    tx.execute(update(table).where(table.c.id == row_id).values(**values, **edit))
    if not keep:
        _leave(tx, table, row_id, at=at)


def kept_of(row: RowMapping) -> Facts:
    """What a row in the trash has given up, and what was told of it."""
    kept: Facts = json.loads(row["state_reason"])
    return kept


def registries(tx: Connection, wanted: Wanted) -> Found[Item]:
    """For operators. SORTS names the orders. Raises `FieldInvalid`."""
    return _page(tx, registry, wanted, select(registry).where(registry.c.state == TRASHED))


def repositories(tx: Connection, caller: Caller, above: Place, wanted: Wanted) -> Found[Item]:
    """Those of a registry that the caller may bring back. Raises `FieldInvalid`."""
    query = select(repository).where(repository.c.registry_id == above.registry_id, repository.c.state == TRASHED)
    if not opening.is_operator(caller):
        rights = access.rights_of(tx, caller.principal)
        rows = tx.execute(query).mappings()
        query = query.where(
            repository.c.id.in_([row["id"] for row in rows if Action.ADMIN in rights.on(_place(above, row))])
        )
    return _page(tx, repository, wanted, query, f"{above}/")


def every(tx: Connection, caller: Caller, limit: int) -> list[Item]:
    """What the caller may bring back anywhere, the last deleted first, and one more than `limit` if there is more."""
    wanted = Wanted("-deleted_at", limit + 1)
    found = registries(tx, wanted).items if opening.is_operator(caller) else []
    query = select(registry.c.id, registry.c.name, registry.c.visibility)
    with_some = select(repository.c.registry_id).where(repository.c.state == TRASHED)
    there = sight.of(tx, caller.principal).of_registries()
    for row in tx.execute(query.where(there, registry.c.id.in_(with_some))).all():
        found += repositories(tx, caller, Place(*row), wanted).items
    return sorted(found, key=lambda item: item.deleted_at, reverse=True)[: limit + 1]


def hold(tx: Connection, caller: Caller, above: Place | None, item_id: int) -> RowMapping:
    """A registry in the trash, or a repository of one that is not, held to the end of the transaction.

    The caller must be an operator, or have the right to admin on the repository. Raises `TrashUnknown`.
    """
    table = registry if above is None else repository
    query = select(table).where(table.c.id == item_id, table.c.state == TRASHED)
    if above is not None:
        query = query.where(repository.c.registry_id == above.registry_id)
    row = tx.execute(query.with_for_update()).mappings().first()
    if row is None:
        raise TrashUnknown(item_id)
    if above is None:
        opening.operator(caller)
    elif Action.ADMIN not in access.allowed(tx, caller.principal, _place(above, row)):
        raise TrashUnknown(item_id)
    return row


def find(tx: Connection, caller: Caller, above: Place | None, item_id: int) -> Item:
    """As `hold`, to be shown."""
    row = hold(tx, caller, above, item_id)
    table, prefix = (registry, "") if above is None else (repository, f"{above}/")
    return _item(table, row, _images(tx, table, [item_id]), prefix)


def discard(tx: Connection, caller: Caller, above: Place | None, ids: Sequence[int], *, at: datetime) -> None:
    """Give up to 50 of them up for good, with all that went with them. Raises `TrashUnknown`, `FieldInvalid`."""
    limits.at_most("ids", ids)
    table = registry if above is None else repository
    for item_id in ids:
        item = find(tx, caller, above, item_id)
        _leave(tx, table, item_id, at=at)
        was = {"deleted_at": time.text(item.deleted_at), "deleted_by": item.deleted_by, "images": item.images}
        events.record(tx, caller.actor, "trash.discard", item.path, at=at, before=was)


@job("registry.purge_places")
def purge(site: Site) -> None:
    """What has been in the trash for its time, or was given up before, goes for good."""
    trash.take_out_what_is_over(site)
    for table in (repository, registry):
        for row_id in _over(site, table):
            with site.db.write() as tx:
                held = tx.execute(select(table).where(table.c.id == row_id).with_for_update()).mappings().first()
                if held is not None and _is_over(held, site.now()):
                    _mark(tx, table, row_id)
    gone = sum(_erase(site, table, row_id) for table in (repository, registry) for row_id in _leaving(site, table))
    log.info("registries and repositories purged from the trash", gone=gone)


def _over(site: Site, table: Table) -> list[int]:
    with site.db.read() as tx:
        rows = tx.execute(select(table).where(table.c.state == TRASHED)).mappings()
        return [row["id"] for row in rows if _is_over(row, site.now())]


def _is_over(row: RowMapping, now: datetime) -> bool:
    return row["state"] == TRASHED and datetime.fromisoformat(kept_of(row)["purge_at"]) <= now


def _leave(tx: Connection, table: Table, row_id: int, *, at: datetime) -> None:
    """Nobody sees it any more, and the job does the rest, which may be much."""
    _mark(tx, table, row_id)
    purge.put(tx, at=at, unique_key=LEAVING)


def _mark(tx: Connection, table: Table, row_id: int) -> None:
    tx.execute(update(table).where(table.c.id == row_id).values(state=LEAVING))


def _leaving(site: Site, table: Table) -> list[int]:
    with site.db.read() as tx:
        return list(tx.scalars(select(table.c.id).where(table.c.state == LEAVING).order_by(table.c.id)))


def _erase(site: Site, table: Table, row_id: int) -> int:
    """What of it is in the trash, a part after the other, then the row; returns whether it was still there."""
    inside = [row_id]
    if table is registry:
        with site.db.read() as tx:
            inside = list(tx.scalars(select(repository.c.id).where(repository.c.registry_id == row_id)))
    for repository_id in inside:
        began = monotonic()
        while _take_out_some(site, repository_id):
            site.db.give_way(began)
            began = monotonic()
    with site.db.write() as tx:
        operations.outlive(tx, table, row_id)
        if table is registry:
            tx.execute(delete(repository).where(repository.c.registry_id == row_id))
        return tx.execute(delete(table).where(table.c.id == row_id)).rowcount


def _take_out_some(site: Site, repository_id: int) -> bool:
    """Says whether there is more. What another one is taking out at this moment is left to them."""
    mine = select(entries.c.id, entries.c.kind, entries.c.batch).where(entries.c.repository_id == repository_id)
    with site.db.write(durable=False) as tx:
        some = tx.execute(mine.limit(trash.BATCH).with_for_update(skip_locked=True)).all()
        images = [each.batch for each in some if each.kind == trash.IMAGE]
        if past.forget_some(tx, images, HISTORY) < HISTORY:
            trash.take_out(tx, [each.id for each in some])
    return bool(some)


def _page(tx: Connection, table: Table, wanted: Wanted, query: Any, prefix: str = "") -> Found[Item]:  # Any: rows
    found: Found[RowMapping] = pages.fetch(tx, query, SORTS[table.name], wanted, lambda row: row)
    images = _images(tx, table, [row["id"] for row in found.items])
    return Found([_item(table, row, images, prefix) for row in found.items], found.next)


def _images(tx: Connection, table: Table, ids: Collection[int]) -> dict[int, int]:
    """By registry or repository the whole images that went with it."""
    whose = repository.c.registry_id if table is registry else repository.c.id
    query = (
        select(whose, func.count())
        .join_from(entries, repository, repository.c.id == entries.c.repository_id)
        .where(whose.in_(ids), entries.c.kind == trash.IMAGE, entries.c.why.in_(WENT_WITH.values()))
    )
    return {row[0]: row[1] for row in tx.execute(query.group_by(whose))}


def _item(table: Table, row: RowMapping, images: dict[int, int], prefix: str) -> Item:
    kept = kept_of(row)
    return Item(
        id=row["id"],
        kind=table.name,
        path=prefix + kept["name"],
        description=row["description"],
        images=images.get(row["id"], 0),
        deleted_at=row["edited_at"],
        deleted_by=row["edited_by"],
        purge_at=datetime.fromisoformat(kept["purge_at"]),
    )


def _place(above: Place, row: RowMapping) -> Place:
    """By the name it had, which is what scopes of keys speak of."""
    return Place(above.registry_id, above.registry_name, above.visibility, row["id"], kept_of(row)["name"])
