"""From a path, as people write it, to the place that grants speak of."""

from sqlalchemy import Connection

from berth.people.access import Place
from berth.registry import registries, repositories


def find(tx: Connection, path: str) -> Place:
    """The place `registry` or `registry/repository`. Raises `RegistryUnknown`, `RepositoryUnknown`."""
    name, slash, repository_name = path.partition("/")
    registry = registries.find(tx, name)
    if not slash:
        return Place(registry.id, registry.name, registry.visibility)
    repository = repositories.find(tx, name, repository_name)
    return Place(registry.id, registry.name, registry.visibility, repository.id, repository.name)
