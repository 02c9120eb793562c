"""Registries: the top of the tree, made by administrators."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from berth.audit import events
from berth.audit.events import Actor
from berth.db import changes, numbers, pages, versions
from berth.db.pages import Found, Wanted
from berth.db.tables import AWAY, registry, repository
from berth.registry import place_trash
from berth.words import names
from berth.words.errors import AlreadyExists, FieldInvalid, NotEmpty, RegistryUnknown

VISIBILITIES = ("private", "public")
HOSTS = ("private_host", "public_host")
LISTENERS = ("private_listener", "public_listener")
EDITABLE = (*HOSTS, *LISTENERS, "public_endpoint", "create_on_push", "description")
SORTS = {
    "name": (registry.c.name,),
    "created_at": (registry.c.created_at, registry.c.id),
    "edited_at": (registry.c.edited_at, registry.c.id),
}


@dataclass(frozen=True)
class Registry:
    id: int
    name: str
    description: str
    visibility: str
    private_host: str | None
    public_host: str | None
    private_listener: str | None
    public_listener: str | None
    public_endpoint: bool
    create_on_push: bool
    state: str
    version: int
    created_by: str
    created_at: datetime
    edited_by: str
    edited_at: datetime


def create(
    tx: Connection,
    actor: Actor,
    name: str,
    *,
    at: datetime,
    visibility: str = "private",
    description: str = "",
    private_host: str | None = None,
    public_host: str | None = None,
    private_listener: str | None = None,
    public_listener: str | None = None,
    public_endpoint: bool = False,
    create_on_push: bool = False,
) -> Registry:
    """Raises `NameInvalid`, `FieldInvalid`, and `AlreadyExists` for a name, host or listener that is taken."""
    if visibility not in VISIBILITIES:
        raise FieldInvalid("visibility", f"one of {', '.join(VISIBILITIES)}")
    values = {
        "name": names.registry(name),
        "visibility": visibility,
        "description": names.description(description),
        "private_host": names.host(private_host) if private_host else None,
        "public_host": names.host(public_host) if public_host else None,
        "private_listener": private_listener or None,
        "public_listener": public_listener or None,
        "public_endpoint": public_endpoint,
        "create_on_push": create_on_push,
    }
    refuse_taken(tx, values)
    made = {"created_by": actor.name, "created_at": at, "edited_by": actor.name, "edited_at": at}
    [number] = numbers.fresh(tx, registry, 1)
    try:
        with tx.begin_nested():
            tx.execute(insert(registry).values(**number, **values, **made))
    except IntegrityError:
        raise AlreadyExists("registry", name) from None
    changes.bump(tx, changes.ACCESS)
    events.record(tx, actor, "registry.create", name, at=at, after=values)
    return find(tx, name)


def edit(
    tx: Connection, actor: Actor, name: str, *, at: datetime, expected: int | None = None, **given: Any
) -> Registry:  # Any: EDITABLE fields
    """Change some of `EDITABLE`; an empty host or listener removes it.

    Raises what `create` does, `RegistryUnknown`, and `Stale` when the version is not the expected one.
    """
    before = find(tx, name)
    versions.expect(tx, registry, before.id, expected)
    unknown = set(given) - set(EDITABLE)
    if unknown:
        raise FieldInvalid(min(unknown), "it cannot be edited")
    values = dict(given)
    for host in HOSTS:
        if host in values:
            values[host] = names.host(values[host]) if values[host] else None
    values.update({listener: values[listener] or None for listener in LISTENERS if listener in values})
    if "description" in values:
        names.description(values["description"])
    _free(tx, vars(before) | values, HOSTS, except_id=before.id)
    _free(tx, vars(before) | values, LISTENERS, except_id=before.id)
    edited = {"edited_by": actor.name, "edited_at": at, "version": registry.c.version + 1}
    tx.execute(update(registry).where(registry.c.id == before.id).values(**values, **edited))
    changes.bump(tx, changes.ACCESS)
    was = {field: getattr(before, field) for field in values}
    events.record(tx, actor, "registry.edit", name, at=at, before=was, after=values)
    return find(tx, name)


def find(tx: Connection, name: str) -> Registry:
    """Raises `RegistryUnknown`."""
    query = select(registry).where(registry.c.name == name, registry.c.state.not_in(AWAY))
    row = tx.execute(query).mappings().first()
    if row is None:
        raise RegistryUnknown(name)
    return _of(row)


def every(tx: Connection) -> list[Registry]:
    query = select(registry).where(registry.c.state.not_in(AWAY)).order_by(registry.c.name)
    return [_of(row) for row in tx.execute(query).mappings()]


def page(tx: Connection, wanted: Wanted, *where: ColumnElement[bool]) -> Found[Registry]:
    return pages.fetch(tx, select(registry).where(*where), SORTS, wanted, _of)


def remove(
    tx: Connection, actor: Actor, name: str, *, at: datetime, keep: timedelta, expected: int | None = None
) -> None:
    """Delete an empty registry, into the trash. Raises `RegistryUnknown`, `NotEmpty`, `Stale`."""
    found = find(tx, name)
    versions.expect(tx, registry, found.id, expected)
    tx.execute(select(registry.c.id).where(registry.c.id == found.id).with_for_update())
    there = (repository.c.registry_id == found.id) & (repository.c.state.not_in(AWAY))
    held = tx.scalar(select(func.count()).where(there)) or 0
    if held:
        raise NotEmpty("registry", name, f"{held} {'repository' if held == 1 else 'repositories'}")
    place_trash.put(tx, registry, found.id, actor, at=at, keep=keep)
    events.record(tx, actor, "registry.delete", name, at=at, before={"visibility": found.visibility})


def refuse_taken(tx: Connection, values: Mapping[str, Any]) -> None:  # Any: column values
    """Raises `AlreadyExists` for a host or listener that another registry has."""
    _free(tx, values, HOSTS)
    _free(tx, values, LISTENERS)


def _of(row: RowMapping) -> Registry:
    return Registry(**{field: row[field] for field in Registry.__dataclass_fields__})


def _free(
    tx: Connection, values: Mapping[str, Any], fields: tuple[str, str], *, except_id: int = 0
) -> None:  # Any: column values
    """One host name, and one listener, stands for one endpoint of one registry."""
    private, public = fields
    asked = [values[field] for field in fields if values.get(field)]
    what = private.removeprefix("private_")
    if len(asked) != len(set(asked)):
        raise FieldInvalid(public, f"the private endpoint has this {what}")
    taken = or_(registry.c[private].in_(asked), registry.c[public].in_(asked))
    other = tx.execute(select(registry.c.name).where(taken, registry.c.id != except_id)).first()
    if asked and other is not None:
        raise AlreadyExists(f"{what} of registry", other[0])
