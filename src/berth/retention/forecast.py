"""The forecast of single digests: what the plan of the image says of them, made from what hangs together with them.

A page of rows would otherwise have to read an image of any size.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from berth.registry.images import Image
from berth.registry.rows import Row
from berth.retention import facts, newest, together
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
    tx: Connection,
    found: Image,
    ids: Collection[int],
    *,
    at: datetime,
    policy: DeletionPolicy | None = None,
    known: Collection[Row] = (),
) -> dict[int, Forecast]:
    """By id what the policy of the image comes to for these digests of it.

    `policy` is it, where it has been read already, and `known` those of the digests that have been.
    Those that hang together with very many are left out, see `together`: only a test of the policy tells of them.
    """
    if not ids:
        return {}
    if policy is None:
        policy = facts.policy_of(tx, found.id)
    if not policy.enabled:
        return dict.fromkeys(ids, OFF)
    near = together.read(tx, found, ids, newest.query(found, policy) if policy.keep_newest else None)
    contents = facts.some(tx, found, near.ids, near.names, near.subjects, near.parents, at=at, known=known)
    verdicts = plan_retention(contents, policy, at, near.newest)
    return {
        verdict.content.id: Forecast(verdict.deleted, verdict.reason, verdict.because, verdict.due_at)
        for verdict in verdicts
        if verdict.content.id in ids
    }
