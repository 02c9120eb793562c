"""The jobs: a test plans and writes down; a run plans, and deletes what it planned in small transactions.

Each digest is looked at again before it goes: what has got or lost a name, was locked or is listed by something new
since the plan was made stays, and the report says so. What goes, goes into the trash.
"""

from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy import Connection, select, union

from berth.audit import events
from berth.audit.events import Actor
from berth.db.tables import image, manifest, registry, repository, tag
from berth.jobs import job
from berth.registry import deletable, images, reach, trash
from berth.registry.deletable import Verdict as Judged
from berth.registry.images import Image
from berth.retention import breaker, facts, runs, weights
from berth.retention.plan import Reason, Verdict, plan_retention
from berth.retention.runs import Item, Kind, Run
from berth.site import Site
from berth.words import digest as digests
from berth.words.errors import FieldInvalid, ManifestReferenced, Refusal, RunGoesOn, RunNotWaiting
from berth.words.names import ImagePath
from berth.words.policies import DeletionPolicy

BATCH = 20
WITH_SUBJECT = Reason.WITH_SUBJECT.value
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
    saved = policy_of(tx, found.id)
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


def policy_of(tx: Connection, image_id: int) -> DeletionPolicy:
    return DeletionPolicy.from_json(
        tx.execute(select(image.c.policy_deletion).where(image.c.id == image_id)).scalar_one()
    )


@job("retention.apply_due")
def apply_due(site: Site) -> None:
    """Begin a run for each image whose policy takes something now."""
    begun = 0
    for image_id in _with_policy(site):
        with site.db.read() as tx:
            found = _image(tx, image_id)
            going = found is not None and any(verdict.deleted for verdict in _plan(tx, found, at=site.now()))
        if found is not None and going:
            with site.db.write() as tx:
                images.lock(tx, image_id)
                if _image(tx, image_id) is not None and runs.going_on(tx, image_id) is None:
                    run_id = runs.start(tx, found, "run", policy_of(tx, image_id), POLICY, at=site.now())
                    run.put(tx, at=site.now(), run_id=run_id)
                    begun += 1
    log.info("deletion policies applied", runs=begun)


@job("retention.test")
def test(site: Site, *, run_id: str) -> None:
    """Plan, and write the plan down; nothing else is written."""
    with site.db.write(durable=False) as tx:
        begun = runs.begin(tx, run_id)
    if begun is None:
        return
    with site.db.read() as tx:
        found = _image(tx, begun.image_id)
        at = site.now()
        verdicts = [] if found is None else plan_retention(facts.read(tx, found, at=at), begun.policy, at)
        freed = weights.freed(tx, [verdict.content.id for verdict in verdicts if verdict.deleted])
    with site.db.write() as tx:
        trips = breaker.trips(verdicts, begun.policy)
        runs.planned(tx, run_id, verdicts, at=at, freed=freed, outcome="", breaker=trips)
        runs.end(tx, run_id, at=site.now(), reason="the image is gone or inactive" if found is None else "")


@job("retention.run")
def run(site: Site, *, run_id: str) -> None:
    """Delete what the policy takes; goes on where it was left when its process was killed."""
    with site.db.write() as tx:
        begun = runs.begin(tx, run_id)
    if begun is None:
        return
    reason = "" if begun.planned_at is not None else prepare(site, begun)
    if not reason and _waits(site, run_id):
        return
    while not reason:
        with site.db.read() as tx:
            some = runs.queued(tx, run_id, BATCH)
        if not some:
            break
        reason = delete(site, begun, some)
    with site.db.write() as tx:
        runs.end(tx, run_id, at=site.now(), reason=reason)


def _with_policy(site: Site) -> list[int]:
    """Images whose policy is on; the databases do not read JSON alike, so this is done here."""
    with site.db.read() as tx:
        here = image.c.born_at.is_not(None) & image.c.state.in_(images.VISIBLE)
        rows = tx.execute(select(image.c.id, image.c.policy_deletion).where(here).order_by(image.c.id))
        return [row.id for row in rows if row.policy_deletion.get("enabled")]


def _plan(tx: Connection, found: Image, *, at: datetime) -> list[Verdict]:
    return plan_retention(facts.read(tx, found, at=at), policy_of(tx, found.id), at)


def prepare(site: Site, begun: Run) -> str:
    """Write down what is to go; returns why nothing can."""
    with site.db.read() as tx:
        found = _image(tx, begun.image_id)
        if found is None:
            return "the image is gone or inactive"
        if policy_of(tx, found.id) != begun.policy:
            return "the policy was changed meanwhile"
        at = site.now()
        plan = _plan(tx, found, at=at)
        trips = breaker.trips(plan, begun.policy)
        going = [verdict for verdict in plan if verdict.deleted]
        bound = None if begun.source is None else runs.taken(tx, begun.source)
        going = [verdict for verdict in going if bound is None or verdict.digest in bound]
        freed = weights.freed(tx, [verdict.content.id for verdict in going])
    with site.db.write() as tx:
        runs.planned(tx, begun.id, going, at=at, freed=freed, outcome="queued", breaker=trips)
    return ""


def _waits(site: Site, run_id: str) -> bool:
    """Whether the breaker has stopped it; then it waits for somebody to approve it."""
    with site.db.write() as tx:
        planned = runs.get(tx, run_id)
        if planned is None or not planned.needs_approval:
            return False
        runs.wait(tx, run_id)
        return True


def delete(site: Site, begun: Run, some: Sequence[Item]) -> str:
    """Some of them together; when that fails each by itself. Returns why the run cannot go on."""
    try:
        return _delete_together(site, begun, some)
    except Exception as error:
        log.exception("digests not deleted by policy")
        if len(some) == 1:
            with site.db.write() as tx:
                runs.became(tx, begun.id, [some[0].place], "failed", f"{type(error).__name__}: {error}")
            return ""
    for item in some:
        reason = delete(site, begun, [item])
        if reason:
            return reason
    return ""


def _delete_together(site: Site, begun: Run, some: Sequence[Item]) -> str:
    with site.db.write() as tx:
        images.lock(tx, begun.image_id)
        found = _image(tx, begun.image_id)
        if found is None:
            return "the image is gone or inactive"
        if policy_of(tx, found.id) != begun.policy:
            return "the policy was changed meanwhile"
        at = site.now()
        some = _with_referrers(tx, found, begun, some)
        there = _there(tx, found, some)
        same = [item for item in some if there.get(item.digest) == item.version and item.reason != WITH_SUBJECT]
        verdicts = _judged(tx, found, same, at=at)
        going = [(item, verdicts[item.digest]) for item in same if verdicts[item.digest].accepted]
        _move(tx, site, found, begun, going, at=at)
        gone = {item.digest for item in some} - _there(tx, found, some).keys()
        runs.became(tx, begun.id, [item.place for item in some if item.digest in gone], "deleted")
        for item in some:
            if item.digest not in gone:
                refusal = verdicts[item.digest].refusal if item.digest in verdicts else None
                runs.became(tx, begun.id, [item.place], "drifted", _drift(item, there, refusal))
    return ""


def _with_referrers(tx: Connection, found: Image, begun: Run, some: Sequence[Item]) -> list[Item]:
    """With those of the run that speak of these, so that they are judged together."""
    speaking = reach.with_referrers(tx, found.id, [item.digest for item in some])
    digests_ = {each for those in speaking.values() for each in those.values()}
    more = runs.queued_among(tx, begun.id, digests_ - {item.digest for item in some})
    return [*some, *more]


def _judged(tx: Connection, found: Image, asked: Sequence[Item], *, at: datetime) -> dict[str, Judged]:
    """May they go? What speaks of something that stays is not asked for, and so stays too."""
    subjects = _subjects(tx, found, asked)
    left, verdicts = list(asked), dict[str, Judged]()
    while True:
        verdicts |= {str(each.digest): each for each in deletable.judge(tx, found, _parsed(left), at=at)}
        going = {item.digest for item in left if verdicts[item.digest].accepted}
        staying = [item for item in left if item.digest in going and subjects.get(item.digest, set()) - going]
        if not staying:
            return verdicts
        for item in staying:
            content = digests.parse(item.digest)
            refusal = ManifestReferenced(content, sorted(subjects[item.digest] - going))
            verdicts[item.digest] = Judged(content, refusal=refusal)
        left = [item for item in left if item not in staying]


def _subjects(tx: Connection, found: Image, some: Sequence[Item]) -> dict[str, set[str]]:
    """By digest what it speaks of, as far as it is there."""
    mine = (manifest.c.image_id == found.id) & manifest.c.digest.in_([item.digest for item in some])
    by_subject = select(manifest.c.digest, manifest.c.subject).where(mine, manifest.c.subject.is_not(None))
    by_name = select(manifest.c.digest, tag.c.fallback_of).join(tag, tag.c.manifest_id == manifest.c.id)
    spoken: dict[str, set[str]] = {}
    for digest, subject in tx.execute(union(by_subject, by_name.where(mine, tag.c.fallback_of.is_not(None)))):
        spoken.setdefault(digest, set()).add(subject)
    every = {subject for those in spoken.values() for subject in those}
    here = (manifest.c.image_id == found.id) & manifest.c.digest.in_(every)
    there = set(tx.scalars(select(manifest.c.digest).where(here)))
    return {digest: (those & there) - {digest} for digest, those in spoken.items()}


def _drift(item: Item, there: dict[str, int], refusal: Refusal | None) -> str:
    if refusal is not None:
        return str(refusal)
    return "it was changed meanwhile" if there[item.digest] != item.version else "what it speaks of stays"


def _there(tx: Connection, found: Image, some: Sequence[Item]) -> dict[str, int]:
    """The versions of those that are there."""
    query = select(manifest.c.digest, manifest.c.version).where(
        manifest.c.image_id == found.id, manifest.c.digest.in_([item.digest for item in some])
    )
    return {row.digest: row.version for row in tx.execute(query)}


def _parsed(some: Sequence[Item]) -> list[digests.Digest]:
    return [digests.parse(item.digest) for item in some]


def _move(
    tx: Connection, site: Site, found: Image, begun: Run, going: Sequence[tuple[Item, Judged]], *, at: datetime
) -> None:
    if not going:
        return
    actor = Actor(begun.asked_by)
    ids = {each for _, judged in going for each in (judged.id or 0, *judged.referrers)}
    trash.move(tx, found, ids, actor, at=at, keep=trash.kept(site.settings), why="policy", batch=begun.id)
    images.edited(tx, found, actor, at=at)
    for item, judged in going:
        before = {"tags": list(judged.tags), "referrers": sorted(judged.referrers.values())}
        after = {"rule": item.reason, "run": begun.id}
        target = f"{found.path}@{item.digest}"
        events.record(tx, actor, "manifest.delete", target, at=at, before=before, after=after)


def _image(tx: Connection, image_id: int) -> Image | None:
    """An image that clients see; None when it is no more, or cannot be changed."""
    query = (
        select(image, registry.c.name.label("registry"), repository.c.name.label("repository"))
        .join_from(image, repository)
        .join(registry)
        .where(image.c.id == image_id, image.c.state.in_(images.VISIBLE))
    )
    row = tx.execute(query).mappings().first()
    if row is None:
        return None
    path = ImagePath(row["registry"], row["repository"], row["name"])
    return Image(row["id"], row["repository_id"], path, born=True, lock=images.lock_of(row))
