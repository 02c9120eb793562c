"""Sites for tests: a real database, blobs in memory, and a clock that only the test moves."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from berth import settings
from berth.audit.events import Actor
from berth.blobs import open_store
from berth.db import Database
from berth.people import accounts, grants, keys, passwords
from berth.people.access import Place, Scope
from berth.people.accounts import Account
from berth.people.keys import Key
from berth.registry import registries, repositories
from berth.site import Site
from berth.words import actions

OPERATOR = Actor("operator", "127.0.0.1")
PASSWORD = "correct horse"


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


@contextmanager
def opened(database_url: str, clock: Clock, **given: Any) -> Iterator[Site]:  # Any: fields of the settings
    chosen = settings.load(database_url=database_url, storage_url="memory:", **given)
    site = Site(chosen, Database(chosen.database), open_store(chosen.storage), clock)
    try:
        yield site
    finally:
        site.close()


def person(site: Site, name: str, *, administrator: bool = False, password: str = PASSWORD) -> Account:
    hashed = passwords.hashed(password)
    with site.db.write() as tx:
        return accounts.create(tx, OPERATOR, name, at=site.now(), password=hashed, administrator=administrator)


def robot(site: Site, name: str, *, administrator: bool = False) -> Account:
    with site.db.write() as tx:
        return accounts.create(tx, OPERATOR, name, at=site.now(), robot=True, administrator=administrator)


def key(site: Site, owner: Account, *scopes: str, expires_at: datetime | None = None) -> tuple[Key, str]:
    parsed = [Scope.parse(scope) for scope in scopes] or None
    with site.db.write() as tx:
        return keys.create(tx, OPERATOR, owner, at=site.now(), scopes=parsed, expires_at=expires_at)


def place(site: Site, path: str, *, visibility: str = "private") -> Place:
    """A registry, or a repository in it, made when it is not there."""
    name, _, repository_name = path.partition("/")
    with site.db.write() as tx:
        known = {found.name: found for found in registries.every(tx)}
        registry = known.get(name) or registries.create(tx, OPERATOR, name, at=site.now(), visibility=visibility)
        top = Place(registry.id, name, registry.visibility)
        if not repository_name:
            return top
        repository = repositories.create(tx, OPERATOR, name, repository_name, at=site.now())
        return Place(registry.id, name, registry.visibility, repository.id, repository_name)


def grant(site: Site, user: Account, where: Place, *words: str) -> None:
    with site.db.write() as tx:
        grants.give(tx, OPERATOR, user, where, actions.parse(words), at=site.now())
