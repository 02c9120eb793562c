"""Recording what was done, and what was refused."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert

from berth.db.tables import audit_event

Facts = dict[str, Any]  # Any: JSON values


@dataclass(frozen=True)
class Actor:
    """Who acts, from where, in which request."""

    name: str
    address: str = ""
    request_id: str = ""


SYSTEM = Actor("system")
"""Berth itself: schedules and jobs."""


def record(
    tx: Connection,
    actor: Actor,
    action: str,
    target: str,
    *,
    at: datetime,
    before: Facts | None = None,
    after: Facts | None = None,
    outcome: str = "done",
) -> None:
    """Write one event. `action` reads `room.verb`; `target` names the thing as people do; no secrets in the facts."""
    tx.execute(
        insert(audit_event).values(
            at=at,
            actor=actor.name,
            address=actor.address,
            request_id=actor.request_id,
            action=action,
            target=target[:520],
            outcome=outcome,
            before=before,
            after=after,
        )
    )
