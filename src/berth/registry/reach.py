"""What reaches what: index to child, subject to referrer. Every question about it is asked here.

A referrer of a digest is a manifest whose `subject` it is, or one that a fallback name of it points at
(`sha256-<hex>` alone or with `.sig`, `.att`, `.sbom`). Referrers go with their subject.
"""

from typing import Any

from sqlalchemy import Connection, Select, delete, func, or_, select, union

from berth.db.tables import blob, manifest, manifest_blob, manifest_edge, tag
from berth.registry.images import Image
from berth.words.digest import Digest
from berth.words.errors import ManifestReferenced, ReferrerHeld
from berth.words.names import Reference


def by_reference(image_id: int, reference: Reference) -> Select[Any]:  # Any: manifest rows
    """The visible manifest that a tag or digest names."""
    mine = select(manifest).where(manifest.c.image_id == image_id, manifest.c.state == "active")
    if isinstance(reference, str):
        return mine.join(tag, tag.c.manifest_id == manifest.c.id).where(
            tag.c.image_id == image_id, tag.c.name == reference
        )
    return mine.where(manifest.c.digest == str(reference))


def total_size(tx: Connection, manifest_ids: list[int]) -> int:
    """Bytes of these manifests with all that they reach, each digest once."""
    if not manifest_ids:
        return 0
    reached = select(manifest.c.id).where(manifest.c.id.in_(manifest_ids)).cte("reached", recursive=True)
    reached = reached.union(select(manifest_edge.c.child_id).join(reached, manifest_edge.c.parent_id == reached.c.id))
    documents = select(func.coalesce(func.sum(manifest.c.size), 0)).where(manifest.c.id.in_(select(reached.c.id)))
    held = select(manifest_blob.c.digest).where(manifest_blob.c.manifest_id.in_(select(reached.c.id)))
    bytes_ = select(func.coalesce(func.sum(blob.c.size), 0)).where(blob.c.digest.in_(held))
    return int(tx.scalar(documents) or 0) + int(tx.scalar(bytes_) or 0)


def referrers(tx: Connection, image_id: int, subject: str) -> dict[int, str]:
    """Id and digest of each manifest that refers to a subject."""
    by_subject = select(manifest.c.id, manifest.c.digest).where(
        manifest.c.image_id == image_id, manifest.c.subject == subject
    )
    by_name = (
        select(manifest.c.id, manifest.c.digest)
        .join(tag, tag.c.manifest_id == manifest.c.id)
        .where(tag.c.image_id == image_id, tag.c.fallback_of == subject)
    )
    return {row.id: row.digest for row in tx.execute(union(by_subject, by_name)) if row.digest != subject}


def closure(tx: Connection, found: Image, manifest_id: int, content: Digest) -> dict[int, str]:
    """What goes when a digest is deleted: itself and its referrers, by id and digest.

    Raises `ManifestReferenced` when an index that stays lists it, and `ReferrerHeld` when a referrer has to stay.
    """
    going = {manifest_id: str(content)}
    waiting = [str(content)]
    while waiting:
        for referrer_id, referrer in referrers(tx, found.id, waiting.pop()).items():
            if referrer_id not in going:
                going[referrer_id] = referrer
                waiting.append(referrer)
    staying = _parents_that_stay(tx, going)
    if manifest_id in staying:
        raise ManifestReferenced(content, staying[manifest_id])
    for held, parents in staying.items():
        raise ReferrerHeld(content, going[held], f"is listed by {', '.join(parents)}")
    _no_own_names(tx, going, manifest_id, content)
    return going


def erase(tx: Connection, manifest_ids: list[int]) -> None:
    """Delete the rows of manifests, whose tags are gone already."""
    tx.execute(delete(manifest_edge).where(manifest_edge.c.parent_id.in_(manifest_ids)))
    tx.execute(delete(manifest).where(manifest.c.id.in_(manifest_ids)))


def _parents_that_stay(tx: Connection, going: dict[int, str]) -> dict[int, list[str]]:
    """For each of these that an index outside of them lists, the names of such indexes: a tag, or the digest."""
    query = (
        select(manifest_edge.c.child_id, manifest.c.digest, func.min(tag.c.name).label("tag"))
        .join(manifest, manifest.c.id == manifest_edge.c.parent_id)
        .outerjoin(tag, tag.c.manifest_id == manifest.c.id)
        .where(manifest_edge.c.child_id.in_(going), manifest_edge.c.parent_id.not_in(going))
        .group_by(manifest_edge.c.child_id, manifest.c.digest)
        .order_by(manifest_edge.c.child_id, manifest.c.digest)
    )
    staying: dict[int, list[str]] = {}
    for row in tx.execute(query):
        staying.setdefault(row.child_id, []).append(f"{row.tag} ({row.digest})" if row.tag else row.digest)
    return staying


def _no_own_names(tx: Connection, going: dict[int, str], manifest_id: int, content: Digest) -> None:
    """A referrer with a name of its own, one that is no fallback name, is kept by it."""
    query = select(tag.c.name, tag.c.manifest_id).where(
        tag.c.manifest_id.in_([referrer for referrer in going if referrer != manifest_id]),
        or_(tag.c.fallback_of.is_(None), tag.c.fallback_of.not_in(list(going.values()))),
    )
    row = tx.execute(query.order_by(tag.c.name)).first()
    if row is not None:
        raise ReferrerHeld(content, going[row.manifest_id], f"has the tag {row.name}")
