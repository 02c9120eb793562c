"""What a run of a deletion policy has to know of its image while it goes on: what is pushed, and another policy."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from berth.db import Prepared, insert_ignore
from berth.db.tables import retention_push, retention_run
from berth.registry.images import Image
from berth.words.digest import Digest

GOING_ON = ("queued", "running", "waiting")
"""Waiting is for an approval. Of an image one run goes on at most."""
CHANGED = "the policy was changed meanwhile"

_GOING = Prepared(
    select(retention_run.c.id).where(
        retention_run.c.image_id == bindparam("image_id"),
        retention_run.c.kind == bindparam("run", "run"),
        retention_run.c.state.in_([bindparam(state, state) for state in GOING_ON]),
    )
)


def pushed(tx: Connection, found: Image, content: Digest) -> None:
    """Have a digest stay that is pushed, for the first time or again, while a run goes on. The image's row is held.

    Mostly there is no run, and this is one look into an index.
    """
    run = _GOING.first(tx, image_id=found.id)
    if run is not None:
        insert_ignore(tx, retention_push, {"run_id": run["id"], "digest": str(content)})


def policy_changed(tx: Connection, image_id: int, *, at: datetime) -> None:
    """End a run that waits to apply the policy as it was; one that is at work sees for itself."""
    waiting = (retention_run.c.image_id == image_id) & (retention_run.c.state == "waiting")
    ended = {"state": "refused", "reason": CHANGED, "ended_at": at, "deleted": 0}
    tx.execute(update(retention_run).where(waiting).values(**ended))
