"""The catalog: the image paths that a caller may pull."""

from sqlalchemy import Connection, select

from berth.db.tables import image, registry, repository
from berth.people import access
from berth.people.access import Place, Principal
from berth.registry import images
from berth.words.actions import Action


def page(tx: Connection, principal: Principal, *, within: str | None, after: str, limit: int) -> list[str]:
    """Up to `limit` paths in byte order that come after one.

    `within` is the registry that the host has named; paths are then written without it.
    """
    rights = access.rights_of(tx, principal)
    found: list[str] = []
    for place in _places(tx, within):
        if Action.PULL not in rights.on(place):
            continue
        prefix = f"{place.repository_name}/" if within else f"{place}/"
        found += _paths(tx, place, prefix, after, limit)
    return sorted(found)[:limit]


def _places(tx: Connection, within: str | None) -> list[Place]:
    query = select(registry.c.id, registry.c.name, registry.c.visibility, repository.c.id, repository.c.name).join_from(
        repository, registry
    )
    if within is not None:
        query = query.where(registry.c.name == within)
    return [Place(*row) for row in tx.execute(query)]


def _paths(tx: Connection, place: Place, prefix: str, after: str, limit: int) -> list[str]:
    """The first `limit` paths of one repository that come after one, in byte order."""
    if after and not after.startswith(prefix) and after > prefix:
        return []
    name = image.c.name.collate("C") if tx.dialect.name == "postgresql" else image.c.name
    query = select(image.c.name).where(
        image.c.repository_id == place.repository_id,
        image.c.born_at.is_not(None),
        image.c.state.in_(images.VISIBLE),
        name > (after.removeprefix(prefix) if after.startswith(prefix) else ""),
    )
    return [prefix + row.name for row in tx.execute(query.order_by(name).limit(limit))]
