"""Whether a digest may be pulled and why, as somebody asks without pulling: for everybody, and for the one who asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from berth.db.tables import manifest, manifest_edge
from berth.registry.images import Image
from berth.restriction import judging, subjects, teaching, verdict
from berth.restriction.subjects import Subject
from berth.restriction.teaching import Lesson
from berth.restriction.verdict import Count, Rules, Verdict
from berth.words.digest import Digest
from berth.words.errors import ManifestUnknown
from berth.words.policies import Mode


@dataclass(frozen=True)
class Child:
    digest: str
    platform: str
    verdict: Verdict


@dataclass(frozen=True)
class Explained:
    mode: Mode
    lesson: Lesson
    """Of an index, with what becomes of its images."""
    yours: Verdict
    """For the one who asks, whom a right may let pass."""
    counts: Sequence[Count]
    """Critical and High findings of an image that has a good result, also where that is judged by nothing."""
    children: Sequence[Child]


def of(tx: Connection, found: Image, content: Digest, *, at: datetime, permitted: bool) -> Explained:
    """Raises `ManifestUnknown`."""
    mine = (manifest.c.image_id == found.id) & (manifest.c.digest == str(content))
    number = tx.scalar(select(manifest.c.id).where(mine))
    subject = subjects.some(tx, [] if number is None else [number]).get(number or 0)
    if subject is None:
        raise ManifestUnknown(str(content))
    rules = judging.rules_of(tx, found.id)
    listed = subjects.children(tx, [subject.id]).get(subject.id, []) if subject.facts.kind == "index" else []
    judged = judging.verdicts(tx, found.id, [subject, *listed], rules, at=at)
    shown = verdict.together(judged[subject.id], [judged[each.id] for each in listed])
    # Of an index it is the first image refused whose findings tell most.
    worst = next((each for each in listed if not judged[each.id].allowed), subject)
    lesson = teaching.of(tx, found, worst, str(content), shown, rules, at=at)
    platforms = _platforms(tx, subject)
    own = judged[subject.id]
    return Explained(
        rules.pull.mode,
        lesson,
        own.permitted() if permitted else own,
        _counts(tx, found, subject, rules, at),
        [Child(each.digest, platforms.get(each.id, ""), judged[each.id]) for each in listed],
    )


def _counts(tx: Connection, found: Image, subject: Subject, rules: Rules, at: datetime) -> Sequence[Count]:
    if subject.facts.tally is None:
        return ()
    spared = judging.spared_of(tx, found.id, [subject], rules, at=at).get(subject.id, verdict.NOTHING)
    return verdict.counts(subject.facts.tally, rules, spared)


def _platforms(tx: Connection, subject: Subject) -> dict[int, str]:
    query = select(manifest_edge.c.child_id, manifest_edge.c.platform).where(manifest_edge.c.parent_id == subject.id)
    return {row.child_id: row.platform or "" for row in tx.execute(query)}
