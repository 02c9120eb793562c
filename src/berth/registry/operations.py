"""Operations: work that goes on after its request was answered, for whoever wants to follow it.

    queued ──> running ──> done
                      └──> failed      with the reason; what it could do is done

A row belongs to a job, which ends it, also after a crash. It outlives what it deletes.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Table,
    delete,
    func,
    insert,
    null,
    or_,
    select,
    true,
    update,
)

from berth.audit.events import Actor
from berth.db import pages
from berth.db.pages import Found, Wanted
from berth.db.tables import operation, registry, repository
from berth.people import sight
from berth.people.access import Place
from berth.people.callers import Caller
from berth.words.errors import OperationUnknown

KEPT = timedelta(days=30)
GOING_ON = ("queued", "running")
SORTS = {"started_at": (operation.c.started_at, operation.c.id)}

Item = dict[str, Any]  # Any: JSON values; `item`, `state` (queued, done, refused, failed), `reason` and what it tells


@dataclass(frozen=True)
class Operation:
    id: str
    kind: str
    target: str
    registry_id: int | None
    repository_id: int | None
    state: str
    items: list[Item]
    total: int
    finished: int
    reason: str
    started_by: str
    started_at: datetime
    ended_at: datetime | None

    @property
    def ended(self) -> bool:
        return self.state not in GOING_ON


def start(
    tx: Connection,
    kind: str,
    target: str,
    actor: Actor,
    *,
    at: datetime,
    total: int,
    items: Sequence[Item] = (),
    repository_id: int | None = None,
    registry_id: int | None = None,
) -> str:
    """Make the row of what a job is going to do; returns its id. The registry follows from the repository."""
    operation_id = str(uuid.uuid4())
    if registry_id is None:
        registry_id = tx.scalar(select(repository.c.registry_id).where(repository.c.id == repository_id))
    place = {"repository_id": repository_id, "registry_id": registry_id}
    progress = {"state": "queued", "items": list(items), "total": total, "finished": 0}
    made = {"started_by": actor.name, "started_at": at}
    tx.execute(insert(operation).values(id=operation_id, kind=kind, target=target, **place, **progress, **made))
    return operation_id


def find(tx: Connection, operation_id: str) -> Operation:
    """Raises `OperationUnknown`."""
    row = tx.execute(select(operation).where(operation.c.id == operation_id)).mappings().first()
    if row is None:
        raise OperationUnknown(operation_id)
    return _of(row)


def page(
    tx: Connection, place: Place | None, wanted: Wanted, *where: ColumnElement[bool], state: str | None = None
) -> Found[Operation]:
    """The operations of a place, or of all; SORTS names the orders. Raises `FieldInvalid`."""
    query = select(operation).where(*where)
    if place is not None:
        query = query.where(
            operation.c.registry_id == place.registry_id
            if place.repository_id is None
            else operation.c.repository_id == place.repository_id
        )
    if state is not None:
        query = query.where(operation.c.state == state)
    return pages.fetch(tx, query, SORTS, wanted, _of)


def count_going_on(tx: Connection, *where: ColumnElement[bool], most: int) -> int:
    """How many go on, counted up to `most`."""
    some = select(operation.c.id).where(operation.c.state.in_(GOING_ON), *where).limit(most).subquery()
    return tx.scalar(select(func.count()).select_from(some)) or 0


def on(tx: Connection, repository_id: int, *targets: str) -> str | None:
    """The id of the operation that changes one of these now, if any does."""
    query = select(operation.c.id).where(
        operation.c.repository_id == repository_id, operation.c.target.in_(targets), operation.c.state.in_(GOING_ON)
    )
    found: str | None = tx.scalar(query.order_by(operation.c.started_at).limit(1))
    return found


def begin(tx: Connection, operation_id: str) -> Operation:
    """The job has it in hand, perhaps for a second time."""
    mine = (operation.c.id == operation_id) & operation.c.state.in_(GOING_ON)
    tx.execute(update(operation).where(mine).values(state="running"))
    return find(tx, operation_id)


def progress(tx: Connection, operation_id: str, finished: int) -> None:
    """So many more are finished."""
    tx.execute(update(operation).where(operation.c.id == operation_id).values(finished=operation.c.finished + finished))


def end(
    tx: Connection, operation_id: str, *, at: datetime, reason: str = "", items: Sequence[Item] | None = None
) -> None:
    """With a reason it has failed."""
    values: dict[str, object] = {"state": "failed" if reason else "done", "reason": reason, "ended_at": at}
    if items is not None:
        values |= {"items": list(items), "finished": sum(item["state"] == "done" for item in items)}
    elif not reason:
        values["finished"] = operation.c.total
    tx.execute(update(operation).where(operation.c.id == operation_id).values(**values))


def others_going_on(tx: Connection, current: Operation) -> bool:
    """Whether another operation works on the same target."""
    query = select(operation.c.id).where(
        operation.c.repository_id == current.repository_id,
        operation.c.target == current.target,
        operation.c.state.in_(GOING_ON),
        operation.c.id != current.id,
    )
    return tx.execute(query.limit(1)).first() is not None


def outlive(tx: Connection, place: Table, place_id: int) -> None:
    """A registry or repository goes for good. What was done there says no more where: SQLite numbers the next one so.

    Of a repository the registry stays said.
    """
    whole = place is registry
    here = (operation.c.registry_id if whole else operation.c.repository_id) == place_id
    nowhere = {"registry_id": null()} if whole else {}
    tx.execute(update(operation).where(here).values(repository_id=null(), **nowhere))


def forget(tx: Connection, *, at: datetime) -> int:
    """Drop what ended long ago."""
    old = operation.c.started_at < at - KEPT
    return tx.execute(delete(operation).where(old, operation.c.state.not_in(GOING_ON))).rowcount


def _of(row: RowMapping) -> Operation:
    return Operation(**{field: row[field] for field in Operation.__dataclass_fields__})


def visible(tx: Connection, caller: Caller) -> ColumnElement[bool]:
    """Those in places where the caller has a right, and their own; for administrators, all."""
    seen = sight.of(tx, caller.principal)
    if seen.everything:
        return true()
    return or_(
        operation.c.registry_id.in_(seen.registries),
        operation.c.repository_id.in_(seen.repositories),
        operation.c.started_by == caller.actor.name,
    )


def opened(tx: Connection, caller: Caller, operation_id: str) -> Operation:
    """One of them. Raises `OperationUnknown`."""
    found, seen = find(tx, operation_id), sight.of(tx, caller.principal)
    here = found.registry_id in seen.registries or found.repository_id in seen.repositories
    if not (seen.everything or here or found.started_by == caller.actor.name):
        raise OperationUnknown(operation_id)
    return found
