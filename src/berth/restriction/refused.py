"""Pulls that rules stood against: collected in memory, written in bulk, kept for a while.

No pull waits for a row. Whoever is refused again and again makes one row a day and one audit event an hour, in
whichever processes that happens.
"""

import threading
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, get_args

from sqlalchemy import BigInteger, Connection, RowMapping, cast, delete, func, select, update

from berth.audit import events
from berth.audit.events import Actor
from berth.db import insert_ignore, pages
from berth.db.pages import Found, Wanted
from berth.db.tables import image, refused_pull, registry, repository
from berth.jobs import job
from berth.people.access import Place
from berth.restriction.verdict import Outcome, Rule
from berth.scan import steps
from berth.site import Site

AT_ONCE = 1000
"""Rows that go in one transaction."""
AUDITED_EVERY = timedelta(hours=1)
MOST = 2000
"""Different ones between two flushes; what comes beyond is counted and not told."""

NOWHERE: tuple[str, ...] = ()

OUTCOMES: tuple[Outcome, ...] = ("refused", "warned", "permitted")
RULES: tuple[Rule, ...] = get_args(Rule)

Facts = dict[str, Any]  # Any: JSON values


@dataclass(frozen=True)
class Key:
    image_id: int
    digest: str
    principal: str
    outcome: Outcome
    rule: Rule
    day: date


@dataclass(frozen=True)
class Pull:
    """The last one of its kind."""

    target: str
    """As audit names it."""
    reference: str
    facts: Facts
    actor: Actor
    at: datetime
    count: int = 1


@dataclass(frozen=True)
class RefusedPull:
    """What was refused to somebody within the days asked for, and how often."""

    id: int
    image: str
    digest: str
    reference: str
    principal: str
    outcome: str
    rule: str
    pulls: int
    last_at: datetime
    facts: Facts
    """Of the last one."""


class Refusals:
    """What happened since the last flush; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pulls: dict[Key, Pull] = {}
        self._totals: Counter[tuple[Outcome, Rule]] = Counter()

    def count(self, key: Key, pull: Pull) -> None:
        with self._lock:
            self._totals[key.outcome, key.rule] += 1
            known = self._pulls.get(key)
            if known is not None or len(self._pulls) < MOST:
                self._pulls[key] = replace(pull, count=pull.count + (known.count if known else 0))

    def totals(self) -> dict[tuple[Outcome, Rule], int]:
        """Since this process began."""
        with self._lock:
            return dict(self._totals)

    def take(self) -> dict[Key, Pull]:
        with self._lock:
            taken, self._pulls = self._pulls, {}
        return taken


def write(tx: Connection, taken: dict[Key, Pull]) -> None:
    """Keep those of images that are still there, and audit what nobody has audited within the hour."""
    paths = _paths(tx, {key.image_id for key in taken})
    there = (key for key, pull in taken.items() if pull.target.startswith(paths.get(key.image_id, NOWHERE)))
    for key in sorted(there, key=_order):
        _write(tx, key, taken[key])


def _paths(tx: Connection, ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """How targets in these images begin, which do not go before the transaction ends.

    SQLite gives the number of the last image, once it is gone, to the next one.
    """
    if not ids:
        return {}
    query = (
        select(image.c.id, registry.c.name, repository.c.name, image.c.name)
        .join_from(image, repository, repository.c.id == image.c.repository_id)
        .join(registry, registry.c.id == repository.c.registry_id)
        .where(image.c.id.in_(ids))
        .order_by(image.c.id)
    )
    rows = tx.execute(query.with_for_update(of=image, read=True, key_share=True))
    return {number: ("/".join(path) + ":", "/".join(path) + "@") for number, *path in rows}


def page(
    tx: Connection,
    place: Place,
    wanted: Wanted,
    *,
    since: datetime,
    image_id: int | None = None,
    outcomes: Collection[str] = ("refused",),
) -> Found[RefusedPull]:
    """Of a repository or one image of it, one row for each digest, principal and rule. Raises `FieldInvalid`."""
    column = refused_pull.c
    here = column.image_id == image_id if image_id is not None else image.c.repository_id == place.repository_id
    same = (column.image_id, column.digest, column.principal, column.outcome, column.rule)
    grouped = (
        select(func.max(column.id).label("id"), cast(func.sum(column.pulls), BigInteger).label("pulls"))
        .add_columns(func.max(column.last_at).label("last_at"))
        .join_from(refused_pull, image, image.c.id == column.image_id)
        .where(here, column.day >= since.date(), column.outcome.in_(outcomes))
        .group_by(*same)
        .subquery("grouped")
    )
    told = (column.digest, column.reference, column.principal, column.outcome, column.rule, column.facts)
    query = (
        select(grouped.c.id, grouped.c.pulls, grouped.c.last_at, *told)
        .add_columns(registry.c.name.label("above"), repository.c.name.label("within"), image.c.name.label("image"))
        .join_from(grouped, refused_pull, column.id == grouped.c.id)
        .join(image, image.c.id == column.image_id)
        .join(repository, repository.c.id == image.c.repository_id)
        .join(registry, registry.c.id == repository.c.registry_id)
    )
    sorts = {
        "last_at": (grouped.c.last_at, grouped.c.id),
        "pulls": (grouped.c.pulls, grouped.c.id),
    }
    return pages.fetch(tx, query, sorts, wanted, _refused)


@job("restriction.forget_pulls")
def forget(site: Site) -> None:
    """Those older than the set time go, so many at a time that no pull waits for long to be written."""
    ended = (site.now() - timedelta(days=site.settings.refused_pull_days)).date()
    over = select(refused_pull.c.id).where(refused_pull.c.day < ended).order_by(refused_pull.c.day).limit(AT_ONCE)
    gone = AT_ONCE
    while gone == AT_ONCE:
        with steps.write(site) as tx:
            gone = tx.execute(delete(refused_pull).where(refused_pull.c.id.in_(over))).rowcount


def _order(key: Key) -> tuple[object, ...]:
    return (key.image_id, key.digest, key.principal, key.outcome, key.rule, key.day)


def _write(tx: Connection, key: Key, pull: Pull) -> None:
    column = refused_pull.c
    same = dict(vars(key))
    told = {"reference": pull.reference, "facts": pull.facts, "last_at": pull.at}
    insert_ignore(tx, refused_pull, {**same, **told})
    mine = [column[name] == value for name, value in same.items()]
    tx.execute(update(refused_pull).where(*mine).values(**told, pulls=column.pulls + pull.count))
    if key.outcome == "warned":
        return
    lately = select(column.id).where(*mine[:-1], column.audited_at > pull.at - AUDITED_EVERY).exists()
    due = tx.execute(update(refused_pull).where(*mine, ~lately).values(audited_at=pull.at)).rowcount
    if due:
        outcome = "refused" if key.outcome == "refused" else "done"
        after = {"verdict": key.outcome, "rule": key.rule, "reasons": pull.facts["reasons"]}
        events.record(tx, pull.actor, "manifest.pull", pull.target, at=pull.at, after=after, outcome=outcome)


def _refused(row: RowMapping) -> RefusedPull:
    same = ("id", "digest", "reference", "principal", "outcome", "rule", "last_at", "facts")
    path = f"{row['above']}/{row['within']}/{row['image']}"
    return RefusedPull(image=path, pulls=row["pulls"], **{name: row[name] for name in same})
