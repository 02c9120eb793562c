"""What an image holds, counted: at once where it holds little, else as a job has last counted it."""

from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlalchemy import ColumnElement, Connection, case, func, select

from berth.db import upsert
from berth.db.tables import image, image_measure, manifest, tag
from berth.jobs import job
from berth.registry import sizes
from berth.registry.images import Image
from berth.registry.sizes import Sizes
from berth.site import Site

LARGE = 1000
"""Digests; counting more than so many takes longer than somebody who looks wants to wait."""

log = structlog.get_logger("berth.registry")


@dataclass(frozen=True)
class Measure:
    digests: int
    tags: int
    sizes: Sizes
    at: datetime | None = None
    """When it was counted; None: just now."""


def of(tx: Connection, found: Image) -> Measure:
    if _is_large(tx, found):
        row = tx.execute(select(image_measure).where(image_measure.c.image_id == found.id)).first()
        if row is not None:
            return Measure(row.digests, row.tags, Sizes(row.total, row.shared, row.unique), row.at)
    return count(tx, found.id)


def counted() -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Digests and tags of each image, for a query over `image`; of large ones as they were last counted."""
    mine = image_measure.c.image_id == image.c.id
    large = select(image_measure.c.digests).where(mine, image_measure.c.digests > LARGE)
    kept = select(image_measure.c.tags).where(mine)
    digests = select(func.count()).where(manifest.c.image_id == image.c.id)
    tags = select(func.count()).where(tag.c.image_id == image.c.id)
    known, kept_tags, all_digests, all_tags = (
        each.correlate(image).scalar_subquery() for each in (large, kept, digests, tags)
    )
    return func.coalesce(known, all_digests), case((known.is_not(None), kept_tags), else_=all_tags)


def count(tx: Connection, image_id: int) -> Measure:
    digests = tx.scalar(select(func.count()).where(manifest.c.image_id == image_id)) or 0
    tags = tx.scalar(select(func.count()).where(tag.c.image_id == image_id)) or 0
    return Measure(digests, tags, sizes.of_image(tx, image_id))


@job("registry.measure")
def measure(site: Site) -> None:
    """Count the large images anew."""
    with site.db.read() as tx:
        counted = select(manifest.c.image_id).group_by(manifest.c.image_id).having(func.count() > LARGE)
        large = list(tx.scalars(counted))
    for image_id in large:
        with site.db.read() as tx:
            found = replace(count(tx, image_id), at=site.now())
        with site.db.write(durable=False) as tx:
            _keep(tx, image_id, found)
    log.info("large images measured", images=len(large))


def _is_large(tx: Connection, found: Image) -> bool:
    some = select(manifest.c.id).where(manifest.c.image_id == found.id).limit(LARGE + 1).subquery()
    return (tx.scalar(select(func.count()).select_from(some)) or 0) > LARGE


def _keep(tx: Connection, image_id: int, found: Measure) -> None:
    """An image that is gone meanwhile has nothing kept."""
    if tx.scalar(select(manifest.c.id).where(manifest.c.image_id == image_id).limit(1)) is None:
        return
    weights = {"total": found.sizes.total, "shared": found.sizes.shared, "unique": found.sizes.unique}
    counts = {"digests": found.digests, "tags": found.tags, "at": found.at}
    upsert(tx, image_measure, {"image_id": image_id, **weights, **counts}, ["image_id"])
