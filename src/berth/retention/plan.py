"""The plan of a deletion policy: for every digest of an image whether it goes, why, and when (SPEC 4.4).

It is one pure function, and what a test shows, a run deletes and a person is told comes from it and from nothing else.

A digest goes when a rule takes it, nothing protects it, and all goes that hangs together with it: the indexes that
list it, the subject it speaks of, and its own referrers, which go with it whatever their age. So no index loses a
child, no signature its subject, and nothing that stays loses what it needs.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from berth.words import expression, names, time
from berth.words.policies import DeletionPolicy


class Reason(StrEnum):
    """The rule that takes a digest, or what decided that it stays."""

    UNTAGGED = "untagged"
    OLD = "old"
    WITH_SUBJECT = "with-subject"

    POLICY_OFF = "policy-off"
    RULE_OFF = "rule-off"
    TOO_YOUNG = "too-young"
    OTHER_NAME = "other-name"
    NEWEST = "newest"
    KEPT_NAME = "kept-name"
    PULLED = "pulled"
    LATELY_UNTAGGED = "lately-untagged"
    LOCKED = "locked"
    LISTED = "listed"
    SPEAKS_OF = "speaks-of"
    SPOKEN_OF_BY = "spoken-of-by"
    BUSY = "busy"


@dataclass(frozen=True)
class Content:
    """A digest, as far as a plan needs to know it."""

    id: int
    digest: str
    pushed_at: datetime
    """First."""
    tags: tuple[str, ...] = ()
    """Its own names; fallback names are none."""
    subjects: tuple[str, ...] = ()
    """What it speaks of, by its manifest or by a fallback name, there or not."""
    parents: tuple[str, ...] = ()
    """The indexes that list it."""
    restored_at: datetime | None = None
    pulled_at: datetime | None = None
    untagged_at: datetime | None = None
    """When it lost its last name."""
    locked: str = ""
    """What locks it, in words."""
    active: bool = True
    version: int = 1
    size: int = 0
    """With all it holds; no rule asks for it."""


@dataclass(frozen=True)
class Verdict:
    content: Content
    deleted: bool
    reason: Reason
    because: str = ""
    """What decided, in particular: a digest, a name, a lock."""
    due_at: datetime | None = None
    """When its rule takes it, or took it; None when none ever does as things are."""

    @property
    def digest(self) -> str:
        return self.content.digest


def plan_retention(
    image: Collection[Content], policy: DeletionPolicy, now: datetime, newest: Collection[str] | None = None
) -> list[Verdict]:
    """A verdict for every digest of an image, in their order.

    Of a part that hangs together with nothing else the verdicts are the same; then `newest` are the names that the
    policy keeps in the whole image for being the newest.
    """
    if newest is None:
        newest = _newest(image, policy)
    own = {each.digest: by_itself(each, policy, newest, now) for each in image}
    ties = _Ties(image)
    due = _due_together(_due_alone(own, ties), own, ties)
    return [_verdict(each, own[each.digest], due, ties, now) for each in image]


def by_itself(each: Content, policy: DeletionPolicy, newest: Collection[str], now: datetime) -> Verdict:
    """What the rules say of a digest that stands alone."""

    def kept(reason: Reason, because: str = "", due_at: datetime | None = None) -> Verdict:
        return Verdict(each, deleted=False, reason=reason, because=because, due_at=due_at)

    rule, reason = (policy.old, Reason.OLD) if each.tags else (policy.untagged, Reason.UNTAGGED)
    kept_by = _kept_by_state(each, policy) or _kept_by_name(each, policy, newest)
    if kept_by is not None:
        return kept(*kept_by)
    if not rule.enabled:
        return kept(Reason.RULE_OFF, reason)
    due_at, why = _due(each, policy, rule.days)
    if now < due_at:
        return kept(why, time.text(due_at), due_at)
    return Verdict(each, deleted=True, reason=reason, due_at=due_at)


def _kept_by_state(each: Content, policy: DeletionPolicy) -> tuple[Reason, str] | None:
    if not policy.enabled:
        return Reason.POLICY_OFF, ""
    if not each.active:
        return Reason.BUSY, ""
    return (Reason.LOCKED, each.locked) if each.locked else None


def _kept_by_name(each: Content, policy: DeletionPolicy, newest: Collection[str]) -> tuple[Reason, str] | None:
    for name in each.tags:
        if not expression.matches(policy.expression, name):
            return Reason.OTHER_NAME, name
        if policy.keep_matching and expression.matches(policy.keep_matching, name):
            return Reason.KEPT_NAME, name
        if name in newest:
            return Reason.NEWEST, name
    return None


def _due(each: Content, policy: DeletionPolicy, days: int) -> tuple[datetime, Reason]:
    """The last of the times before which it stays, and which of them that is."""
    since = max(each.pushed_at, each.restored_at or each.pushed_at)
    times = [(since + timedelta(days=days), Reason.TOO_YOUNG)]
    if policy.keep_pulled_days and each.pulled_at is not None:
        times.append((each.pulled_at + timedelta(days=policy.keep_pulled_days), Reason.PULLED))
    if policy.keep_untagged_days and not each.tags and each.untagged_at is not None:
        times.append((each.untagged_at + timedelta(days=policy.keep_untagged_days), Reason.LATELY_UNTAGGED))
    return max(times, key=lambda time: time[0])


def _newest(image: Iterable[Content], policy: DeletionPolicy) -> set[str]:
    """The names that are kept for being the newest."""
    if not policy.keep_newest:
        return set()
    if policy.keep_newest_by == "version":
        ordered = sorted((name for each in image for name in each.tags), key=names.natural, reverse=True)
    else:
        pushed = ((each.pushed_at, each.id, name) for each in image for name in each.tags)
        ordered = [name for _, _, name in sorted(pushed, reverse=True)]
    return set(ordered[: policy.keep_newest])


class _Ties:
    """What hangs together: by digest the indexes above, the subjects, and the referrers that are there."""

    def __init__(self, image: Collection[Content]) -> None:
        there = {each.digest for each in image}
        self.parents: dict[str, Sequence[str]] = {}
        self.subjects: dict[str, Sequence[str]] = {}
        self.referrers: dict[str, list[str]] = {}
        self.children: dict[str, list[str]] = {}
        for each in image:
            self.parents[each.digest] = [parent for parent in each.parents if parent in there]
            self.subjects[each.digest] = [one for one in each.subjects if one in there and one != each.digest]
            for parent in self.parents[each.digest]:
                self.children.setdefault(parent, []).append(each.digest)
            for subject in self.subjects[each.digest]:
                self.referrers.setdefault(subject, []).append(each.digest)

    def needs(self, digest: str) -> Iterable[tuple[Reason, str]]:
        """What has to go for it to go."""
        yield from ((Reason.LISTED, parent) for parent in self.parents[digest])
        yield from ((Reason.SPEAKS_OF, subject) for subject in self.subjects[digest])
        yield from ((Reason.SPOKEN_OF_BY, referrer) for referrer in self.referrers.get(digest, ()))

    def needing(self, digest: str) -> Iterable[str]:
        """What cannot go when it stays."""
        yield from self.children.get(digest, ())
        yield from self.referrers.get(digest, ())
        yield from self.subjects[digest]


def _due_alone(own: Mapping[str, Verdict], ties: _Ties) -> dict[str, datetime]:
    """When the rules take each, or its subject takes it along, were it for nothing else; what never goes is left out.

    Referrers without a name of their own and without a lock are taken along.
    """
    due: dict[str, datetime] = {}
    starting = [(verdict.due_at, digest) for digest, verdict in own.items() if verdict.due_at is not None]
    for due_at, start in sorted(starting):
        waiting = [start]
        while waiting:
            digest = waiting.pop()
            if digest not in due:
                due[digest] = due_at
                waiting.extend(each for each in ties.referrers.get(digest, ()) if _goes_along(own[each].content))
    return due


def _goes_along(referrer: Content) -> bool:
    return referrer.active and not referrer.tags and not referrer.locked


def _due_together(alone: Mapping[str, datetime], own: Mapping[str, Verdict], ties: _Ties) -> dict[str, datetime | None]:
    """When each goes, as nothing goes before what has to go for it; None: never."""
    due: dict[str, datetime | None] = {}
    never = [(None, digest) for digest in own if digest not in alone]
    last_first = sorted(((due_at, digest) for digest, due_at in alone.items()), reverse=True)
    for due_at, start in [*never, *last_first]:
        waiting = [start]
        while waiting:
            digest = waiting.pop()
            if digest not in due:
                due[digest] = due_at
                waiting.extend(ties.needing(digest))
    return due


def _verdict(each: Content, own: Verdict, due: Mapping[str, datetime | None], ties: _Ties, now: datetime) -> Verdict:
    due_at = due[each.digest]
    if due_at is not None and due_at <= now:
        with_it = next((subject for subject in ties.subjects[each.digest] if _over(due[subject], now)), None)
        if with_it is None or own.deleted:
            return replace(own, due_at=due_at)
        return Verdict(each, deleted=True, reason=Reason.WITH_SUBJECT, because=with_it, due_at=due_at)
    last = next((need for need in ties.needs(each.digest) if due[need[1]] == due_at), None)
    if last is None or own.due_at == due_at:
        return own
    reason, because = last
    return Verdict(each, deleted=False, reason=reason, because=because, due_at=due_at)


def _over(due_at: datetime | None, now: datetime) -> bool:
    return due_at is not None and due_at <= now
