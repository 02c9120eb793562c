"""Reading what was recorded, and letting go of it after the set time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, or_, select

from berth.audit.events import Facts
from berth.db import pages
from berth.db.pages import Found, Wanted
from berth.db.tables import audit_event
from berth.jobs import job
from berth.site import Site

SORTS = {"at": (audit_event.c.at, audit_event.c.id)}
AT_ONCE = 1000


@dataclass(frozen=True)
class Event:
    id: int
    at: datetime
    actor: str
    address: str
    request_id: str
    action: str
    target: str
    outcome: str
    before: Facts | None
    after: Facts | None


@dataclass(frozen=True)
class Filter:
    """What is not set lets all pass."""

    actor: str | None = None
    """A user, also when a key of theirs has acted."""
    action: str | None = None
    """`registry.edit`, or `registry` for all that was done to registries."""
    target: str | None = None
    """The path of a thing, and with it what is inside."""
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> Sequence[ColumnElement[bool]]:
        column = audit_event.c
        asked = (
            (self.actor, lambda name: _this_or(column.actor, name, " (")),
            (self.action, lambda action: _this_or(column.action, action, ".")),
            (self.target, lambda path: _this_or(column.target, path, "/", ":", "@")),
            (self.outcome, lambda outcome: column.outcome == outcome),
            (self.since, lambda at: column.at >= at),
            (self.until, lambda at: column.at < at),
        )
        return [condition(value) for value, condition in asked if value is not None]


def page(tx: Connection, wanted: Wanted, asked: Filter) -> Found[Event]:
    return pages.fetch(tx, select(audit_event).where(*asked.conditions()), SORTS, wanted, _event)


def every(site: Site, asked: Filter) -> Iterator[Event]:
    """All events that pass, the oldest first, read a thousand at a time."""
    return _read(site, asked, "at")


def newest(site: Site, asked: Filter) -> Iterator[Event]:
    """The same, the newest first."""
    return _read(site, asked, "-at")


def _read(site: Site, asked: Filter, sort: str) -> Iterator[Event]:
    wanted: Wanted | None = Wanted(sort, AT_ONCE)
    while wanted is not None:
        with site.db.read() as tx:
            found = page(tx, wanted, asked)
        yield from found.items
        wanted = Wanted(sort, AT_ONCE, found.next) if found.next else None


@job("audit.purge")
def purge(site: Site) -> None:
    """Events older than the set time go; 0 days keep them for ever."""
    if not site.settings.audit_days:
        return
    ended = site.now() - timedelta(days=site.settings.audit_days)
    over = select(audit_event.c.id).where(audit_event.c.at < ended).order_by(audit_event.c.at).limit(AT_ONCE)
    some = delete(audit_event).where(audit_event.c.id.in_(over))
    site.db.in_parts(lambda tx: tx.execute(some).rowcount, AT_ONCE)


def _this_or(column: ColumnElement[str], text: str, *more: str) -> ColumnElement[bool]:
    return or_(column == text, *(column.startswith(text + sign, autoescape=True) for sign in more))


def _event(row: RowMapping) -> Event:
    return Event(**{field: row[field] for field in Event.__dataclass_fields__})
