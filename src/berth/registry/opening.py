"""Opening a place for a caller, to look at it or to act there.

Of what the caller may not see they learn nothing: it is as unknown as what is not there. Where they see but may not
do what they ask, the refusal says which right is missing.
"""

from sqlalchemy import Connection, RowMapping, select

from berth.db.tables import image, registry, repository
from berth.people import access, sight
from berth.people.access import Place
from berth.people.callers import Caller
from berth.registry import hosts, images
from berth.registry.hosts import Hosts
from berth.registry.images import Image
from berth.words import names
from berth.words.actions import Action
from berth.words.errors import Denied, ImageUnknown, NameInvalid, RegistryUnknown, RepositoryUnknown
from berth.words.names import ImagePath


def operator(caller: Caller) -> None:
    """Only an administrator goes on, and one whose key has no bounds. Raises `Denied`."""
    if not is_operator(caller):
        raise Denied("only an administrator may do this, and with a key only one without scopes")


def is_operator(caller: Caller) -> bool:
    return caller.principal.administrator and caller.principal.scopes is None


def open_registry(tx: Connection, caller: Caller, name: str, *needed: Action) -> Place:
    """A registry the caller sees, in which they have one of the rights needed, if any is named.

    Raises `RegistryUnknown`, `Denied`.
    """
    visible = sight.of(tx, caller.principal).of_registries()
    row = tx.execute(
        select(registry.c.id, registry.c.name, registry.c.visibility).where(registry.c.name == name, visible)
    ).first()
    if row is None:
        raise RegistryUnknown(name)
    place = Place(*row)
    _allowed(tx, caller, place, needed)
    return place


def open_repository(tx: Connection, caller: Caller, registry_name: str, name: str, *needed: Action) -> Place:
    """The same for a repository. Raises `RegistryUnknown`, `RepositoryUnknown`, `Denied`."""
    seen = sight.of(tx, caller.principal)
    query = select(registry.c.id, registry.c.name, registry.c.visibility, repository.c.id, repository.c.name)
    row = tx.execute(
        query.join_from(repository, registry).where(
            registry.c.name == registry_name, repository.c.name == name, seen.of_repositories()
        )
    ).first()
    if row is None:
        open_registry(tx, caller, registry_name)
        raise RepositoryUnknown(registry_name, name)
    place = Place(*row)
    _allowed(tx, caller, place, needed)
    return place


def open_image(
    tx: Connection, caller: Caller, registry_name: str, repository_name: str, name: str, *needed: Action
) -> tuple[Place, Image]:
    """An image in such a repository as people see it, in whatever state. Raises `ImageUnknown` too."""
    return open_image_at(tx, caller, registry_name, repository_name, name, *needed)[:2]


def open_image_at(
    tx: Connection, caller: Caller, registry_name: str, repository_name: str, name: str, *needed: Action
) -> tuple[Place, Image, Hosts]:
    """The same, with where its registry is reached, which costs nothing beyond."""
    row = _image_row(tx, caller, registry_name, repository_name, name)
    if row is None:
        place = open_repository(tx, caller, registry_name, repository_name, *needed)
        raise ImageUnknown(f"{place}/{name}")
    place = Place(*(row[label] for label in _PLACE))
    _allowed(tx, caller, place, needed)
    found = images.seen_in(row, ImagePath(registry_name, repository_name, row["name"]))
    return place, found, hosts.of(row)


_PLACE = {
    "above_id": registry.c.id,
    "above_name": registry.c.name,
    "visibility": registry.c.visibility,
    "within_id": repository.c.id,
    "within_name": repository.c.name,
}


def _image_row(
    tx: Connection, caller: Caller, registry_name: str, repository_name: str, name: str
) -> RowMapping | None:
    """With its place, in one read; None for what there is not, or what the caller does not see."""
    try:
        named = image.c.name == names.image(name)
    except NameInvalid:
        return None
    place = (column.label(label) for label, column in _PLACE.items())
    query = (
        select(*place, *hosts.COLUMNS, *images.COLUMNS)
        .join_from(repository, registry)
        .join(image, image.c.repository_id == repository.c.id)
    )
    here = (registry.c.name == registry_name) & (repository.c.name == repository_name) & named
    visible = sight.of(tx, caller.principal).of_repositories()
    return tx.execute(query.where(here, visible)).mappings().first()


def open_place(tx: Connection, caller: Caller, path: str, *needed: Action) -> Place:
    """A place written `registry` or `registry/repository`."""
    registry_name, slash, name = path.partition("/")
    if not slash:
        return open_registry(tx, caller, registry_name, *needed)
    return open_repository(tx, caller, registry_name, name, *needed)


def _allowed(tx: Connection, caller: Caller, place: Place, needed: tuple[Action, ...]) -> None:
    if needed and access.allowed(tx, caller.principal, place).isdisjoint(needed):
        raise Denied(f"this needs the right to {' or '.join(needed)} on {place}")
