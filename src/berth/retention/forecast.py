"""The forecast of single digests: what the plan of the image says of them, made from what hangs together with them.

A page of rows would otherwise have to read an image of any size.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, literal, select, union

from berth.db.tables import manifest, manifest_edge, tag
from berth.registry import reach
from berth.registry.images import Image
from berth.retention import facts, newest
from berth.retention.plan import Reason, plan_retention
from berth.words.policies import DeletionPolicy


@dataclass(frozen=True)
class Forecast:
    deleted: bool
    """By the next run."""
    reason: Reason
    because: str
    due_at: datetime | None


OFF = Forecast(deleted=False, reason=Reason.POLICY_OFF, because="", due_at=None)


def of(
    tx: Connection, found: Image, ids: Collection[int], *, at: datetime, policy: DeletionPolicy | None = None
) -> dict[int, Forecast]:
    """By id what the policy of the image comes to for these digests of it; `policy` is it, where it is known."""
    if not ids:
        return {}
    if policy is None:
        policy = facts.policy_of(tx, found.id)
    if not policy.enabled:
        return dict.fromkeys(ids, OFF)
    contents = facts.read(tx, found, at=at, only=_hanging_together(tx, found, ids))
    verdicts = plan_retention(contents, policy, at, newest.names(tx, found, policy))
    return {
        verdict.content.id: Forecast(verdict.deleted, verdict.reason, verdict.because, verdict.due_at)
        for verdict in verdicts
        if verdict.content.id in ids
    }


def _hanging_together(tx: Connection, found: Image, ids: Collection[int]) -> set[int]:
    """With all that lists them or that they list, speaks of them or that they speak of, and so on."""
    known: set[int] = set()
    fresh = set(ids)
    while fresh:
        known |= fresh
        near: set[int] = set()
        for some in reach.batches(fresh):
            near.update(tx.scalars(_near(found, some)))
        fresh = near - known
    return known


def _near(found: Image, some: Collection[int]) -> Select[tuple[int]]:
    other = manifest.alias("other")
    here = manifest.c.image_id == found.id
    mine = (manifest.c.id.in_(some), other.c.image_id == literal(found.id))
    steps = union(
        select(manifest_edge.c.child_id).where(manifest_edge.c.parent_id.in_(some)),
        select(manifest_edge.c.parent_id).where(manifest_edge.c.child_id.in_(some)),
        select(other.c.id).join_from(manifest, other, other.c.digest == manifest.c.subject).where(*mine),
        select(other.c.id).join_from(manifest, other, other.c.subject == manifest.c.digest).where(*mine),
        select(manifest.c.id)
        .join_from(tag, manifest, manifest.c.digest == tag.c.fallback_of)
        .where(here, tag.c.image_id == found.id, tag.c.manifest_id.in_(some)),
        select(tag.c.manifest_id)
        .join_from(manifest, tag, tag.c.fallback_of == manifest.c.digest)
        .where(tag.c.image_id == found.id, manifest.c.id.in_(some)),
    ).subquery()
    return select(steps.c[0])
