"""Tests and runs of deletion policies, each with its report: rows that a job fills in.

    queued ──> running ──> done
                │     └──> failed      with the reason; what a run has deleted is deleted
                └─> waiting ──> queued, when somebody approves
                           └──> refused      by somebody, or because the policy was changed

A plan is written in many small transactions, as other writers wait for each; it counts once `planned_at` is set.

A test lists every digest with its verdict. A run lists what it was to delete, and what became of each:

    outcome: queued · deleted · drifted · failed
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, false, func, insert, select, update

from berth.audit.events import Actor
from berth.db import pages
from berth.db.pages import Found, Wanted
from berth.db.tables import image, registry, repository, retention_item, retention_push, retention_run
from berth.registry import reach
from berth.registry.images import Image
from berth.registry.policy_runs import GOING_ON
from berth.retention.order import ordered
from berth.retention.plan import Verdict
from berth.site import Site
from berth.words.errors import FieldInvalid, RunUnknown
from berth.words.policies import DeletionPolicy

Kind = Literal["test", "run"]

KEPT = 20
"""Of each kind and image; older ones are forgotten."""
AT_ONCE = 1000
"""Items that are written in one transaction."""
SORTS = {"asked_at": (retention_run.c.asked_at, retention_run.c.id)}
ITEM_SORTS = {"place": (retention_item.c.place,)}


@dataclass(frozen=True)
class Run:
    id: str
    image_id: int
    kind: Kind
    state: str
    reason: str
    """Why it failed, or was refused."""
    policy: DeletionPolicy
    source: str | None
    """The test whose plan this run applies, and nothing beyond it."""
    asked_by: str
    asked_at: datetime
    planned_at: datetime | None
    ended_at: datetime | None
    deleted: int
    """Digests: of a test those that would be, of a run those that were."""
    kept: int
    freed: int
    """Bytes, once the trash and the sweep are through."""
    breaker: str
    """Why it needs an approval; of a test, why a run would."""
    approved_by: str | None
    attempts: int
    """Of its job, this one included."""

    @property
    def needs_approval(self) -> bool:
        return bool(self.breaker) and self.approved_by is None

    @property
    def ended(self) -> bool:
        return self.state not in GOING_ON


@dataclass(frozen=True)
class Item:
    place: int
    digest: str
    tags: list[str]
    deleted: bool
    reason: str
    because: str
    due_at: datetime | None
    version: int
    outcome: str
    size: int | None
    """With all it holds; None where an older release has kept none."""
    freed: int | None
    """Of that, what nothing else holds; of those that go."""
    pushed_at: datetime | None
    """First."""


def start(
    tx: Connection,
    found: Image,
    kind: Kind,
    policy: DeletionPolicy,
    actor: Actor,
    *,
    at: datetime,
    source: str | None = None,
) -> str:
    """Make the row of what a job is going to do; returns its id."""
    run_id = str(uuid.uuid4())
    asked = {"asked_by": actor.name, "asked_at": at, "source": source}
    values = {"id": run_id, "image_id": found.id, "kind": kind, "state": "queued", "policy": policy.to_json()}
    tx.execute(insert(retention_run).values(**values, **asked))
    return run_id


def forget(site: Site, image_id: int, kind: Kind) -> None:
    """Remove all but the last ones; what a run that goes on is bound to stays with it."""
    with site.db.read() as tx:
        mine = (retention_run.c.image_id == image_id) & (retention_run.c.kind == kind)
        sources = select(retention_run.c.source).where(
            retention_run.c.image_id == image_id,
            retention_run.c.state.in_(GOING_ON),
            retention_run.c.source.is_not(None),
        )
        last_first = (
            select(retention_run.c.id).where(mine).order_by(retention_run.c.asked_at.desc(), retention_run.c.id)
        )
        older = set(tx.scalars(last_first.offset(KEPT))) - set(tx.scalars(sources))
    for run_id in sorted(older):
        _forget(site, run_id)


def _forget(site: Site, run_id: str) -> None:
    """A run may have been bound to it meanwhile; then that has read it, or finds out and ends."""
    ended = (retention_run.c.id == run_id) & retention_run.c.state.not_in(GOING_ON)
    with site.db.read() as tx:
        if tx.execute(select(retention_run.c.id).where(ended)).first() is None:
            return
    _clear(site, run_id)
    with site.db.write(durable=False) as tx:
        tx.execute(delete(retention_run).where(ended))


def _clear(site: Site, run_id: str) -> None:
    """Remove its items."""
    with site.db.read() as tx:
        last = tx.scalar(select(func.max(retention_item.c.place)).where(retention_item.c.run_id == run_id))
    for begins in range(0, 0 if last is None else last + 1, AT_ONCE):
        some = retention_item.c.place.between(begins, begins + AT_ONCE - 1)
        with site.db.write(durable=False) as tx:
            tx.execute(delete(retention_item).where(retention_item.c.run_id == run_id, some))


def find(tx: Connection, found: Image, run_id: str) -> Run:
    """Raises `RunUnknown`."""
    run = get(tx, run_id)
    if run is None or run.image_id != found.id:
        raise RunUnknown(run_id)
    return run


def get(tx: Connection, run_id: str) -> Run | None:
    row = tx.execute(select(retention_run).where(retention_run.c.id == run_id)).mappings().first()
    return None if row is None else _run(row)


def going_on(tx: Connection, image_id: int) -> str | None:
    """The id of a run that works on this image now."""
    mine = (retention_run.c.image_id == image_id) & (retention_run.c.kind == "run")
    query = select(retention_run.c.id).where(mine, retention_run.c.state.in_(GOING_ON))
    found: str | None = tx.scalar(query.limit(1))
    return found


def page(tx: Connection, found: Image, wanted: Wanted, *, kind: Kind | None = None) -> Found[Run]:
    """Raises `FieldInvalid`."""
    query = select(retention_run).where(retention_run.c.image_id == found.id)
    if kind is not None:
        query = query.where(retention_run.c.kind == kind)
    return pages.fetch(tx, query, SORTS, wanted, _run)


def items(
    tx: Connection, run: Run, wanted: Wanted, *, deleted: bool | None = None, outcome: str | None = None
) -> Found[Item]:
    """None before the whole plan is there. Raises `FieldInvalid`."""
    query = select(retention_item).where(retention_item.c.run_id == run.id)
    if run.planned_at is None:
        query = query.where(false())
    if deleted is not None:
        query = query.where(retention_item.c.deleted == deleted)
    if outcome is not None:
        query = query.where(retention_item.c.outcome == outcome)
    return pages.fetch(tx, query, ITEM_SORTS, wanted, _item)


def taken(tx: Connection, run_id: str) -> set[str]:
    """The digests that a test would delete. Raises `FieldInvalid` when it has not ended well."""
    state = tx.scalar(select(retention_run.c.state).where(retention_run.c.id == run_id))
    if state != "done":
        raise FieldInvalid("source", "a test that has ended")
    mine = (retention_item.c.run_id == run_id) & retention_item.c.deleted
    return set(tx.scalars(select(retention_item.c.digest).where(mine)))


def begin(tx: Connection, run_id: str) -> Run | None:
    """The job has it in hand, perhaps for a second time. None when it has ended, or is gone with its image."""
    mine = (retention_run.c.id == run_id) & retention_run.c.state.in_(("queued", "running"))
    values = {"state": "running", "attempts": retention_run.c.attempts + 1}
    if not tx.execute(update(retention_run).where(mine).values(**values)).rowcount:
        return None
    return get(tx, run_id)


def plan(
    site: Site,
    run_id: str,
    verdicts: Sequence[Verdict],
    *,
    at: datetime,
    freed: int,
    each: Mapping[int, int],
    outcome: str,
    breaker: str = "",
) -> None:
    """Keep a plan, in the order in which a run deletes; `each` is by id what those that go free."""
    _clear(site, run_id)
    rows = [_values(run_id, place, verdict, outcome, each) for place, verdict in enumerate(ordered(verdicts))]
    for begins in range(0, len(rows), AT_ONCE):
        with site.db.write(durable=False) as tx:
            tx.execute(insert(retention_item), rows[begins : begins + AT_ONCE])
    going = sum(verdict.deleted for verdict in verdicts)
    counts = {"deleted": going, "kept": len(verdicts) - going, "freed": freed, "breaker": breaker}
    with site.db.write() as tx:
        tx.execute(update(retention_run).where(retention_run.c.id == run_id).values(planned_at=at, **counts))


def finished(tx: Connection, run: Run) -> int:
    """How many of its digests it is through with: those that it has planned, and then those that it has deleted."""
    query = select(func.count()).where(retention_item.c.run_id == run.id)
    if run.planned_at is not None:
        query = query.where(retention_item.c.deleted, retention_item.c.outcome != "queued")
    return tx.scalar(query) or 0


def wait(tx: Connection, run_id: str) -> None:
    """Until somebody approves or refuses it."""
    tx.execute(update(retention_run).where(retention_run.c.id == run_id).values(state="waiting"))


def approve(tx: Connection, run_id: str, name: str) -> bool:
    """Let it go on; False when it is not waiting."""
    mine = (retention_run.c.id == run_id) & (retention_run.c.state == "waiting")
    values = {"state": "queued", "approved_by": name, "attempts": 0}
    return bool(tx.execute(update(retention_run).where(mine).values(**values)).rowcount)


def refuse(tx: Connection, run_id: str, name: str, *, at: datetime) -> bool:
    """End it with nothing deleted; False when it is not waiting."""
    mine = (retention_run.c.id == run_id) & (retention_run.c.state == "waiting")
    values = {"state": "refused", "reason": f"refused by {name}", "ended_at": at, "deleted": 0}
    return bool(tx.execute(update(retention_run).where(mine).values(**values)).rowcount)


def unended(tx: Connection, *where: ColumnElement[bool], limit: int) -> list[tuple[str, Run]]:
    """Runs that go on or wait, the newest first, with the paths of their images."""
    path = (registry.c.name.label("above"), repository.c.name.label("within"), image.c.name.label("image"))
    query = (
        select(retention_run, *path)
        .join_from(retention_run, image, image.c.id == retention_run.c.image_id)
        .join(repository, repository.c.id == image.c.repository_id)
        .join(registry, registry.c.id == repository.c.registry_id)
        .where(retention_run.c.state.in_(GOING_ON), retention_run.c.kind == "run", *where)
        .order_by(retention_run.c.asked_at.desc())
        .limit(limit)
    )
    rows = tx.execute(query).mappings()
    return [(f"{row['above']}/{row['within']}/{row['image']}", _run(row)) for row in rows]


def waiting(tx: Connection) -> list[Run]:
    """All that wait for an approval."""
    mine = (retention_run.c.state == "waiting") & (retention_run.c.kind == "run")
    return [_run(row) for row in tx.execute(select(retention_run).where(mine)).mappings()]


def queued(tx: Connection, run_id: str, limit: int) -> list[Item]:
    """The next ones that a run has to delete."""
    mine = (retention_item.c.run_id == run_id) & (retention_item.c.outcome == "queued")
    query = select(retention_item).where(mine).order_by(retention_item.c.place).limit(limit)
    return [_item(row) for row in tx.execute(query).mappings()]


def queued_among(tx: Connection, run_id: str, digests: Iterable[str]) -> list[Item]:
    """Those of these digests that the run still has to delete."""
    mine = (retention_item.c.run_id == run_id) & (retention_item.c.outcome == "queued")
    found: list[Item] = []
    for some in reach.batches(digests):
        query = select(retention_item).where(mine, retention_item.c.digest.in_(some))
        found += [_item(row) for row in tx.execute(query).mappings()]
    return sorted(found, key=lambda item: item.place)


def pushed_among(tx: Connection, run_id: str, digests: Iterable[str]) -> set[str]:
    """Those of these digests that were pushed since the run was asked for."""
    mine = select(retention_push.c.digest).where(retention_push.c.run_id == run_id)
    return {
        each for some in reach.batches(digests) for each in tx.scalars(mine.where(retention_push.c.digest.in_(some)))
    }


def became(tx: Connection, run_id: str, places: Iterable[int], outcome: str, because: str = "") -> None:
    values = {"outcome": outcome, **({"because": because[:1000]} if because else {})}
    for some in reach.batches(places):
        mine = (retention_item.c.run_id == run_id) & retention_item.c.place.in_(some)
        tx.execute(update(retention_item).where(mine).values(**values))


def end(tx: Connection, run_id: str, *, at: datetime, reason: str = "") -> None:
    """With a reason it has failed."""
    values: dict[str, object] = {"state": "failed" if reason else "done", "reason": reason[:1000], "ended_at": at}
    run = get(tx, run_id)
    if run is not None and run.kind == "run":
        mine = (retention_item.c.run_id == run_id) & (retention_item.c.outcome == "deleted")
        values["deleted"] = tx.scalar(select(func.count()).select_from(retention_item).where(mine)) or 0
    tx.execute(update(retention_run).where(retention_run.c.id == run_id).values(**values))


def _values(
    run_id: str, place: int, verdict: Verdict, outcome: str, freed: Mapping[int, int]
) -> dict[str, Any]:  # Any: column values
    return {
        "run_id": run_id,
        "place": place,
        "digest": verdict.digest,
        "tags": list(verdict.content.tags),
        "deleted": verdict.deleted,
        "reason": verdict.reason.value,
        "because": verdict.because[:1000],
        "due_at": verdict.due_at,
        "version": verdict.content.version,
        "outcome": outcome if verdict.deleted else "",
        "size": verdict.content.size,
        "freed": freed.get(verdict.content.id),
        "pushed_at": verdict.content.pushed_at,
    }


def _run(row: RowMapping) -> Run:
    same = {field: row[field] for field in Run.__dataclass_fields__ if field != "policy"}
    return Run(policy=DeletionPolicy.from_json(row["policy"]), **same)


def _item(row: RowMapping) -> Item:
    return Item(**{field: row[field] for field in Item.__dataclass_fields__})
