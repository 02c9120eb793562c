"""Leases: a worker has a job for a minute at a time and renews that while it works.

A worker that dies renews nothing, so another takes the job when the minute is over. What tells one lease from the
next is its end: a later lease always ends later.
"""

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Connection, RowMapping, Select, delete, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from berth.db import insert_ignore
from berth.db.tables import job
from berth.site import Site

LENGTH = timedelta(seconds=60)
BEAT_SECONDS = 20.0
FIRST_REST = timedelta(seconds=10)
LONGEST_REST = timedelta(hours=1)
LONGEST_REASON = 2000
DIED = "the worker that ran it went away"

log = structlog.get_logger("berth.jobs")


@dataclass
class Lease:
    id: int
    name: str
    arguments: dict[str, Any]  # Any: JSON values
    unique_key: str | None
    attempts: int
    """This one included."""
    created_at: datetime
    until: datetime


def take(site: Site, names: Collection[str]) -> Lease | None:
    """The job of one of these names that has been due for longest, if there is any."""
    now = site.now()
    query = _takeable(now, names)
    with site.db.read() as tx:  # an idle worker takes no write lock
        if tx.execute(query).first() is None:
            return None
    # None of the writes here is made durable: when power is lost a job runs once more, which it does not mind.
    with site.db.write(durable=False) as tx:
        row = tx.execute(query.with_for_update(skip_locked=True)).mappings().first()
        return None if row is None else _lease(tx, row, now + LENGTH)


def renew(site: Site, lease: Lease) -> bool:
    """Count the lease from now; False when another worker has taken the job over."""
    until = site.now() + LENGTH
    with site.db.write(durable=False) as tx:
        kept = tx.execute(update(job).where(_mine(lease)).values(leased_until=until)).rowcount > 0
    if kept:
        lease.until = until
    return kept


def done(site: Site, lease: Lease) -> None:
    with site.db.write(durable=False) as tx:
        tx.execute(delete(job).where(_mine(lease)))


def rest(site: Site, lease: Lease, reason: str) -> None:
    """Let a job that failed wait, longer after each attempt; unless one with its key waits already."""
    now = site.now()
    values = {
        "id": lease.id,
        "name": lease.name,
        "arguments": lease.arguments,
        "unique_key": lease.unique_key,
        "due_at": now + _pause(lease.attempts),
        "attempts": lease.attempts,
        "reason": reason[:LONGEST_REASON],
        "created_at": lease.created_at,
    }
    with site.db.write(durable=False) as tx:
        if tx.execute(delete(job).where(_mine(lease))).rowcount:
            insert_ignore(tx, job, values)


@contextmanager
def kept(site: Site, lease: Lease, *, every: float = BEAT_SECONDS) -> Iterator[None]:
    """Renew the lease, from a thread of its own, until the block ends."""
    ended = threading.Event()
    heart = threading.Thread(target=_beat, args=(site, lease, ended, every), name=f"lease {lease.id}", daemon=True)
    heart.start()
    try:
        yield
    finally:
        ended.set()
        heart.join()


def _beat(site: Site, lease: Lease, ended: threading.Event, every: float) -> None:
    while not ended.wait(every):
        try:
            if not renew(site, lease):
                log.warning("another worker has taken the job", job=lease.name, id=lease.id)
                return
        except SQLAlchemyError as error:
            log.warning("lease not renewed, will be tried again", job=lease.name, id=lease.id, reason=str(error))


def _takeable(now: datetime, names: Collection[str]) -> Select[Any]:  # Any: job rows
    free = or_(job.c.leased_until.is_(None), job.c.leased_until <= now)
    due = select(job).where(job.c.due_at <= now, free, job.c.name.in_(names))
    return due.order_by(job.c.due_at, job.c.id).limit(1)


def _lease(tx: Connection, row: RowMapping, until: datetime) -> Lease:
    attempts = row["attempts"] + 1
    changed = {"leased_until": until, "attempts": attempts}
    if row["leased_until"] is not None:
        changed["reason"] = DIED
        log.warning("job taken over", job=row["name"], id=row["id"], attempts=attempts, reason=DIED)
    tx.execute(update(job).where(job.c.id == row["id"]).values(**changed))
    same = ("id", "name", "arguments", "unique_key", "created_at")
    return Lease(**{field: row[field] for field in same}, attempts=attempts, until=until)


def _mine(lease: Lease) -> ColumnElement[bool]:
    return (job.c.id == lease.id) & (job.c.leased_until == lease.until)


def _pause(attempts: int) -> timedelta:
    return min(FIRST_REST * (1 << min(attempts - 1, 20)), LONGEST_REST)
