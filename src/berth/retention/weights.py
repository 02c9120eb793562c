"""The bytes that deleting several digests together frees, once the trash and the sweep are through.

What nothing but the trash holds will be free by then, so entries of the trash, of earlier runs above all, hold nothing.
"""

from collections import Counter
from collections.abc import Collection

from sqlalchemy import Connection, exists, func, select

from berth.db.tables import blob, manifest, manifest_blob
from berth.registry import reach


def freed(tx: Connection, manifest_ids: Collection[int]) -> int:
    """Their documents, and the blobs that nothing but them holds."""
    documents = 0
    held: Counter[str] = Counter()
    for some in reach.batches(manifest_ids):
        documents += tx.scalar(select(func.sum(manifest.c.size)).where(manifest.c.id.in_(some))) or 0
        query = select(manifest_blob.c.digest, func.count()).where(manifest_blob.c.manifest_id.in_(some))
        for digest, count in tx.execute(query.group_by(manifest_blob.c.digest)):
            held[digest] += count
    return documents + sum(_alone(tx, some, held) for some in reach.batches(held))


def each(tx: Connection, manifest_ids: Collection[int]) -> dict[int, int]:
    """By id the bytes that deleting it and nothing else frees: its document, and the blobs that it alone holds.

    Together they are less than what `freed` says where two that go share what nothing else holds.
    """
    other = manifest_blob.alias("other")
    shared = exists().where(
        other.c.digest == manifest_blob.c.digest, other.c.manifest_id != manifest_blob.c.manifest_id
    )
    freed: dict[int, int] = {}
    for some in reach.batches(manifest_ids):
        freed |= {
            row.id: row.size
            for row in tx.execute(select(manifest.c.id, manifest.c.size).where(manifest.c.id.in_(some)))
        }
        query = (
            select(manifest_blob.c.manifest_id, func.sum(blob.c.size))
            .join(blob, blob.c.digest == manifest_blob.c.digest)
            .where(manifest_blob.c.manifest_id.in_(some), ~shared)
            .group_by(manifest_blob.c.manifest_id)
        )
        for manifest_id, size in tx.execute(query):
            freed[manifest_id] += size
    return freed


def _alone(tx: Connection, digests: Collection[str], held: Counter[str]) -> int:
    """Of these blobs those that no other manifest holds."""
    query = select(manifest_blob.c.digest, func.count()).where(manifest_blob.c.digest.in_(digests))
    holders = {row[0]: row[1] for row in tx.execute(query.group_by(manifest_blob.c.digest))}
    alone = [each for each in digests if holders[each] == held[each]]
    return tx.scalar(select(func.sum(blob.c.size)).where(blob.c.digest.in_(alone))) or 0
