"""Deleting what a run has planned, some digests in each transaction.

Each is looked at again before it goes: what has got or lost a name, was pushed again, pulled or locked, is listed or
signed by something new since the plan was made stays, and the report says so. What goes, goes into the trash.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import structlog
from sqlalchemy import Connection, select, union

from berth.audit import events
from berth.audit.events import Actor
from berth.db.tables import manifest, tag
from berth.registry import deletable, images, policy_runs, reach, trash
from berth.registry.deletable import Verdict as Judged
from berth.registry.images import Image
from berth.retention import facts, newest, runs
from berth.retention.plan import Reason, by_itself
from berth.retention.runs import Item, Run
from berth.site import Site
from berth.words import digest as digests

WITH_SUBJECT = Reason.WITH_SUBJECT.value
GONE = "the image is gone or inactive"
BY_OTHERS = "it was deleted meanwhile, and not by this run"
"""What a report says of a digest that was not there any more, in the place of what has kept it."""

log = structlog.get_logger("berth.retention")


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
        found = facts.image_of(tx, begun.image_id)
        if found is None:
            return GONE
        if facts.policy_of(tx, found.id) != begun.policy:
            return policy_runs.CHANGED
        at = site.now()
        some = _with_ties(tx, found, begun, some)
        there = _ids(tx, found, some).keys()
        drifts = _drifts(tx, found, begun, some, at=at)
        fit = [item for item in some if item.digest not in drifts]
        going, staying = _judged(tx, found, fit, at=at)
        _move(tx, site, found, begun, going, at=at)
        gone = there - _ids(tx, found, some).keys()
        runs.became(tx, begun.id, [item.place for item in some if item.digest in gone], "deleted")
        for item in some:
            if item.digest not in gone:
                why = drifts.get(item.digest) or staying.get(item.digest) or "what it speaks of stays"
                runs.became(tx, begun.id, [item.place], "drifted", why)
    return ""


def _with_ties(tx: Connection, found: Image, begun: Run, some: Sequence[Item]) -> list[Item]:
    """With what they cannot go without and the run still has to delete, so that they are judged together.

    That is what speaks of them, what they speak of, and what lists them.
    """
    together: list[Item] = []
    fresh = runs.queued_among(tx, begun.id, [item.digest for item in some])
    while fresh:
        together += fresh
        near = _near(tx, found, fresh) - {item.digest for item in together}
        fresh = runs.queued_among(tx, begun.id, near)
    return together


def _near(tx: Connection, found: Image, some: Sequence[Item]) -> set[str]:
    speaking = reach.referrers(tx, found.id, [item.digest for item in some])
    listing = reach.parents(tx, _ids(tx, found, some).values())
    near = set().union(*(those.values() for those in speaking.values()), *_subjects(tx, found, some).values())
    return near | {parent.digest for those in listing.values() for parent in those}


def _drifts(tx: Connection, found: Image, begun: Run, some: Sequence[Item], *, at: datetime) -> dict[str, str]:
    """Those that are no more what was planned, with what has changed."""
    contents = {each.digest: each for each in facts.alone(tx, found, _ids(tx, found, some).values(), at=at)}
    pushed = runs.pushed_among(tx, begun.id, contents)
    names = newest.names(tx, found, begun.policy)
    drifts = {}
    for item in some:
        content = contents.get(item.digest)
        if content is None:
            drifts[item.digest] = BY_OTHERS
            continue
        verdict = by_itself(content, begun.policy, names, at)
        if item.digest in pushed:
            drifts[item.digest] = "it was pushed meanwhile"
        elif content.version != item.version:
            drifts[item.digest] = "it was changed meanwhile"
        elif item.reason != WITH_SUBJECT and not verdict.deleted:
            drifts[item.digest] = f"the policy keeps it now: {verdict.reason.value} {verdict.because}".rstrip()
    return drifts


def _judged(
    tx: Connection, found: Image, fit: Sequence[Item], *, at: datetime
) -> tuple[list[tuple[Item, Judged]], dict[str, str]]:
    """Which of these go with what goes along, and why the others stay.

    Nothing goes along that is not one of these itself, and nothing goes that speaks of something that stays.
    """
    subjects = _subjects(tx, found, fit)
    known = {item.digest for item in fit}
    left = [item for item in fit if item.reason != WITH_SUBJECT]
    staying: dict[str, str] = {}
    while True:
        verdicts = {str(each.digest): each for each in deletable.judge(tx, found, _parsed(left), at=at)}
        staying |= {digest: str(each.refusal) for digest, each in verdicts.items() if each.refusal is not None}
        going = [(item, verdicts[item.digest]) for item in left if verdicts[item.digest].accepted]
        gone = {item.digest for item, _ in going}.union(*(each.referrers.values() for _, each in going))
        held = {item.digest: why for item, each in going if (why := _held(item, each, known, gone, subjects))}
        if not held:
            return going, staying
        staying |= held
        left = [item for item, _ in going if item.digest not in held]


def _held(
    item: Item, judged: Judged, known: Collection[str], gone: Collection[str], subjects: Mapping[str, set[str]]
) -> str:
    beyond = sorted(set(judged.referrers.values()) - set(known))
    if beyond:
        return f"its referrer {beyond[0]} stays"
    for digest in (item.digest, *judged.referrers.values()):
        stays = sorted(subjects.get(digest, set()) - set(gone))
        if stays:
            return f"{digest} speaks of {stays[0]}, which stays"
    return ""


def _subjects(tx: Connection, found: Image, some: Sequence[Item]) -> dict[str, set[str]]:
    """By digest what it speaks of, as far as it is there."""
    by_subject = select(manifest.c.digest, manifest.c.subject).where(manifest.c.subject.is_not(None))
    by_name = select(manifest.c.digest, tag.c.fallback_of).join(tag, tag.c.manifest_id == manifest.c.id)
    by_name = by_name.where(tag.c.fallback_of.is_not(None))
    spoken: dict[str, set[str]] = {}
    for digests_ in reach.batches(item.digest for item in some):
        mine = (manifest.c.image_id == found.id) & manifest.c.digest.in_(digests_)
        for digest, subject in tx.execute(union(by_subject.where(mine), by_name.where(mine))):
            spoken.setdefault(digest, set()).add(subject)
    there = _there(tx, found, {subject for those in spoken.values() for subject in those})
    return {digest: (those & there.keys()) - {digest} for digest, those in spoken.items()}


def _ids(tx: Connection, found: Image, some: Sequence[Item]) -> dict[str, int]:
    """Of those that are there."""
    return _there(tx, found, [item.digest for item in some])


def _there(tx: Connection, found: Image, digests_: Collection[str]) -> dict[str, int]:
    query = select(manifest.c.digest, manifest.c.id).where(manifest.c.image_id == found.id)
    rows = (row for some in reach.batches(digests_) for row in tx.execute(query.where(manifest.c.digest.in_(some))))
    return {row.digest: row.id for row in rows}


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
