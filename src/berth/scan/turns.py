"""Whose turn it is: found by index in as many steps as there are repositories that wait, however much waits in each.

    priority   repository   id
     by hand       4          2, 3, ...    the repository whose last turn was longest ago, and its oldest
     on push       1          7, 9, ...    once nothing waits by hand
     anew          ...

A scan that rests after a failure or waits for advisories stands apart, behind the last priority of the same index:
nobody who looks for the next one has to step over it.
"""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, select

from berth.db.tables import manifest, scan, scan_turn

BY_HAND, ON_PUSH, ANEW = 0, 1, 2
"""Priorities: the least goes first."""
RESTS, WAITS = 10, 20
"""Added to the priority of those that stand apart."""
APART = 10
TRIED = 20
"""Of so many repositories something is free, or others are so busy with them that we may come again."""

IS_READY = (scan.c.state == "queued") & (scan.c.priority < RESTS)
IS_RESTING = (scan.c.state == "queued") & (scan.c.priority >= RESTS) & (scan.c.priority < WAITS)
IS_WAITING = (scan.c.state == "queued") & (scan.c.priority >= WAITS)
OWN_PRIORITY = scan.c.priority % APART
"""Wherever it stands."""

_ORDER = (scan.c.state, scan.c.priority, scan.c.repository_id, scan.c.id)
"""Of the index. Asked for by name, for a database that has not counted for a while thinks that it needs none."""


def following(tx: Connection) -> Row[Any] | None:  # Any: a row of the queue
    """The scan whose turn it is, which nobody else gets before the transaction ends."""
    for priority in (BY_HAND, ON_PUSH, ANEW):
        here = (scan.c.state == "queued") & (scan.c.priority == priority)
        for repository_id in tx.scalars(_repositories(here)).all():
            mine = scan.c.repository_id == repository_id
            row = tx.execute(free(here & mine).limit(1)).first()
            if row is not None:
                return row
    return None


def any_of(which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether there is one of these scans."""
    return select(scan.c.id).where(which).order_by(*_ORDER).limit(1).scalar_subquery().is_not(None)


def free(which: ColumnElement[bool]) -> Select[Any]:  # Any: rows of the queue
    """Scans that nobody else changes at this moment, nor their digests, which we are about to change too."""
    query = select(scan.c.id, scan.c.manifest_id, scan.c.repository_id, scan.c.attempts, scan.c.asked_by)
    query = query.add_columns(scan.c.started_at).join(manifest, manifest.c.id == scan.c.manifest_id)
    return query.where(which).order_by(*_ORDER).with_for_update(of=[scan, manifest], skip_locked=True, key_share=True)


def _repositories(here: ColumnElement[bool]) -> Select[Any]:  # Any: ids
    """Those of which something waits, from one to the next by the index; who never had a turn is first."""
    first = select(scan.c.repository_id).where(here).order_by(*_ORDER).limit(1)
    waiting = select(first.scalar_subquery().label("id")).cte("waiting", recursive=True)
    beyond = first.where(scan.c.repository_id > waiting.c.id).correlate(waiting).scalar_subquery()
    waiting = waiting.union_all(select(beyond).where(waiting.c.id.is_not(None)))
    return (
        select(waiting.c.id)
        .outerjoin(scan_turn, scan_turn.c.repository_id == waiting.c.id)
        .where(waiting.c.id.is_not(None))
        .order_by(scan_turn.c.at.is_not(None), scan_turn.c.at, waiting.c.id)
        .limit(TRIED)
    )
