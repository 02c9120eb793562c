"""Repositories: where images are pushed to, with the default policies that new images copy."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, func, select, update

from berth.audit import events
from berth.audit.events import Actor
from berth.db import changes, insert_ignore, numbers, pages, versions
from berth.db.pages import Found, Wanted
from berth.db.tables import AWAY, image, image_blob, registry, repository
from berth.registry import place_trash, reach, registries
from berth.words import names
from berth.words.errors import AlreadyExists, NotEmpty, PlaceDeleting, RepositoryUnknown
from berth.words.policies import DeletionPolicy, LockPolicy, Policies, PullPolicy, ScanPolicy

SORTS = {
    "name": (registry.c.name, repository.c.name),
    "created_at": (repository.c.created_at, repository.c.id),
    "edited_at": (repository.c.edited_at, repository.c.id),
}


@dataclass(frozen=True)
class Repository:
    id: int
    registry: str
    name: str
    description: str
    policies: Policies
    immutable_tags: str
    """An expression; empty: none."""
    state: str
    version: int
    created_by: str
    created_at: datetime
    edited_by: str
    edited_at: datetime

    @property
    def path(self) -> str:
        return f"{self.registry}/{self.name}"


def create(
    tx: Connection, actor: Actor, registry_name: str, name: str, *, at: datetime, description: str = ""
) -> Repository:
    """Raises `NameInvalid`, `FieldInvalid`, `RegistryUnknown`, `AlreadyExists`, `PlaceDeleting`."""
    if not ensure(tx, actor, registry_name, name, at=at, description=description):
        raise AlreadyExists("repository", f"{registry_name}/{name}")
    return find(tx, registry_name, name)


def ensure(tx: Connection, actor: Actor, registry_name: str, name: str, *, at: datetime, description: str = "") -> bool:
    """Make a repository unless it is there; says whether it was made here. Raises as `create` does."""
    owner = registries.find(tx, registry_name)
    if owner.state != "active":
        raise PlaceDeleting("registry", registry_name)
    values = {
        "registry_id": owner.id,
        "name": names.repository(name),
        "description": names.description(description),
    }
    made = {"created_by": actor.name, "created_at": at, "edited_by": actor.name, "edited_at": at}
    [number] = numbers.fresh(tx, repository, 1)
    if not insert_ignore(tx, repository, {**number, **values, **policy_columns(Policies()), **made}):
        return False
    changes.bump(tx, changes.ACCESS)
    events.record(tx, actor, "repository.create", f"{registry_name}/{name}", at=at, after={"description": description})
    return True


def find(tx: Connection, registry_name: str, name: str) -> Repository:
    """Raises `RegistryUnknown`, `RepositoryUnknown`."""
    owner = registries.find(tx, registry_name)
    mine = (repository.c.registry_id == owner.id) & (repository.c.name == name)
    query = select(repository).where(mine, repository.c.state.not_in(AWAY))
    row = tx.execute(query).mappings().first()
    if row is None:
        raise RepositoryUnknown(registry_name, name)
    return _of(row, registry_name)


def of_registry(tx: Connection, registry_name: str | None = None) -> list[Repository]:
    """The repositories of one registry, or of all. Raises `RegistryUnknown`."""
    query = (
        select(repository, registry.c.name.label("registry"))
        .join(registry)
        .where(repository.c.state.not_in(AWAY))
        .order_by(registry.c.name, repository.c.name)
    )
    if registry_name is not None:
        query = query.where(repository.c.registry_id == registries.find(tx, registry_name).id)
    return [_of(row, row["registry"]) for row in tx.execute(query).mappings()]


def page(tx: Connection, wanted: Wanted, *where: ColumnElement[bool]) -> Found[Repository]:
    query = select(repository, registry.c.name.label("registry")).join_from(repository, registry).where(*where)
    return pages.fetch(tx, query, SORTS, wanted, lambda row: _of(row, row["registry"]))


def edit(
    tx: Connection,
    actor: Actor,
    registry_name: str,
    name: str,
    *,
    at: datetime,
    description: str,
    expected: int | None = None,
) -> Repository:
    """Raises `RegistryUnknown`, `RepositoryUnknown`, `FieldInvalid`, `Stale`."""
    before = find(tx, registry_name, name)
    versions.expect(tx, repository, before.id, expected)
    values = {"description": names.description(description)}
    edited = {"edited_by": actor.name, "edited_at": at, "version": repository.c.version + 1}
    tx.execute(update(repository).where(repository.c.id == before.id).values(**values, **edited))
    was = {"description": before.description}
    events.record(tx, actor, "repository.edit", before.path, at=at, before=was, after=values)
    return find(tx, registry_name, name)


def remove(
    tx: Connection,
    actor: Actor,
    registry_name: str,
    name: str,
    *,
    at: datetime,
    keep: timedelta,
    expected: int | None = None,
) -> None:
    """Delete an empty repository, into the trash.

    Raises `RegistryUnknown`, `RepositoryUnknown`, `NotEmpty`, `Stale`.
    """
    found = find(tx, registry_name, name)
    versions.expect(tx, repository, found.id, expected)
    # Nobody makes an image here from now on, nor is one born from those that only hold blobs.
    tx.execute(select(repository.c.id).where(repository.c.id == found.id).with_for_update())
    here = image.c.repository_id == found.id
    unborn = list(tx.scalars(select(image.c.id).where(here, image.c.born_at.is_(None)).with_for_update()))
    held = tx.scalar(select(func.count()).where(here, image.c.born_at.is_not(None))) or 0
    if held:
        raise NotEmpty("repository", found.path, f"{held} {'image' if held == 1 else 'images'}")
    for some in reach.batches(unborn):
        tx.execute(delete(image_blob).where(image_blob.c.image_id.in_(some)))
        tx.execute(delete(image).where(image.c.id.in_(some)))
    place_trash.put(tx, repository, found.id, actor, at=at, keep=keep)
    events.record(tx, actor, "repository.delete", found.path, at=at, before={"description": found.description})


def policy_columns(policies: Policies) -> dict[str, object]:
    """The four policies as their columns, on a repository or an image."""
    return {
        "policy_scan": policies.scan.to_json(),
        "policy_pull": policies.pull.to_json(),
        "policy_lock": policies.lock.to_json(),
        "policy_deletion": policies.deletion.to_json(),
    }


def policies_of(row: RowMapping) -> Policies:
    """The inverse of `policy_columns`."""
    return Policies(
        scan=ScanPolicy.from_json(row["policy_scan"]),
        pull=PullPolicy.from_json(row["policy_pull"]),
        lock=LockPolicy.from_json(row["policy_lock"]),
        deletion=DeletionPolicy.from_json(row["policy_deletion"]),
    )


def _of(row: RowMapping, registry_name: str) -> Repository:
    same = (
        "id",
        "name",
        "description",
        "immutable_tags",
        "state",
        "version",
        "created_by",
        "created_at",
        "edited_by",
        "edited_at",
    )
    return Repository(registry=registry_name, policies=policies_of(row), **{field: row[field] for field in same})
