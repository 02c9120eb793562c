"""Grants: what an account may do in a registry or repository, given by those who may."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, delete, func, select, update

from berth.audit import events
from berth.audit.events import Actor
from berth.db import changes, insert_ignore, pages
from berth.db.pages import Found, Wanted
from berth.db.tables import AWAY, account, grant_, registry, repository
from berth.people.access import Place
from berth.people.accounts import Account
from berth.words import actions as words
from berth.words.actions import NONE, Actions
from berth.words.errors import FieldInvalid, GrantUnknown, Stale

_WITHIN = func.coalesce(repository.c.name, "")
SORTS = {
    "place": (registry.c.name, _WITHIN, account.c.name),
    "user": (account.c.name, registry.c.name, _WITHIN),
    "created_at": (grant_.c.created_at, grant_.c.id),
}


@dataclass(frozen=True)
class Grant:
    user: str
    place: str
    """`registry` or `registry/repository`."""
    actions: Actions
    version: int
    """Goes up whenever the actions change."""
    created_by: str
    created_at: datetime


def expect(tx: Connection, user: Account, place: Place, version: int | None) -> None:
    """Hold a grant as somebody has read it. Raises `Stale`, also when it is no more; None takes any."""
    if version is None:
        return
    query = select(grant_.c.version).where(grant_.c.account_id == user.id, at_place(place))
    if tx.scalar(query.with_for_update()) != version:
        raise Stale("grant")


def give(tx: Connection, actor: Actor, user: Account, place: Place, actions: Actions, *, at: datetime) -> Actions:
    """Add actions to what an account may do in a place; returns what it may do there by grant from now on."""
    if not actions:
        raise FieldInvalid("actions", "at least one action or role")
    values = {
        "account_id": user.id,
        "registry_id": place.registry_id,
        "repository_id": place.repository_id,
        "actions": "",
        "created_by": actor.name,
        "created_at": at,
    }
    insert_ignore(tx, grant_, values)
    before = _actions(tx, user, place) or NONE
    if not actions <= before:
        _set(tx, actor, user, place, before, before | actions, at=at)
    return before | actions


def replace(tx: Connection, actor: Actor, user: Account, place: Place, actions: Actions, *, at: datetime) -> None:
    """Let an account do exactly this in a place by grant; no action at all ends the grant."""
    if actions:
        give(tx, actor, user, place, actions, at=at)
    before = _actions(tx, user, place) or NONE
    if before - actions:
        take(tx, actor, user, place, before - actions, at=at)


def take(
    tx: Connection, actor: Actor, user: Account, place: Place, actions: Actions | None = None, *, at: datetime
) -> Actions:
    """Take actions, or all of them, from a grant; returns what is left of it. Raises `GrantUnknown`."""
    before = _actions(tx, user, place)
    if before is None or (actions is not None and not actions & before):
        raise GrantUnknown(user.name, str(place))
    left = NONE if actions is None else before - actions
    _set(tx, actor, user, place, before, left, at=at)
    return left


def find(tx: Connection, user: Account, place: Place) -> Grant:
    """Raises `GrantUnknown`."""
    found = _list(tx, grant_.c.account_id == user.id, at_place(place))
    if not found:
        raise GrantUnknown(user.name, str(place))
    return found[0]


def of_account(tx: Connection, user: Account) -> list[Grant]:
    return _list(tx, grant_.c.account_id == user.id)


def on_place(tx: Connection, place: Place) -> list[Grant]:
    """Grants on exactly this registry or repository."""
    return _list(tx, at_place(place))


def every(tx: Connection) -> list[Grant]:
    return _list(tx)


def page(tx: Connection, wanted: Wanted, *where: ColumnElement[bool]) -> Found[Grant]:
    return pages.fetch(tx, _grants().where(*where), SORTS, wanted, _grant)


def at_place(place: Place) -> ColumnElement[bool]:
    """For a list: grants on exactly this registry or repository."""
    return and_(
        grant_.c.registry_id == place.registry_id, grant_.c.repository_id.is_not_distinct_from(place.repository_id)
    )


def _list(tx: Connection, *where: ColumnElement[bool]) -> list[Grant]:
    query = _grants().where(*where).order_by(registry.c.name, repository.c.name.nulls_first(), account.c.name)
    return [_grant(row) for row in tx.execute(query).mappings()]


def _grants() -> Select[Any]:  # Any: rows are read by name
    return (
        select(
            account.c.name.label("user"),
            registry.c.name.label("registry"),
            repository.c.name.label("repository"),
            grant_.c.actions,
            grant_.c.version,
            grant_.c.created_by,
            grant_.c.created_at,
        )
        .join_from(grant_, account)
        .join(registry, grant_.c.registry_id == registry.c.id)
        .outerjoin(repository, grant_.c.repository_id == repository.c.id)
        .where(registry.c.state.not_in(AWAY), func.coalesce(repository.c.state, "").not_in(AWAY))
    )


def _grant(row: RowMapping) -> Grant:
    place = f"{row['registry']}/{row['repository']}" if row["repository"] else row["registry"]
    made = {field: row[field] for field in ("version", "created_by", "created_at")}
    return Grant(row["user"], place, words.split(row["actions"]), **made)


def _actions(tx: Connection, user: Account, place: Place) -> Actions | None:
    """What a grant allows now; the row is locked, so that two who change it do not lose each other's change."""
    line = tx.scalar(select(grant_.c.actions).where(grant_.c.account_id == user.id, at_place(place)).with_for_update())
    return None if line is None else words.split(line)


def _changed(actions: Actions) -> dict[str, Any]:  # Any: column values
    return {"actions": words.join(actions), "version": grant_.c.version + 1}


def _set(
    tx: Connection, actor: Actor, user: Account, place: Place, before: Actions, after: Actions, *, at: datetime
) -> None:
    row = and_(grant_.c.account_id == user.id, at_place(place))
    tx.execute(update(grant_).where(row).values(**_changed(after)) if after else delete(grant_).where(row))
    changes.bump(tx, changes.ACCESS)
    facts: list[events.Facts] = [{"user": user.name, "actions": words.join(actions)} for actions in (before, after)]
    action = "grant.give" if before < after else "grant.take"
    events.record(tx, actor, action, str(place), at=at, before=facts[0], after=facts[1])
