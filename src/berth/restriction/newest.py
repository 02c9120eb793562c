"""The newest tag of an image that may be pulled, for whoever was refused another one."""

from datetime import datetime

from sqlalchemy import Connection, select

from berth.db.tables import manifest, tag
from berth.restriction import judging
from berth.restriction.verdict import Rules

MOST = 50
"""Tags that are looked at, the last ones put."""
AT_ONCE = 10


def allowed(tx: Connection, image_id: int, rules: Rules, *, at: datetime) -> str | None:
    """None where none of the newest may be pulled."""
    query = (
        select(tag.c.name, tag.c.manifest_id)
        .join(manifest, manifest.c.id == tag.c.manifest_id)
        .where(tag.c.image_id == image_id, tag.c.fallback_of.is_(None))
        .where(manifest.c.kind != "artifact", manifest.c.state == "active")
        .order_by(tag.c.edited_at.desc(), tag.c.id.desc())
    )
    names = tx.execute(query.limit(MOST)).all()
    for begins in range(0, len(names), AT_ONCE):
        some = names[begins : begins + AT_ONCE]
        verdicts = judging.shown(tx, image_id, {number for _, number in some}, at=at, rules=rules)
        for name, number in some:
            if verdicts[number].outcome == "allowed":
                return str(name)
    return None
