"""Who waits for a scan: rows that are the queue while they wait, and its history when they have ended.

    queued ──claim──> running ──> done
       ^                 ├──────> failed     with the code and the reason; the last good result stays
       ├──── again ──────┤                   a passing trouble: after 1, 5 and 30 minutes
       └── lease over ───┘                   the worker that ran it went away

A row goes with its digest, which cancels the scan. What the digest's own row says of its scan is set here alone, and
before the row of the scan is: a digest that is deleted takes both in that order, and neither waits for the other.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, exists, func, or_, select, update

from berth.audit.events import Actor
from berth.db import insert_fresh, pages, upsert
from berth.db.pages import Found, Wanted
from berth.db.tables import advisory_file, image, manifest, scan, scan_turn
from berth.scan import turns
from berth.scan.failed import Code, ScanFailed
from berth.scan.process import Canceled
from berth.scan.tally import Tally
from berth.scan.turns import ANEW, BY_HAND, ON_PUSH, OWN_PRIORITY

__all__ = ["ANEW", "BY_HAND", "ON_PUSH"]

LEASE = timedelta(seconds=60)
ATTEMPTS = 4
RESTS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
PASSING: frozenset[Code] = frozenset({"WORKER_LOST", "ADAPTER_UNREACHABLE", "SCANNER_TIMEOUT", "BLOB_MISSING"})
"""Troubles that may pass by themselves."""
LOST = ScanFailed("WORKER_LOST", "the worker that scanned it went away")
KEPT = 20
"""Of each digest; older ones are forgotten."""
AT_ONCE = 500
"""Of those that stand apart so many go on in one transaction."""
WAITS_FOR_ADVISORIES = "NO_DATABASE"
GOING_ON = ("queued", "running")
SORTS = {"asked_at": (scan.c.asked_at, scan.c.id)}

_THERE_ARE_ASLEEP = exists().where(advisory_file.c.state == "current") & turns.any_of(turns.IS_WAITING)


@dataclass(frozen=True)
class Claimed:
    """A scan that is somebody's, until it is claimed anew: then it is another claim's, and this one ends nothing."""

    id: int
    manifest_id: int
    attempts: int
    asked_by: str
    at: datetime


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
    rows = [{"manifest_id": each, "repository_id": place, **asked} for each, place in repositories.items()]
    put_now: set[int] = insert_fresh(tx, scan, rows, "manifest_id")
    _say(tx, put_now, "queued")
    others = scan.c.manifest_id.in_(repositories.keys() - put_now) & (scan.c.state == "queued")
    sooner = scan.c.priority - OWN_PRIORITY + priority
    tx.execute(update(scan).where(others, priority < OWN_PRIORITY).values(priority=sooner))
    if priority == BY_HAND:  # whoever asks does not want to wait for a rest to be over
        tx.execute(update(scan).where(others, turns.IS_RESTING).values(priority=OWN_PRIORITY, due_at=at))
    return put_now


def any_ready(tx: Connection, *, at: datetime) -> bool:
    """Whether a claim may find one: an idle worker takes no write lock."""
    found = (turns.any_of(each) for each in (turns.IS_READY, _is_rested(at), _is_lost(at)))
    return bool(tx.scalar(select(or_(*found, _THERE_ARE_ASLEEP))))


def claim(tx: Connection, *, at: datetime) -> Claimed | None:
    """The next one, of the repository that has waited for its turn for longest."""
    _reclaim(tx, at=at)
    _rested(tx, at=at)
    row = turns.following(tx)
    if row is None:
        return None
    _say(tx, [row.manifest_id], "running")
    values = {"state": "running", "leased_until": at + LEASE, "attempts": row.attempts + 1, "started_at": at}
    tx.execute(update(scan).where(scan.c.id == row.id).values(**values))
    upsert(tx, scan_turn, {"repository_id": row.repository_id, "at": at}, key=("repository_id",))
    return Claimed(row.id, row.manifest_id, row.attempts + 1, row.asked_by, at)


def renew(tx: Connection, claimed: Claimed, *, at: datetime) -> bool:
    """Count the lease from now; False when the scan is no more, or another worker has it."""
    return bool(tx.execute(update(scan).where(_is_still(claimed)).values(leased_until=at + LEASE)).rowcount)


def tell(tx: Connection, claimed: Claimed, percent: int) -> None:
    """Let the digest's row say how far the scan is: while it runs, that is the reason why there is no result yet."""
    mine = (manifest.c.id == claimed.manifest_id) & (manifest.c.scan_state == "running")
    still = exists().where(_is_still(claimed))
    tx.execute(update(manifest).where(mine, still).values(scan_reason=str(percent)))


def done(tx: Connection, claimed: Claimed, *, at: datetime, scanner: str, advisories: str, tally: Tally) -> None:
    """Raises `Canceled` when the scan is no more, or another worker has it; so do the others that end it."""
    _end(tx, claimed, at=at, state="done", scanner=scanner, advisories=advisories, tally=tally.to_json())


def waits(tx: Connection, claimed: Claimed, *, scanner: str) -> None:
    """Until there are advisories: what is in the image is known, and what that means is not."""
    _say(tx, [claimed.manifest_id], "queued", WAITS_FOR_ADVISORIES, "waiting for database")
    apart = {"priority": OWN_PRIORITY + turns.WAITS, "code": WAITS_FOR_ADVISORIES, "attempts": 0, "scanner": scanner}
    _leave(tx, claimed, state="queued", **apart)


def failed(tx: Connection, claimed: Claimed, failure: ScanFailed, *, at: datetime) -> None:
    """Let it rest and run again when that may help; else it has failed, and the last good result stays."""
    if failure.code not in PASSING or claimed.attempts >= ATTEMPTS:
        _end(tx, claimed, at=at, state="failed", code=failure.code, reason=failure.text)
        return
    _say(tx, [claimed.manifest_id], "queued", failure.code, failure.text)
    apart = {"priority": OWN_PRIORITY + turns.RESTS, "due_at": at + RESTS[min(claimed.attempts, len(RESTS)) - 1]}
    _leave(tx, claimed, state="queued", code=failure.code, reason=failure.text, **apart)


def any_asleep(tx: Connection) -> bool:
    """Whether some wait for advisories although there are."""
    return bool(tx.scalar(select(_THERE_ARE_ASLEEP)))


def wake(tx: Connection, *, at: datetime) -> int:
    """Some of those that wait for advisories go on, those asked for by hand first; returns how many."""
    rows = tx.execute(turns.free(turns.IS_WAITING).limit(AT_ONCE)).all()
    if rows:
        _say(tx, [row.manifest_id for row in rows], "queued")
        mine = scan.c.id.in_([row.id for row in rows])
        tx.execute(update(scan).where(mine).values(priority=OWN_PRIORITY, code="", due_at=at))
    return len(rows)


def page(tx: Connection, manifest_id: int, wanted: Wanted) -> Found[Scan]:
    """The scans of a digest. Raises `FieldInvalid`."""
    return pages.fetch(tx, select(scan).where(scan.c.manifest_id == manifest_id), SORTS, wanted, _scan)


def depth(tx: Connection) -> dict[str, int]:
    """How many are in each state that is no end."""
    query = select(scan.c.state, func.count()).where(scan.c.state.in_(GOING_ON)).group_by(scan.c.state)
    return {row[0]: row[1] for row in tx.execute(query)}


def _repositories(tx: Connection, manifest_ids: Collection[int]) -> dict[int, int]:
    """Where these digests are, which are not deleted before the transaction ends."""
    query = (
        select(manifest.c.id, image.c.repository_id)
        .join(image, image.c.id == manifest.c.image_id)
        .where(manifest.c.id.in_(manifest_ids))
        .order_by(manifest.c.id)
        .with_for_update(of=manifest, read=True, key_share=True)
    )
    return {row.id: row.repository_id for row in tx.execute(query)}


def _is_rested(at: datetime) -> ColumnElement[bool]:
    return turns.IS_RESTING & (scan.c.due_at <= at)


def _is_lost(at: datetime) -> ColumnElement[bool]:
    return (scan.c.state == "running") & (scan.c.leased_until <= at)


def _is_still(claimed: Claimed) -> ColumnElement[bool]:
    return (scan.c.id == claimed.id) & (scan.c.state == "running") & (scan.c.started_at == claimed.at)


def _reclaim(tx: Connection, *, at: datetime) -> None:
    """Scans whose worker went away wait again, or have failed when that has happened too often."""
    for row in tx.execute(turns.free(_is_lost(at))).all():
        claimed = Claimed(row.id, row.manifest_id, row.attempts, row.asked_by, row.started_at)
        failed(tx, claimed, LOST, at=at)


def _rested(tx: Connection, *, at: datetime) -> None:
    """Those whose rest is over stand with the others again."""
    ids = [row.id for row in tx.execute(turns.free(_is_rested(at)).limit(AT_ONCE))]
    if ids:
        tx.execute(update(scan).where(scan.c.id.in_(ids)).values(priority=OWN_PRIORITY))


def _end(
    tx: Connection, claimed: Claimed, *, at: datetime, state: str, code: str = "", reason: str = "", **values: object
) -> None:
    _say(tx, [claimed.manifest_id], state, code, reason)
    _leave(tx, claimed, state=state, code=code, reason=reason, ended_at=at, **values)
    mine = select(scan.c.id).where(scan.c.manifest_id == claimed.manifest_id, scan.c.state.not_in(GOING_ON))
    older = list(tx.scalars(mine.order_by(scan.c.id.desc()).offset(KEPT)))
    if older:
        tx.execute(delete(scan).where(scan.c.id.in_(older)))


def _leave(tx: Connection, claimed: Claimed, **values: object) -> None:
    """It is nobody's any more. Raises `Canceled` when it is not this claim's, and what was said of it is undone."""
    if not tx.execute(update(scan).where(_is_still(claimed)).values(leased_until=None, **values)).rowcount:
        raise Canceled


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
