"""The history of an image's names while the image is in the trash.

It may be long, so it moves there in small transactions before the image does, and comes back in one.
"""

from collections.abc import Collection

from sqlalchemy import Connection, delete, insert, literal, select

from berth.db.tables import tag_history, trash_history

_SAME = ("name", "digest", "at", "by", "why")


def move_some(tx: Connection, image_id: int, batch: str, limit: int) -> int:
    """Move the oldest of it into the trash; returns how much that was."""
    oldest = select(tag_history.c.id).where(tag_history.c.image_id == image_id).order_by(tag_history.c.id)
    ids = list(tx.scalars(oldest.limit(limit)))
    if ids:
        going = (tag_history.c.image_id == image_id) & (tag_history.c.id <= ids[-1])
        columns = [tag_history.c[name] for name in _SAME]
        moved = select(literal(batch), *columns).where(going).order_by(tag_history.c.id)
        tx.execute(insert(trash_history).from_select(["batch", *_SAME], moved))
        tx.execute(delete(tag_history).where(going))
    return len(ids)


def put_back(tx: Connection, image_id: int, batch: str) -> None:
    columns = [trash_history.c[name] for name in _SAME]
    kept = select(literal(image_id), *columns).where(trash_history.c.batch == batch).order_by(trash_history.c.id)
    tx.execute(insert(tag_history).from_select(["image_id", *_SAME], kept))
    forget(tx, [batch])


def forget(tx: Connection, batches: Collection[str]) -> None:
    """Their images are not in the trash any more."""
    if batches:
        tx.execute(delete(trash_history).where(trash_history.c.batch.in_(batches)))


def forget_some(tx: Connection, batches: Collection[str], limit: int) -> int:
    """So much at most; returns how much that was."""
    some = select(trash_history.c.id).where(trash_history.c.batch.in_(batches)).limit(limit)
    return tx.execute(delete(trash_history).where(trash_history.c.id.in_(some))).rowcount if batches else 0
