"""What a caller sees across all places: the last pushes, and places to choose from."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection, func, select

from berth.db.tables import image, manifest, registry, repository
from berth.people import access, sight
from berth.people.access import Place
from berth.people.callers import Caller
from berth.registry import opening, rows
from berth.words.actions import Action

MOST_PLACES = 500
MOST_LINKS = 20


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


@dataclass(frozen=True)
class Places:
    """Registries with their repositories, as many as a list to choose from takes."""

    registries: list[tuple[str, list[str]]]
    more: int = 0
    """So many repositories are not in it."""

    def has(self, above: str, within: str) -> bool:
        return within in dict(self.registries).get(above, [])

    @property
    def first(self) -> tuple[str, str] | None:
        return None if not self.registries else (self.registries[0][0], self.registries[0][1][0])


def places(tx: Connection, caller: Caller, *needed: Action) -> Places:
    """Those that the caller sees; with `needed` those where they have one of these rights."""
    visible = sight.of(tx, caller.principal).of_repositories()
    columns = (registry.c.id, registry.c.name, registry.c.visibility, repository.c.id, repository.c.name)
    query = select(*columns).join_from(registry, repository).where(visible)
    query = query.order_by(registry.c.name, repository.c.name)
    if needed and not opening.is_operator(caller):
        rights = access.rights_of(tx, caller.principal)
        those = [place for row in tx.execute(query) if not rights.on(place := Place(*row)).isdisjoint(needed)]
        return _grouped(those, len(those))
    some = [Place(*row) for row in tx.execute(query.limit(MOST_PLACES + 1))]
    if len(some) <= MOST_PLACES:
        return _grouped(some, len(some))
    every = select(func.count()).select_from(registry).join(repository).where(visible)
    return _grouped(some, tx.scalar(every) or 0)


def _grouped(places: list[Place], count: int) -> Places:
    found: dict[str, list[str]] = {}
    for place in places[:MOST_PLACES]:
        found.setdefault(place.registry_name, []).append(place.repository_name or "")
    return Places(list(found.items()), max(count - MOST_PLACES, 0))


def takes_repositories(tx: Connection, caller: Caller) -> list[str]:
    """Registries in which the caller may make repositories, a few more than a page names."""
    query = select(registry.c.id, registry.c.name, registry.c.visibility).order_by(registry.c.name)
    rights = access.rights_of(tx, caller.principal)
    rows = tx.execute(query.where(sight.of(tx, caller.principal).of_registries()))
    may = (row.name for row in rows if not rights.on(Place(*row)).isdisjoint((Action.MANAGE, Action.ADMIN)))
    return list(islice(may, MOST_LINKS + 1))
