"""The names that a policy keeps in an image for being the newest, read without the rest of the image."""

from typing import Any

from sqlalchemy import Connection, Select, select

from berth.db.tables import manifest, tag
from berth.registry.images import Image
from berth.words.policies import DeletionPolicy


def names(tx: Connection, found: Image, policy: DeletionPolicy) -> set[str]:
    return set(tx.scalars(query(found, policy))) if policy.keep_newest else set()


def query(found: Image, policy: DeletionPolicy) -> Select[Any]:  # Any: names
    """For where others are read with them."""
    wanted = select(tag.c.name).where(tag.c.fallback_of.is_(None))
    if policy.keep_newest_by == "version":
        wanted = wanted.where(tag.c.image_id == found.id).order_by(tag.c.natural.desc())
    else:
        # Told of the tag's image, SQLite would sort all tags instead of going through the newest digests.
        wanted = wanted.join(manifest, manifest.c.id == tag.c.manifest_id).where(manifest.c.image_id == found.id)
        wanted = wanted.order_by(manifest.c.created_at.desc(), manifest.c.id.desc(), tag.c.name.desc())
    return wanted.limit(policy.keep_newest)
