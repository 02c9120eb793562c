"""What a caller sees across all places: the last pushes, and places to choose from."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from berth.db.tables import image, manifest, registry, repository
from berth.people import sight
from berth.people.callers import Caller
from berth.registry import rows

MOST_PLACES = 500


@dataclass(frozen=True)
class Pushed:
    path: str
    digest: str
    tags: list[str]
    by: str
    at: datetime


def recent_pushes(tx: Connection, caller: Caller, limit: int) -> list[Pushed]:
    """Of the images edited last, the digest pushed last."""
    visible = sight.of(tx, caller.principal).of_repositories()
    query = (
        select(image.c.id, registry.c.name, repository.c.name, image.c.name)
        .join_from(image, repository, repository.c.id == image.c.repository_id)
        .join(registry, registry.c.id == repository.c.registry_id)
        .where(visible, image.c.born_at.is_not(None))
        .order_by(image.c.edited_at.desc())
        .limit(limit)
    )
    paths = {row[0]: "/".join(row[1:]) for row in tx.execute(query)}
    newest = (
        select(manifest.c.id).where(manifest.c.image_id == image.c.id).order_by(manifest.c.created_at.desc()).limit(1)
    )
    last = (
        select(manifest.c.id, manifest.c.image_id, manifest.c.digest, manifest.c.created_by, manifest.c.created_at)
        .join_from(image, manifest, manifest.c.id == newest.correlate(image).scalar_subquery())
        .where(image.c.id.in_(paths))
        .order_by(manifest.c.created_at.desc())
    )
    found = list(tx.execute(last))
    names = rows.first_names(tx, [row.id for row in found], 3)
    return [
        Pushed(paths[row.image_id], row.digest, names.get(row.id, [])[:3], row.created_by, row.created_at)
        for row in found
    ]


def places(tx: Connection, caller: Caller) -> list[tuple[str, list[str]]]:
    """Registries with their repositories, as many as a list to choose from takes."""
    see = sight.of(tx, caller.principal)
    query = (
        select(registry.c.name, repository.c.name)
        .join_from(registry, repository, repository.c.registry_id == registry.c.id)
        .where(see.of_repositories())
        .order_by(registry.c.name, repository.c.name)
        .limit(MOST_PLACES)
    )
    found: dict[str, list[str]] = {}
    for above, within in tx.execute(query):
        found.setdefault(above, []).append(within)
    return list(found.items())
