"""The names that a policy keeps in an image for being the newest, read without the rest of the image."""

from sqlalchemy import Connection, select

from berth.db.tables import manifest, tag
from berth.registry.images import Image
from berth.words.policies import DeletionPolicy


def names(tx: Connection, found: Image, policy: DeletionPolicy) -> set[str]:
    if not policy.keep_newest:
        return set()
    query = select(tag.c.name).where(tag.c.fallback_of.is_(None))
    if policy.keep_newest_by == "version":
        query = query.where(tag.c.image_id == found.id).order_by(tag.c.natural.desc())
    else:
        # Told of the tag's image, SQLite would sort all tags instead of going through the newest digests.
        query = query.join(manifest, manifest.c.id == tag.c.manifest_id).where(manifest.c.image_id == found.id)
        query = query.order_by(manifest.c.created_at.desc(), manifest.c.id.desc(), tag.c.name.desc())
    return set(tx.scalars(query.limit(policy.keep_newest)))
