"""What a policy would delete of an image now, as a number: for whoever edits the policy and has not saved it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from berth.db.tables import manifest
from berth.registry.images import Image
from berth.retention import facts
from berth.retention.plan import plan_retention
from berth.words.policies import DeletionPolicy

MOST = 2000
"""Digests; more take longer than somebody who types wants to wait. A test tells of them."""


@dataclass(frozen=True)
class Preview:
    deleted: int
    digests: int


def of(tx: Connection, found: Image, policy: DeletionPolicy, *, at: datetime) -> Preview | None:
    """None for an image that holds too much."""
    some = select(manifest.c.id).where(manifest.c.image_id == found.id).limit(MOST + 1).subquery()
    if (tx.scalar(select(func.count()).select_from(some)) or 0) > MOST:
        return None
    verdicts = plan_retention(facts.read(tx, found, at=at), policy, at)
    return Preview(sum(verdict.deleted for verdict in verdicts), len(verdicts))
