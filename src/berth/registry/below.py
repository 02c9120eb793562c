"""What unfolds below a digest: the children of an index, and its referrers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from berth.db.tables import manifest, manifest_edge
from berth.registry import reach, rows
from berth.registry.images import Image
from berth.registry.rows import Row
from berth.words.digest import Digest

MOST = 1000
"""Children, and referrers, of one digest."""


@dataclass(frozen=True)
class Below:
    children: list[Row]
    referrers: list[Row]


def of_one(tx: Connection, found: Image, content: Digest, *, at: datetime) -> Below:
    """Nothing where there is no such digest."""
    mine = (manifest.c.image_id == found.id) & (manifest.c.digest == str(content))
    digests = {row.id: row.digest for row in tx.execute(select(manifest.c.id, manifest.c.digest).where(mine))}
    return next(iter(of(tx, found, digests, at=at).values()), Below([], []))


def of(tx: Connection, found: Image, digests: Mapping[int, str], *, at: datetime) -> dict[int, Below]:
    """Of several, given by id and digest; platforms always stand in the same order."""
    children: dict[int, list[int]] = {number: [] for number in digests}
    edge = select(manifest_edge.c.parent_id, manifest_edge.c.child_id).order_by(manifest_edge.c.child_id)
    for some in reach.batches(digests):
        for parent, child in tx.execute(edge.where(manifest_edge.c.parent_id.in_(some))):
            children[parent].append(child)
    referring = reach.referrers(tx, found.id, digests.values())
    referrers = {number: sorted(referring.get(digest, {}))[:MOST] for number, digest in digests.items()}
    children = {number: those[:MOST] for number, those in children.items()}
    wanted = {each for those in (*children.values(), *referrers.values()) for each in those}
    dressed = rows.by_id(tx, found, wanted, at=at)
    return {
        number: Below(
            sorted((dressed[each] for each in children[number]), key=lambda row: (row.platforms, row.id)),
            [dressed[each] for each in referrers[number]],
        )
        for number in digests
    }
