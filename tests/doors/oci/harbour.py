"""A Berth for tests of the OCI door, without a server: people with keys, and a repository for each test.

One site serves many tests, because a database of its own for each would cost more than the test. What they share
is the registry `main`; no test sees the repository of another.
"""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

import httpx

from berth.app import application
from berth.audit.events import Actor
from berth.people import accounts, grants, keys
from berth.people.access import Place, Scope
from berth.registry import registries, repositories
from berth.settings import Settings
from berth.site import Site, open_site
from berth.words import actions
from tests.client import Client, Image
from tests.inside import Inside

OPERATOR = Actor("operator", "127.0.0.1")
PRIVATE, PUBLIC = "main", "open1"
URL = "http://berth.test"


@dataclass
class Harbour:
    site: Site
    transport: Inside
    names: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    http: dict[str, httpx.Client] = field(default_factory=dict)

    def client(
        self, name: str = "", secret: str = "", speaks: Literal["basic", "bearer"] = "basic", host: str = URL
    ) -> Client:
        if host not in self.http:
            self.http[host] = httpx.Client(transport=self.transport, base_url=host, headers={"accept-encoding": ""})
        return Client(self.http[host], name, secret, speaks)

    def somebody(
        self, *granted: tuple[str, str], scopes: list[str] | None = None, administrator: bool = False
    ) -> Client:
        """A robot with a key, and with roles or actions on some places: `("main/apps", "writer")`."""
        with self.site.db.write() as tx:
            name = f"robot-{next(self.names)}"
            at = self.site.now()
            robot = accounts.create(tx, OPERATOR, name, at=at, robot=True, administrator=administrator)
            parsed = None if scopes is None else [Scope.parse(scope) for scope in scopes]
            key, secret = keys.create(tx, OPERATOR, robot, at=at, scopes=parsed)
            for path, words in granted:
                grants.give(tx, OPERATOR, robot, self.place(path), actions.parse(words.split(",")), at=at)
        return self.client(key.id, secret)

    def place(self, path: str) -> Place:
        registry_name, _, repository_name = path.partition("/")
        with self.site.db.read() as tx:
            registry = registries.find(tx, registry_name)
            top = Place(registry.id, registry.name, registry.visibility)
            if not repository_name:
                return top
            repository = repositories.find(tx, registry_name, repository_name)
        return Place(registry.id, registry.name, registry.visibility, repository.id, repository.name)

    def registry(self, name: str, **fields: object) -> str:
        with self.site.db.write() as tx:
            registries.create(tx, OPERATOR, name, at=self.site.now(), **fields)  # type: ignore[arg-type]  # as given
        return name

    def repository(self, registry: str = PRIVATE) -> str:
        """The path of a new repository."""
        with self.site.db.write() as tx:
            made = repositories.create(tx, OPERATOR, registry, f"apps-{next(self.names)}", at=self.site.now())
        return made.path

    def now(self) -> datetime:
        return self.site.now()


@contextmanager
def opened(database_url: str, folder: Path, **more: object) -> Iterator[Harbour]:
    given = {"data": folder, "database_url": database_url, "storage_url": "memory:", "log_level": "error", **more}
    site = open_site(Settings.model_validate(given))
    transport = Inside(application(site))
    harbour = Harbour(site, transport)
    try:
        harbour.registry(PRIVATE)
        harbour.registry(PUBLIC, visibility="public")
        yield harbour
    finally:
        transport.close()
        site.close()


@dataclass(frozen=True)
class Dock:
    """A repository for one test, and who may do what there."""

    harbour: Harbour
    repository: str
    owner: Client

    def image(self, name: str = "hello", client: Client | None = None) -> Image:
        return (client or self.owner).image(f"{self.repository}/{name}")
