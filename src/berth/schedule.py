"""What recurs: each job here is put once a period, whatever the number of workers.

A row remembers the last period for which a job was put, and whoever moves it forward puts the job. After a time in
which nobody worked the job is put once, at once. While one waits because it failed, no other is put beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select, update

from berth.audit import trail
from berth.db import insert_ignore
from berth.db.tables import schedule
from berth.jobs import Job
from berth.people import expired
from berth.registry import measuring, place_trash, sweep, trash
from berth.restriction import refused
from berth.retention import working
from berth.scan import forgetting, updating
from berth.site import Site

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KEY = "recurring"


@dataclass(frozen=True)
class Recurring:
    job: Job
    every: timedelta


RECURRING = (
    Recurring(sweep.sweep, timedelta(hours=1)),
    Recurring(trash.purge, timedelta(hours=1)),
    Recurring(place_trash.purge, timedelta(hours=1)),
    Recurring(working.apply_due, timedelta(hours=1)),
    Recurring(measuring.measure, timedelta(minutes=10)),
    Recurring(expired.purge, timedelta(hours=1)),
    Recurring(trail.purge, timedelta(hours=1)),
    Recurring(updating.when_due, timedelta(minutes=10)),
    Recurring(forgetting.forget, timedelta(hours=1)),
    Recurring(refused.forget, timedelta(hours=1)),
)


def put_due(site: Site, recurring: Sequence[Recurring] = RECURRING) -> None:
    """Put the jobs whose period has begun."""
    now = site.now()
    with site.db.read() as tx:
        last = {row.name: row.period for row in tx.execute(select(schedule))}
    for each in recurring:
        period = EPOCH + (now - EPOCH) // each.every * each.every
        if last.get(each.job.name, EPOCH) < period:
            with site.db.write() as tx:
                if _is_first(tx, each.job.name, period):
                    each.job.put(tx, at=now, unique_key=KEY)


def _is_first(tx: Connection, name: str, period: datetime) -> bool:
    """Whether nobody has put the job for this period yet."""
    if insert_ignore(tx, schedule, {"name": name, "period": period}):
        return True
    before = (schedule.c.name == name) & (schedule.c.period < period)
    return tx.execute(update(schedule).where(before).values(period=period)).rowcount > 0
