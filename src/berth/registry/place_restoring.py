"""Restoring a registry or repository from the trash: at once what it said of itself, then image after image.

Whoever pushes meanwhile is in nobody's way: where a name is taken by then its image stays in the trash, and the
operation tells so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Connection, RowMapping, Table, func, select, update
from sqlalchemy.exc import IntegrityError

from berth.audit import events
from berth.audit.events import Actor
from berth.db import changes
from berth.db.tables import AWAY, TRASHED, registry, repository
from berth.db.tables import trash as entries
from berth.jobs import job
from berth.people.access import Place
from berth.people.callers import Caller
from berth.registry import operations, place_trash, registries, restoring
from berth.registry.operations import Item, Operation
from berth.site import Site
from berth.words import names
from berth.words.errors import AlreadyExists, Refusal

log = structlog.get_logger("berth.registry")


@dataclass(frozen=True)
class Requested:
    path: str
    operation: str | None
    """None when it went without images."""


def request_registry(
    tx: Connection, caller: Caller, item_id: int, *, at: datetime, name: str | None = None
) -> Requested:
    """With the repositories that went with it; under another name if one is given.

    Raises `TrashUnknown`, `Denied`, `NameInvalid`, and `AlreadyExists` for a name, host or listener that is taken.
    """
    row = place_trash.hold(tx, caller, None, item_id)
    kept = place_trash.kept_of(row)
    path = names.registry(name or kept["name"])
    registries.refuse_taken(tx, kept)
    _back(tx, registry, row, path, caller.actor, path, at=at)
    inside = select(repository).where(repository.c.registry_id == item_id, repository.c.state == TRASHED)
    for each in tx.execute(inside.with_for_update()).mappings().all():
        own = place_trash.kept_of(each)
        if own.get("with_registry"):
            _back(tx, repository, each, own["name"], caller.actor, f"{path}/{own['name']}", at=at)
    return _begun(tx, "registry", path, caller.actor, item_id, None, at=at)


def request_repository(
    tx: Connection, caller: Caller, above: Place, item_id: int, *, at: datetime, name: str | None = None
) -> Requested:
    """Under another name if one is given. Raises `TrashUnknown`, `NameInvalid`, and `AlreadyExists`."""
    row = place_trash.hold(tx, caller, above, item_id)
    own = names.repository(name or place_trash.kept_of(row)["name"])
    path = f"{above}/{own}"
    _back(tx, repository, row, own, caller.actor, path, at=at)
    return _begun(tx, "repository", path, caller.actor, above.registry_id, item_id, at=at)


@job("registry.restore_place")
def images(site: Site, *, operation_id: str, registry_id: int, repository_id: int | None) -> None:
    with site.db.write() as tx:
        operation = operations.begin(tx, operation_id)
    if operation.ended:
        return
    with site.db.read() as tx:
        waiting = _waiting(tx, registry_id, repository_id)
    items = [_restore(site, operation, place, batch, image) for place, batch, image in waiting]
    failed = sum(item["state"] == "failed" for item in items)
    reason = f"{failed} of {len(items)} images could not be restored and are in the trash" if failed else ""
    with site.db.write() as tx:
        operations.end(tx, operation_id, at=site.now(), reason=reason, items=items)


def _back(tx: Connection, table: Table, row: RowMapping, name: str, actor: Actor, path: str, *, at: datetime) -> None:
    """Raises `AlreadyExists`."""
    kept = place_trash.kept_of(row)
    values = {column: kept[column] for column in place_trash.GIVEN_UP if column in table.c}
    edit = {"edited_by": actor.name, "edited_at": at, "version": table.c.version + 1}
    active = {"name": name, "state": "active", "state_reason": ""}
    try:
        with tx.begin_nested():
            tx.execute(update(table).where(table.c.id == row["id"]).values(**{**values, **active, **edit}))
    except IntegrityError:
        raise AlreadyExists(table.name, path) from None
    changes.bump(tx, changes.ACCESS)
    events.record(tx, actor, f"{table.name}.restore", path, at=at, after={"deleted_by": row["edited_by"]})


def _begun(
    tx: Connection, what: str, path: str, actor: Actor, above: int, within: int | None, *, at: datetime
) -> Requested:
    waiting = len(_waiting(tx, above, within))
    if not waiting:
        return Requested(path, None)
    operation = operations.start(
        tx, f"restore {what}", path, actor, at=at, total=waiting, registry_id=above, repository_id=within
    )
    images.put(tx, at=at, operation_id=operation, registry_id=above, repository_id=within)
    return Requested(path, operation)


def _waiting(tx: Connection, registry_id: int, repository_id: int | None) -> list[tuple[Place, str, str]]:
    """What went with the places that are there again: where, its batch and the image."""
    columns = (registry.c.id, registry.c.name, registry.c.visibility, repository.c.id, repository.c.name)
    mine = repository.c.registry_id == registry_id if repository_id is None else repository.c.id == repository_id
    query = (
        select(*columns, entries.c.batch, entries.c.image)
        .join_from(entries, repository, repository.c.id == entries.c.repository_id)
        .join(registry, registry.c.id == repository.c.registry_id)
        .where(mine, repository.c.state.not_in(AWAY), entries.c.why.in_(place_trash.WENT_WITH.values()))
        .group_by(*columns, entries.c.batch, entries.c.image)
        .order_by(repository.c.id, func.min(entries.c.id))
    )
    return [(Place(*row[:5]), row[5], row[6]) for row in tx.execute(query)]


def _restore(site: Site, operation: Operation, place: Place, batch: str, image: str) -> Item:
    item: Item = {"item": f"{place}/{image}", "state": "done", "reason": ""}
    reason = _attempt(site, lambda tx: _one(tx, site, operation, place, batch))
    return item | {"state": "failed", "reason": reason} if reason else item


def _one(tx: Connection, site: Site, operation: Operation, place: Place, batch: str) -> None:
    restoring.restore_batch(tx, place, batch, Actor(operation.started_by), at=site.now())
    operations.progress(tx, operation.id, 1)


def _attempt(site: Site, act: Callable[[Connection], object]) -> str:
    """Do one transaction; returns why it could not be done."""
    try:
        with site.db.write() as tx:
            act(tx)
    except Refusal as refusal:
        return str(refusal)
    except Exception as error:
        log.exception("not restored")
        return f"{type(error).__name__}: {str(error).splitlines()[0][:500]}"
    return ""
