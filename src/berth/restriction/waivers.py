"""Waivers: that somebody takes responsibility for a finding, where, why and until when.

They take findings away from what a digest is judged by, and from nothing else: counts and lists stay as they are. One
that is over counts no longer from that instant on, for whoever asks compares its end with the clock.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, RowMapping, ScalarSelect, Select, func, insert, select, update

from berth.audit import events
from berth.audit.events import Actor
from berth.db import pages, versions
from berth.db.pages import Found, Key, Wanted
from berth.db.tables import registry, repository, waiver
from berth.people.sight import Sight
from berth.restriction import scopes
from berth.restriction.scopes import Scope
from berth.restriction.terms import Terms
from berth.words import time
from berth.words.errors import AlreadyExists, FieldInvalid, WaiverEnded, WaiverUnknown

State = Literal["active", "expired", "ended"]
"""`expired`: its time is over. `ended`: somebody has ended it before that."""

AT_ONCE = 500

_WITHIN = func.coalesce(repository.c.name, "")
SORTS = {
    "expires_at": (waiver.c.expires_at, waiver.c.id),
    "created_at": (waiver.c.created_at, waiver.c.id),
    "vulnerability": (waiver.c.name, waiver.c.id),
    "place": (registry.c.name, _WITHIN, waiver.c.image, waiver.c.digest, waiver.c.id),
}
_TERMS = tuple(field.name for field in fields(Terms))


@dataclass(frozen=True)
class Waiver:
    id: int
    place: str
    registry: str
    repository: str
    """Empty: all of them."""
    image: str
    digest: str
    terms: Terms
    ended_at: datetime | None
    ended_by: str
    version: int
    created_by: str
    created_at: datetime
    edited_by: str
    edited_at: datetime

    def state(self, *, at: datetime) -> State:
        if self.ended_at is not None:
            return "ended"
        return "active" if self.terms.expires_at > at else "expired"


Reader = Callable[[Connection, Key | None], Found[Waiver]]
"""Reads some of many: those that stand after a key, which the ones before told."""


@dataclass(frozen=True)
class Filter:
    """What is not set lets all pass."""

    scope: Scope | None = None
    """Those of it, and of what is in it."""
    vulnerability: str | None = None
    """A whole name, in whatever case."""
    package: str | None = None
    owner: str | None = None
    """A part of it, in whatever case."""
    state: State | None = None
    expires_before: datetime | None = None

    def conditions(self, *, at: datetime) -> Sequence[ColumnElement[bool]]:
        column = waiver.c
        asked = (
            (self.scope, lambda scope: scope.within()),
            (self.vulnerability, lambda name: column.name == name.lower()),
            (self.package, lambda name: func.lower(column.package) == name.lower()),
            (self.owner, lambda part: pages.containing(column.owner, part)),
            (self.state, lambda state: of_state(state, at=at)),
            (self.expires_before, lambda moment: column.expires_at < moment),
        )
        return [condition(value) for value, condition in asked if value is not None]


def of_state(state: State, *, at: datetime) -> ColumnElement[bool]:
    if state == "ended":
        return waiver.c.ended_at.is_not(None)
    over = waiver.c.expires_at <= at if state == "expired" else waiver.c.expires_at > at
    return waiver.c.ended_at.is_(None) & over


def create(tx: Connection, actor: Actor, scope: Scope, terms: Terms, *, at: datetime) -> int:
    """Returns its number. Raises `FieldInvalid`, and `AlreadyExists` where one like it is in force."""
    terms.bounded(at=at)
    alone(tx, scope)
    _expect_none(like(tx, scope, terms, at=at), terms, scope)
    made = {"created_by": actor.name, "created_at": at, "edited_by": actor.name, "edited_at": at}
    values = {**scope.columns(), **_columns(terms), **made}
    number: int = tx.execute(insert(waiver).values(values).returning(waiver.c.id)).scalar_one()
    after = {"waiver": number, **_told(terms)}
    events.record(tx, actor, "waiver.create", str(scope), at=at, after=after)
    return number


def edit(
    tx: Connection,
    actor: Actor,
    found: Waiver,
    terms: Terms,
    *,
    at: datetime,
    expected: int | None = None,
    scope: Scope | None = None,
) -> None:
    """Say it anew, or for another place in its registry; one that has expired may so be renewed.

    The vulnerability stays. Raises `FieldInvalid`, `Stale`, `WaiverEnded`, and `AlreadyExists` where one like it is in
    force.
    """
    _alone(tx, _registry_of(found))
    versions.expect(tx, waiver, found.id, expected)
    now = _held(tx, found.id)
    if scope is not None and scope.place.registry_name != now.registry:
        raise FieldInvalid("place", f"one in {now.registry}, where it is")
    place = now.place if scope is None else str(scope)
    before, after = {"place": now.place, **_told(now.terms)}, {"place": place, **_told(terms)}
    if before == after:
        return
    if terms.expires_at != now.terms.expires_at:
        terms.bounded(at=at)
    row = tx.execute(select(waiver).where(waiver.c.id == now.id)).mappings().one()
    where = {name: row[name] for name in _WHERE} if scope is None else scope.columns()
    same = all(before[name] == after[name] for name in ("place", "package", "package_version"))
    if terms.expires_at > at and (now.state(at=at) == "expired" or not same):
        _expect_none(_like(tx, where, terms, at=at, but=now.id), terms, place)
    changed = {name: value for name, value in after.items() if before[name] != value}
    edited = {"version": waiver.c.version + 1, "edited_by": actor.name, "edited_at": at}
    tx.execute(update(waiver).where(waiver.c.id == now.id).values(**where, **_columns(terms), **edited))
    events.record(
        tx,
        actor,
        "waiver.edit",
        now.place,
        at=at,
        before={"waiver": now.id, **{name: before[name] for name in changed}},
        after={"waiver": now.id, **changed},
    )


def end(tx: Connection, actor: Actor, found: Waiver, *, at: datetime, expected: int | None = None) -> None:
    """From now on it counts no more; it stays in the list. Raises `Stale`, `WaiverEnded`."""
    _alone(tx, _registry_of(found))
    versions.expect(tx, waiver, found.id, expected)
    now = _held(tx, found.id)
    edited = {"version": waiver.c.version + 1, "edited_by": actor.name, "edited_at": at}
    tx.execute(update(waiver).where(waiver.c.id == now.id).values(ended_at=at, ended_by=actor.name, **edited))
    events.record(tx, actor, "waiver.end", now.place, at=at, before={"waiver": now.id, **_told(now.terms)})


def like(tx: Connection, scope: Scope, terms: Terms, *, at: datetime) -> int | None:
    """The number of one in force for exactly this scope, vulnerability and package."""
    return _like(tx, scope.columns(), terms, at=at)


def _like(
    tx: Connection, where: Mapping[str, Any], terms: Terms, *, at: datetime, but: int = 0
) -> int | None:  # Any: column values
    same = {**where, "name": terms.name}
    query = (
        select(waiver.c.id)
        .where(waiver.c.id != but)
        .where(*(waiver.c[name].is_not_distinct_from(value) for name, value in same.items()))
    )
    package = func.lower(waiver.c.package) == terms.package.lower()
    version = waiver.c.package_version == terms.package_version
    return tx.scalar(query.where(package, version, of_state("active", at=at)).order_by(waiver.c.id).limit(1))


def find(tx: Connection, number: int, sight: Sight | None = None) -> Waiver:
    """One that somebody sees. Raises `WaiverUnknown`."""
    query = shown().where(waiver.c.id == number)
    row = tx.execute(query if sight is None else query.where(scopes.seen(sight))).mappings().first()
    if row is None:
        raise WaiverUnknown(number)
    return made(row)


def page(tx: Connection, wanted: Wanted, sight: Sight, asked: Filter, *, at: datetime) -> Found[Waiver]:
    query = shown().where(scopes.seen(sight), *asked.conditions(at=at))
    return pages.fetch(tx, query, SORTS, wanted, made)


def every(sight: Sight, asked: Filter, *, at: datetime) -> Reader:
    """All of what pages tell, by their places."""
    return lambda tx, after: page(tx, Wanted("place", AT_ONCE, after), sight, asked, at=at)


def some(numbers: Collection[int]) -> Reader:
    """Those of them that there are, in their order."""
    ordered = sorted(set(numbers))

    def read(tx: Connection, after: Key | None) -> Found[Waiver]:
        start, end = (after[0], after[0] + AT_ONCE) if after else (0, AT_ONCE)
        query = shown().where(waiver.c.id.in_(ordered[start:end])).order_by(waiver.c.id)
        return Found(list(map(made, tx.execute(query).mappings())), (end,) if end < len(ordered) else None)

    return read


def shown() -> Select[Any]:  # Any: rows are read by name
    above = (registry.c.name.label("registry_name"), repository.c.name.label("repository_name"))
    return select(waiver, *above).select_from(scopes.joined())


def made(row: RowMapping) -> Waiver:
    names = (row["registry_name"], row["repository_name"], row["image"], row["digest"])
    same = ("id", "image", "digest", "ended_at", "ended_by", "version", *_EDITED)
    return Waiver(
        place=scopes.written(*names),
        registry=row["registry_name"],
        repository=row["repository_name"] or "",
        terms=Terms(**{name: row[name] for name in _TERMS}),
        **{name: row[name] for name in same},
    )


_EDITED = ("created_by", "created_at", "edited_by", "edited_at")
_WHERE = ("registry_id", "repository_id", "image", "digest")


def alone(tx: Connection, scope: Scope) -> None:
    """Nobody else makes, changes or ends a waiver of its registry before the transaction ends."""
    _alone(tx, scope.place.registry_id)


def _registry_of(found: Waiver) -> ScalarSelect[int]:
    return select(waiver.c.registry_id).where(waiver.c.id == found.id).scalar_subquery()


def _alone(tx: Connection, registry_id: int | ScalarSelect[int]) -> None:
    tx.execute(select(registry.c.id).where(registry.c.id == registry_id).with_for_update(key_share=True))


def _expect_none(known: int | None, terms: Terms, place: Scope | str) -> None:
    if known is not None:
        raise AlreadyExists("waiver", f"{known}, of {terms.vulnerability} in {place}")


def _held(tx: Connection, number: int) -> Waiver:
    """As it is now, to the end of the transaction."""
    tx.execute(select(waiver.c.id).where(waiver.c.id == number).with_for_update())
    now = find(tx, number)
    if now.ended_at is not None:
        raise WaiverEnded(now.id, now.ended_by)
    return now


def _columns(terms: Terms) -> dict[str, Any]:  # Any: column values
    return {"name": terms.name, **{name: getattr(terms, name) for name in _TERMS}}


def _told(terms: Terms) -> events.Facts:
    facts = {name: getattr(terms, name) for name in _TERMS}
    return {**facts, "expires_at": time.text(terms.expires_at)}
