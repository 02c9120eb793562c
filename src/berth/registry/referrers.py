"""Referrers: the manifests of an image that speak of one of its digests (distribution-spec, Listing Referrers)."""

from typing import Any

from sqlalchemy import Connection, select, union_all

from berth.db.tables import manifest, tag
from berth.registry.images import Image
from berth.words.digest import Digest

Descriptor = dict[str, Any]  # Any: a JSON object


def page(
    tx: Connection, found: Image, subject: Digest, *, artifact_type: str | None, after: int, limit: int
) -> list[tuple[int, Descriptor]]:
    """Up to `limit` descriptors in the order of their push, each with its place in that order."""
    named = select(tag.c.manifest_id).where(tag.c.image_id == found.id, tag.c.fallback_of == str(subject))
    speaking = union_all(
        select(manifest.c.id).where(manifest.c.image_id == found.id, manifest.c.subject == str(subject)),
        # The index under the bare fallback name only lists referrers; it is none itself.
        named.where(tag.c.name.contains(".", autoescape=True)),
    )
    query = select(manifest).where(manifest.c.id.in_(speaking), manifest.c.id > after, manifest.c.state == "active")
    if artifact_type is not None:
        query = query.where(manifest.c.artifact_type == artifact_type)
    rows = tx.execute(query.order_by(manifest.c.id).limit(limit)).mappings()
    return [(row["id"], _descriptor(dict(row))) for row in rows]


def _descriptor(row: dict[str, Any]) -> Descriptor:  # Any: column values
    descriptor: Descriptor = {"mediaType": row["media_type"], "digest": row["digest"], "size": row["size"]}
    if row["artifact_type"]:
        descriptor["artifactType"] = row["artifact_type"]
    if row["annotations"]:
        descriptor["annotations"] = row["annotations"]
    return descriptor
