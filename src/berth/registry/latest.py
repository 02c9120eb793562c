"""The newest tag of images: the name that was put or moved last, and what it points at."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from berth.db.tables import image, manifest, tag


@dataclass(frozen=True)
class Latest:
    name: str
    at: datetime
    """When it was put, or moved."""
    size: int
    """Of what it points at, with all it holds."""


def of(tx: Connection, image_ids: Collection[int]) -> dict[int, Latest]:
    """By id of the image, for those that have a tag; one look into the index for each."""
    newest = (
        select(tag.c.id)
        .where(tag.c.image_id == image.c.id, tag.c.fallback_of.is_(None))
        .order_by(tag.c.edited_at.desc(), tag.c.id.desc())
        .limit(1)
        .correlate(image)
        .scalar_subquery()
    )
    query = (
        select(image.c.id, tag.c.name, tag.c.edited_at, manifest.c.total_size)
        .join_from(image, tag, tag.c.id == newest)
        .join(manifest, manifest.c.id == tag.c.manifest_id)
        .where(image.c.id.in_(image_ids))
    )
    return {row[0]: Latest(*row[1:]) for row in tx.execute(query)} if image_ids else {}
