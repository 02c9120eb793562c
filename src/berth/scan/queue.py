"""Who waits for a scan: rows that are the queue while they wait, and its history when they have ended.

    queued ──claim──> running ──> done
       ^                 ├──────> failed     with the code and the reason; the last good result stays
       ├──── again ──────┤                   a passing trouble: after 1, 5 and 30 minutes
       └── lease over ───┘                   the worker that ran it went away

A row goes with its digest, which cancels the scan. What the digest's own row says of its scan is set here alone.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, case, delete, exists, func, or_, select, update

from berth.audit.events import Actor
from berth.db import insert_ignore, pages, upsert
from berth.db.pages import Found, Wanted
from berth.db.tables import advisory_file, image, manifest, scan, scan_turn
from berth.scan.failed import Code, ScanFailed
from berth.scan.tally import Tally

BY_HAND, ON_PUSH, ANEW = 0, 1, 2
"""Priorities: the least goes first."""

LEASE = timedelta(seconds=60)
ATTEMPTS = 4
RESTS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
PASSING: frozenset[Code] = frozenset({"WORKER_LOST", "ADAPTER_UNREACHABLE", "SCANNER_TIMEOUT", "BLOB_MISSING"})
"""Troubles that may pass by themselves."""
KEPT = 20
"""Of each digest; older ones are forgotten."""
WAITS_FOR_ADVISORIES = "NO_DATABASE"
GOING_ON = ("queued", "running")
SORTS = {"asked_at": (scan.c.asked_at, scan.c.id)}


@dataclass(frozen=True)
class Claimed:
    id: int
    manifest_id: int
    attempts: int
    asked_by: str


@dataclass(frozen=True)
class Scan:
    id: int
    state: str
    code: str
    reason: str
    attempts: int
    asked_by: str
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    scanner: str
    advisories: str
    tally: Tally | None


def put(tx: Connection, manifest_ids: Collection[int], actor: Actor, *, priority: int, at: datetime) -> set[int]:
    """Have digests scanned; returns those that did not wait for it already. The caller knows that they are images."""
    repositories = _repositories(tx, manifest_ids)
    asked = {"state": "queued", "priority": priority, "due_at": at, "asked_by": actor.name, "asked_at": at}
    put_now = {
        each
        for each, place in repositories.items()
        if insert_ignore(tx, scan, {"manifest_id": each, "repository_id": place, **asked})
    }
    _say(tx, put_now, "queued")
    sooner = scan.c.manifest_id.in_(repositories.keys() - put_now) & (scan.c.state == "queued")
    tx.execute(update(scan).where(sooner, scan.c.priority > priority).values(priority=priority))
    if priority == BY_HAND:  # whoever asks does not want to wait for a rest to be over
        tx.execute(update(scan).where(sooner).values(due_at=at))
    return put_now


def any_ready(tx: Connection, *, at: datetime) -> bool:
    """Whether a claim may find one: an idle worker takes no write lock."""
    left = (scan.c.state == "running") & (scan.c.leased_until <= at)
    return tx.execute(select(scan.c.id).where(or_(_ready(at), left)).limit(1)).first() is not None


def claim(tx: Connection, *, at: datetime) -> Claimed | None:
    """The next one, of the repository that has waited for its turn for longest."""
    _reclaim(tx, at=at)
    row = tx.execute(_next(at)).first()
    if row is None:
        return None
    values = {"state": "running", "leased_until": at + LEASE, "attempts": scan.c.attempts + 1, "started_at": at}
    mine = (scan.c.id == row.id) & (scan.c.state == "queued")
    if not tx.execute(update(scan).where(mine).values(**values)).rowcount:
        return None
    upsert(tx, scan_turn, {"repository_id": row.repository_id, "at": at}, key=("repository_id",))
    _say(tx, [row.manifest_id], "running")
    return Claimed(row.id, row.manifest_id, row.attempts + 1, row.asked_by)


def renew(tx: Connection, scan_id: int, *, at: datetime) -> bool:
    """Count the lease from now; False when the scan is no more, or another worker has it."""
    mine = (scan.c.id == scan_id) & (scan.c.state == "running")
    return bool(tx.execute(update(scan).where(mine).values(leased_until=at + LEASE)).rowcount)


def done(tx: Connection, claimed: Claimed, *, at: datetime, scanner: str, advisories: str, tally: Tally) -> None:
    result = {"scanner": scanner, "advisories": advisories, "tally": tally.to_json()}
    first = (manifest.c.id == claimed.manifest_id) & manifest.c.first_result_at.is_(None)
    tx.execute(update(manifest).where(first).values(first_result_at=at))
    _end(tx, claimed, at=at, state="done", code="", reason="", **result)


def waits(tx: Connection, claimed: Claimed, *, scanner: str) -> None:
    """Until there are advisories: what is in the image is known, and what that means is not."""
    values = {"state": "queued", "code": WAITS_FOR_ADVISORIES, "leased_until": None, "attempts": 0, "scanner": scanner}
    tx.execute(update(scan).where(scan.c.id == claimed.id).values(**values))
    _say(tx, [claimed.manifest_id], "queued", WAITS_FOR_ADVISORIES, "waiting for database")


def failed(tx: Connection, claimed: Claimed, failure: ScanFailed, *, at: datetime) -> None:
    """Let it rest and run again when that may help; else it has failed, and the last good result stays."""
    if failure.code in PASSING and claimed.attempts < ATTEMPTS:
        due = at + RESTS[min(claimed.attempts, len(RESTS)) - 1]
        values = {"state": "queued", "leased_until": None, "due_at": due, "code": failure.code, "reason": failure.text}
        tx.execute(update(scan).where(scan.c.id == claimed.id).values(**values))
        _say(tx, [claimed.manifest_id], "queued", failure.code, failure.text)
        return
    _end(tx, claimed, at=at, state="failed", code=failure.code, reason=failure.text)


def wake(tx: Connection, *, at: datetime) -> int:
    """Those that wait for advisories go on; returns how many."""
    waiting = (scan.c.state == "queued") & (scan.c.code == WAITS_FOR_ADVISORIES)
    ids = list(tx.scalars(select(scan.c.manifest_id).where(waiting)))
    tx.execute(update(scan).where(waiting).values(code="", due_at=at))
    for begins in range(0, len(ids), 500):
        _say(tx, ids[begins : begins + 500], "queued")
    return len(ids)


def page(tx: Connection, manifest_id: int, wanted: Wanted) -> Found[Scan]:
    """The scans of a digest. Raises `FieldInvalid`."""
    return pages.fetch(tx, select(scan).where(scan.c.manifest_id == manifest_id), SORTS, wanted, _scan)


def depth(tx: Connection) -> dict[str, int]:
    """How many are in each state that is no end."""
    query = select(scan.c.state, func.count()).where(scan.c.state.in_(GOING_ON)).group_by(scan.c.state)
    return {row[0]: row[1] for row in tx.execute(query)}


def _repositories(tx: Connection, manifest_ids: Collection[int]) -> dict[int, int]:
    query = (
        select(manifest.c.id, image.c.repository_id)
        .join(image, image.c.id == manifest.c.image_id)
        .where(manifest.c.id.in_(manifest_ids))
    )
    return {row.id: row.repository_id for row in tx.execute(query)}


def _ready(at: datetime) -> ColumnElement[bool]:
    there_are = exists().where(advisory_file.c.state == "current")
    waits = (scan.c.code == WAITS_FOR_ADVISORIES) & ~there_are
    return (scan.c.state == "queued") & ~waits & (scan.c.due_at <= at)


def _next(at: datetime) -> Any:  # Any: a row of the queue
    ready = _ready(at)
    first = select(func.min(scan.c.priority)).where(ready).scalar_subquery()
    oldest = select(func.min(scan.c.id)).where(ready, scan.c.priority == first).group_by(scan.c.repository_id)
    turn = scan.outerjoin(scan_turn, scan_turn.c.repository_id == scan.c.repository_id)
    return (
        select(scan.c.id, scan.c.manifest_id, scan.c.repository_id, scan.c.attempts, scan.c.asked_by)
        .select_from(turn)
        .where(scan.c.id.in_(oldest))
        .order_by(case((scan_turn.c.at.is_(None), 0), else_=1), scan_turn.c.at, scan.c.id)
        .limit(1)
    )


def _reclaim(tx: Connection, *, at: datetime) -> None:
    """Scans whose worker went away wait again, or have failed when that has happened too often."""
    gone = (scan.c.state == "running") & (scan.c.leased_until <= at)
    for row in tx.execute(select(scan).where(gone)).mappings().all():
        claimed = Claimed(row["id"], row["manifest_id"], row["attempts"], row["asked_by"])
        failed(tx, claimed, ScanFailed("WORKER_LOST", "the worker that scanned it went away"), at=at)


def _end(tx: Connection, claimed: Claimed, *, at: datetime, **values: object) -> None:
    tx.execute(update(scan).where(scan.c.id == claimed.id).values(ended_at=at, leased_until=None, **values))
    _say(tx, [claimed.manifest_id], str(values["state"]), str(values["code"]), str(values["reason"]))
    mine = select(scan.c.id).where(scan.c.manifest_id == claimed.manifest_id, scan.c.state.not_in(GOING_ON))
    older = list(tx.scalars(mine.order_by(scan.c.id.desc()).offset(KEPT)))
    if older:
        tx.execute(delete(scan).where(scan.c.id.in_(older)))


def _say(
    tx: Connection, manifest_ids: Collection[int] | Sequence[int], state: str, code: str = "", reason: str = ""
) -> None:
    """Let the rows of digests show it."""
    if manifest_ids:
        values = {"scan_state": state, "scan_code": code, "scan_reason": reason}
        tx.execute(update(manifest).where(manifest.c.id.in_(manifest_ids)).values(**values))


def _scan(row: RowMapping) -> Scan:
    same: dict[str, Any] = {field: row[field] for field in Scan.__dataclass_fields__ if field != "tally"}
    return Scan(tally=None if row["tally"] is None else Tally.from_json(row["tally"]), **same)
