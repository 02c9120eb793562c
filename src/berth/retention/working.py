"""The jobs: a test plans and writes down; a run plans, and deletes what it planned in small transactions."""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy import Connection, select

from berth.audit import events
from berth.audit.events import Actor
from berth.db.tables import image
from berth.jobs import job
from berth.registry import images, policy_runs
from berth.registry.images import Image
from berth.retention import breaker, deleting, facts, runs, weights
from berth.retention.plan import Content, Verdict, plan_retention
from berth.retention.runs import Kind, Run
from berth.site import Site
from berth.words.errors import FieldInvalid, Refusal, RunGoesOn, RunNotWaiting
from berth.words.policies import DeletionPolicy

BATCH = 20
LEAST_PAUSE = 0.05
"""Seconds between two batches, where others wait for the same lock."""
ATTEMPTS = 6
"""After so many, some minutes apart, a test or run ends as failed."""
POLICY = Actor("policy")
"""Who deletes what nobody asked for by hand."""

log = structlog.get_logger("berth.retention")


def ask(
    tx: Connection,
    found: Image,
    kind: Kind,
    actor: Actor,
    *,
    at: datetime,
    policy: DeletionPolicy | None = None,
    source: str | None = None,
) -> str:
    """Have a policy tested or applied; returns the id of the run.

    A test takes a policy that is not saved; a run takes the one that is, and may be bound to what a test has found.
    Raises `FieldInvalid`, `RunUnknown`, `RunGoesOn`.
    """
    saved = facts.policy_of(tx, found.id)
    if kind == "test":
        if source is not None:
            raise FieldInvalid("source", "nothing; only a run applies what a test has found")
        run_id = runs.start(tx, found, kind, policy or saved, actor, at=at)
        test.put(tx, at=at, run_id=run_id)
        return run_id
    if policy is not None:
        raise FieldInvalid("policy", "nothing; a run applies the policy that the image has")
    if source is not None and runs.find(tx, found, source).kind != "test":
        raise FieldInvalid("source", "the id of a test")
    if source is not None:
        runs.taken(tx, source)
    images.lock(tx, found.id)
    other = runs.going_on(tx, found.id)
    if other is not None:
        raise RunGoesOn(str(found.path), other)
    run_id = runs.start(tx, found, kind, saved, actor, at=at, source=source)
    run.put(tx, at=at, run_id=run_id)
    after = {"policy": saved.to_json(), "run": run_id, "source": source}
    events.record(tx, actor, "image.policy-run", str(found.path), at=at, after=after)
    return run_id


def approve(tx: Connection, found: Image, run_id: str, actor: Actor, *, at: datetime) -> None:
    """Let a run that the breaker has stopped go on with its plan. Raises `RunUnknown`, `RunNotWaiting`."""
    waiting = runs.find(tx, found, run_id)
    if not runs.approve(tx, run_id, actor.name):
        raise RunNotWaiting(run_id)
    run.put(tx, at=at, run_id=run_id)
    _answered(tx, found, waiting, "image.policy-approve", actor, at=at)


def refuse(tx: Connection, found: Image, run_id: str, actor: Actor, *, at: datetime) -> None:
    """End a run that waits, with nothing deleted. Raises `RunUnknown`, `RunNotWaiting`."""
    waiting = runs.find(tx, found, run_id)
    if not runs.refuse(tx, run_id, actor.name, at=at):
        raise RunNotWaiting(run_id)
    _answered(tx, found, waiting, "image.policy-refuse", actor, at=at)


def _answered(tx: Connection, found: Image, waiting: Run, action: str, actor: Actor, *, at: datetime) -> None:
    after = {"run": waiting.id, "breaker": waiting.breaker}
    events.record(tx, actor, action, str(found.path), at=at, after=after)


@job("retention.apply_due")
def apply_due(site: Site) -> None:
    """Begin a run for each image whose policy takes something now."""
    with site.db.read() as tx:
        waiting = runs.waiting(tx)
    for each in waiting:
        with _others_go_on(each.image_id):
            _end_outdated(site, each)
    begun = 0
    for image_id in _with_policy(site):
        with _others_go_on(image_id):
            begun += _apply_due(site, image_id)
    log.info("deletion policies applied", runs=begun)


@contextmanager
def _others_go_on(image_id: int) -> Iterator[None]:
    """One image that is broken must not keep all the others from being tidied."""
    try:
        yield
    except Exception:
        log.exception("deletion policy not applied", image=image_id)


def _apply_due(site: Site, image_id: int) -> bool:
    with site.db.read() as tx:
        found = facts.image_of(tx, image_id)
        if found is None or runs.going_on(tx, image_id) is not None:
            return False
        if not any(verdict.deleted for verdict in _plan(tx, found, at=site.now())):
            return False
    with site.db.write() as tx:
        images.lock(tx, image_id)
        if facts.image_of(tx, image_id) is None or runs.going_on(tx, image_id) is not None:
            return False
        run_id = runs.start(tx, found, "run", facts.policy_of(tx, image_id), POLICY, at=site.now())
        run.put(tx, at=site.now(), run_id=run_id)
    return True


def _end_outdated(site: Site, waiting: Run) -> None:
    """A run that waits to apply a policy which the image has no more can only fail, and would keep others out."""
    with site.db.read() as tx:
        if facts.policy_of(tx, waiting.image_id) == waiting.policy:
            return
    with site.db.write() as tx:
        images.lock(tx, waiting.image_id)
        if facts.policy_of(tx, waiting.image_id) != waiting.policy:
            policy_runs.policy_changed(tx, waiting.image_id, at=site.now())


@job("retention.test")
def test(site: Site, *, run_id: str) -> None:
    """Plan, and write the plan down; nothing else is written."""
    _work(site, run_id, _test)


@job("retention.run")
def run(site: Site, *, run_id: str) -> None:
    """Delete what the policy takes; goes on where it was left when its process was killed."""
    _work(site, run_id, _run)


def _work(site: Site, run_id: str, act: Callable[[Site, Run], str | None]) -> None:
    """The act says why it failed, or None when it is to go on later.

    A refusal will come again, so it ends the run at once. Anything else may pass: the queue tries again a few times.
    """
    with site.db.write(durable=False) as tx:
        begun = runs.begin(tx, run_id)
    if begun is None:
        return
    reason: str | None = f"given up after {ATTEMPTS} attempts, in which its worker went away"
    try:
        if begun.attempts <= ATTEMPTS:
            reason = act(site, begun)
    except Refusal as refusal:
        reason = str(refusal)
    except Exception as error:
        if begun.attempts < ATTEMPTS:
            raise
        log.exception("given up", run=run_id)
        reason = f"given up after {ATTEMPTS} attempts: {type(error).__name__}: {error}"
    if reason is not None:
        with site.db.write() as tx:
            runs.end(tx, run_id, at=site.now(), reason=reason)
        runs.forget(site, begun.image_id, begun.kind)


def _test(site: Site, begun: Run) -> str:
    with site.db.read() as tx:
        found = facts.image_of(tx, begun.image_id)
        at = site.now()
        verdicts = [] if found is None else plan_retention(facts.read(tx, found, at=at), begun.policy, at)
        going = [verdict.content.id for verdict in verdicts if verdict.deleted]
        freed, each = weights.freed(tx, going), weights.each(tx, going)
    trips = breaker.trips(verdicts, begun.policy)
    runs.plan(site, begun.id, verdicts, at=at, freed=freed, each=each, outcome="", breaker=trips)
    return deleting.GONE if found is None else ""


def _run(site: Site, begun: Run) -> str | None:
    reason = "" if begun.planned_at is not None else prepare(site, begun)
    if not reason and _waits(site, begun.id):
        return None
    return reason or delete_all(site, begun)


def delete_all(site: Site, begun: Run, sleep: Callable[[float], None] = time.sleep) -> str:
    """Delete what is planned; returns why the run cannot go on.

    SQLite lets whoever asks first have its one lock, and that would always be this run: it pauses for the others.
    """
    while True:
        with site.db.read() as tx:
            some = runs.queued(tx, begun.id, BATCH)
        if not some:
            return ""
        since = time.monotonic()
        reason = deleting.delete(site, begun, some)
        if reason:
            return reason
        if site.db.is_embedded and len(some) == BATCH:
            sleep(max(LEAST_PAUSE, time.monotonic() - since))


def _with_policy(site: Site) -> list[int]:
    """Images whose policy is on; the databases do not read JSON alike, so this is done here."""
    with site.db.read() as tx:
        here = image.c.born_at.is_not(None) & image.c.state.in_(images.VISIBLE)
        rows = tx.execute(select(image.c.id, image.c.policy_deletion).where(here).order_by(image.c.id))
        return [row.id for row in rows if row.policy_deletion.get("enabled")]


def _plan(tx: Connection, found: Image, *, at: datetime) -> list[Verdict]:
    return plan_retention(facts.read(tx, found, at=at), facts.policy_of(tx, found.id), at)


def prepare(site: Site, begun: Run) -> str:
    """Write down what is to go; returns why nothing can."""
    with site.db.read() as tx:
        found = facts.image_of(tx, begun.image_id)
        if found is None:
            return deleting.GONE
        if facts.policy_of(tx, found.id) != begun.policy:
            return policy_runs.CHANGED
        at = site.now()
        contents = facts.read(tx, found, at=at)
        pushed = runs.pushed_among(tx, begun.id, [each.digest for each in contents])
        plan = plan_retention([_busy(each, pushed) for each in contents], begun.policy, at)
        if begun.source is not None:
            plan = _bound(plan, runs.taken(tx, begun.source))
        trips = breaker.trips(plan, begun.policy)
        going = [verdict for verdict in plan if verdict.deleted]
        ids = [verdict.content.id for verdict in going]
        freed, each = weights.freed(tx, ids), weights.each(tx, ids)
    runs.plan(site, begun.id, going, at=at, freed=freed, each=each, outcome="queued", breaker=trips)
    return ""


def _busy(content: Content, pushed: Collection[str]) -> Content:
    """What is pushed while the policy is applied stays."""
    return replace(content, active=False) if content.digest in pushed else content


def _bound(plan: Sequence[Verdict], taken: Collection[str]) -> list[Verdict]:
    """What is beyond a test stays."""
    return [replace(each, deleted=each.deleted and each.digest in taken) for each in plan]


def _waits(site: Site, run_id: str) -> bool:
    """Whether the breaker has stopped it; then it waits for somebody to approve it."""
    with site.db.write() as tx:
        planned = runs.get(tx, run_id)
        if planned is None or not planned.needs_approval:
            return False
        runs.wait(tx, run_id)
        return True
