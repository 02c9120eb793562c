"""Asking for scans: by hand for up to 50 digests, for a whole repository, and on every push where the policy says so.

What is scanned are images. Of an index those that it lists are, and indexes in it; signatures, attestations and charts
cannot be.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, exists, func, select

from berth.audit import events
from berth.audit.events import Actor
from berth.db.tables import image, manifest, scan
from berth.people.access import Place
from berth.registry import images, limits, reach
from berth.registry.images import Image
from berth.scan import queue, steps
from berth.site import Site
from berth.words.digest import Digest
from berth.words.errors import ManifestUnknown, NotScannable
from berth.words.policies import ScanPolicy

AT_ONCE = 1_000


@dataclass(frozen=True)
class Asked:
    """What became of one digest that was asked for."""

    digest: str
    queued: int
    """Images that are now scanned for it: one, or those that an index lists."""
    going_on: int
    """Those that waited already."""


def by_hand(tx: Connection, found: Image, contents: Sequence[Digest], actor: Actor, *, at: datetime) -> list[Asked]:
    """Have up to 50 digests scanned.

    Raises `FieldInvalid` for more, `ManifestUnknown`, and `NotScannable` for what is no image and lists none.
    """
    limits.at_most("digests", contents)
    asked = []
    for content in dict.fromkeys(contents):
        wanted = _images_of(tx, found, content)
        fresh = queue.put(tx, wanted, actor, priority=queue.BY_HAND, at=at)
        asked.append(Asked(str(content), len(fresh), len(wanted) - len(fresh)))
    after = {"digests": [each.digest for each in asked]}
    events.record(tx, actor, "image.scan", str(found.path), at=at, after=after)
    return asked


def whole(site: Site, place: Place, actor: Actor) -> int:
    """Have every image of a repository scanned, after those asked for one by one; returns how many now wait.

    They are put some at a time, so that nobody has to wait for all of them. Whoever is cut off asks again.
    """
    with site.db.read() as tx:
        ids = tx.scalars(_not_asked_for(place)).all()
    with site.db.write() as tx:
        events.record(tx, actor, "repository.scan", str(place), at=site.now(), after={"images": len(ids)})
    fresh = 0
    for some in reach.batches(ids, AT_ONCE):
        with steps.write(site, durable=True) as tx:
            fresh += len(queue.put(tx, some, actor, priority=queue.ANEW, at=site.now()))
    return fresh


def how_many(tx: Connection, place: Place) -> int:
    """Images that `whole` would have scanned."""
    return tx.scalar(select(func.count()).select_from(_not_asked_for(place).subquery())) or 0


def on_push(tx: Connection, manifest_id: int, actor: Actor, *, at: datetime) -> None:
    """A digest that was pushed for the first time is scanned where the image's policy says so."""
    kept = tx.execute(
        select(image.c.policy_scan, manifest.c.kind)
        .join_from(manifest, image, image.c.id == manifest.c.image_id)
        .where(manifest.c.id == manifest_id)
    ).one()
    if kept.kind == "image" and ScanPolicy.from_json(kept.policy_scan).automatic:
        queue.put(tx, [manifest_id], actor, priority=queue.ON_PUSH, at=at)


def _not_asked_for(place: Place) -> Select[Any]:  # Any: ids
    """The images of a repository that do not wait for a scan already."""
    waits = exists().where(scan.c.manifest_id == manifest.c.id, scan.c.state.in_(queue.GOING_ON))
    return (
        select(manifest.c.id)
        .join(image, image.c.id == manifest.c.image_id)
        .where(image.c.repository_id == place.repository_id, image.c.state.in_(images.VISIBLE))
        .where(manifest.c.kind == "image", manifest.c.state == "active", ~waits)
        .order_by(manifest.c.id)
    )


def _images_of(tx: Connection, found: Image, content: Digest) -> Collection[int]:
    mine = (manifest.c.image_id == found.id) & (manifest.c.digest == str(content))
    row = tx.execute(select(manifest.c.id).where(mine, manifest.c.state == "active")).first()
    if row is None:
        raise ManifestUnknown(str(content))
    images_ = (manifest.c.kind == "image") & manifest.c.id.in_(reach.below(row.id))
    ids = list(tx.scalars(select(manifest.c.id).where(images_)))
    if not ids:
        raise NotScannable(str(content))
    return ids
