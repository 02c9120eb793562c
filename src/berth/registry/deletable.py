"""What of an image may be deleted, and what goes with it: one verdict for each digest that somebody asks to delete.

Several are judged together, so an index and its children may be asked for in any order. When one has to stay, what
could only go with it stays too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select

from berth.db.tables import manifest
from berth.registry import locks, reach
from berth.registry.images import Image
from berth.registry.reach import Name, Parent
from berth.words.digest import Digest
from berth.words.errors import (
    Locked,
    ManifestDeleting,
    ManifestReferenced,
    ManifestUnknown,
    ReferrerHeld,
    Refusal,
)


@dataclass(frozen=True)
class Verdict:
    digest: Digest
    id: int | None = None
    refusal: Refusal | None = None
    tags: tuple[str, ...] = ()
    """Names that go, fallback names of its referrers among them."""
    referrers: Mapping[int, str] = field(default_factory=dict)
    """What goes with it, by id."""

    @property
    def accepted(self) -> bool:
        return self.refusal is None


@dataclass(frozen=True)
class Facts:
    """All that a verdict is made from."""

    ids: Mapping[str, int]
    states: Mapping[str, str]
    referrers: Mapping[str, Mapping[int, str]]
    parents: Mapping[int, Sequence[Parent]]
    names: Mapping[int, Sequence[Name]]
    locked: Mapping[int, Locked]
    image_lock: Locked | None


def judge(tx: Connection, found: Image, asked: Sequence[Digest], *, at: datetime) -> list[Verdict]:
    """One verdict for each that is asked for, in that order. The caller holds the image's row."""
    facts = _facts(tx, found, [str(content) for content in asked], at)
    refused: dict[str, Refusal] = {}
    while newly := _refused(facts, [content for content in asked if str(content) not in refused]):
        refused.update(newly)
    return [_verdict(facts, content, refused.get(str(content))) for content in dict.fromkeys(asked)]


def _facts(tx: Connection, found: Image, asked: list[str], at: datetime) -> Facts:
    query = select(manifest.c.digest, manifest.c.id, manifest.c.state).where(
        manifest.c.image_id == found.id, manifest.c.digest.in_(asked)
    )
    rows = tx.execute(query).all()
    ids = {row.digest: row.id for row in rows}
    referrers = reach.with_referrers(tx, found.id, ids)
    every = set(ids.values()).union(*referrers.values())
    return Facts(
        ids=ids,
        states={row.digest: row.state for row in rows},
        referrers=referrers,
        parents=reach.parents(tx, every),
        names=reach.names(tx, every),
        locked=locks.held(tx, every, at=at),
        image_lock=_image_lock(found, at),
    )


def _image_lock(found: Image, at: datetime) -> Locked | None:
    if found.lock is None or not found.lock.holds(at):
        return None
    return locks.refusal(str(found.path), found.lock)


def _refused(facts: Facts, asked: Sequence[Digest]) -> dict[str, Refusal]:
    """Those of the asked that have to stay if all others go."""
    asked_ids = {facts.ids[str(content)] for content in asked if str(content) in facts.ids}
    going = asked_ids.union(*(facts.referrers.get(str(content), {}) for content in asked))
    found = {str(content): _why_not(facts, content, asked_ids, going) for content in asked}
    return {digest: refusal for digest, refusal in found.items() if refusal is not None}


def _why_not(facts: Facts, content: Digest, asked: set[int], going: set[int]) -> Refusal | None:
    digest = str(content)
    if digest not in facts.ids:
        return ManifestUnknown(digest)
    if facts.states[digest] == "deleting":
        return ManifestDeleting(digest)
    if facts.image_lock is not None:
        return facts.image_lock
    own = facts.ids[digest]
    if own in facts.locked:
        return facts.locked[own]
    staying = [str(parent) for parent in facts.parents.get(own, ()) if parent.id not in going]
    if staying:
        return ManifestReferenced(content, staying)
    return _held_referrer(facts, content, asked, going)


def _held_referrer(facts: Facts, content: Digest, asked: set[int], going: set[int]) -> ReferrerHeld | None:
    """The first of its referrers that something keeps, and with it the subject."""
    with_it = {str(content), *facts.referrers[str(content)].values()}
    for referrer_id, referrer in facts.referrers[str(content)].items():
        if referrer_id in facts.locked:
            return ReferrerHeld(content, referrer, f"is locked: {facts.locked[referrer_id]}")
        staying = [str(parent) for parent in facts.parents.get(referrer_id, ()) if parent.id not in going]
        if staying:
            return ReferrerHeld(content, referrer, f"is listed by {', '.join(staying)}")
        own = [name.name for name in facts.names.get(referrer_id, ()) if name.fallback_of not in with_it]
        if own and referrer_id not in asked:
            return ReferrerHeld(content, referrer, f"has the tag {own[0]}")
    return None


def _verdict(facts: Facts, content: Digest, refusal: Refusal | None) -> Verdict:
    own = facts.ids.get(str(content))
    if own is None or refusal is not None:
        return Verdict(content, own, refusal)
    referrers = facts.referrers[str(content)]
    names = [name.name for each in (own, *referrers) for name in facts.names.get(each, ())]
    return Verdict(content, own, None, tuple(names), dict(referrers))
