"""The gate: from the way a request came, a name and a caller to a place they may act in.

What it remembers (host names, places, rights) holds only while the `access` counter stands still, so that a
change of people, grants, registries or repositories is felt at the next request, in every process.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Connection, or_, select

from berth.db import changes
from berth.db.tables import registry, repository
from berth.people import access
from berth.people.access import Place, Principal
from berth.people.callers import Caller
from berth.registry import repositories
from berth.site import Site
from berth.words import actions, names
from berth.words.actions import Action, Actions
from berth.words.errors import Denied, EndpointOff, RegistryUnknown, RepositoryUnknown, TokenTooNarrow, Unauthenticated
from berth.words.names import ImagePath

REMEMBERED = 20_000
OFF = "-"
"""No registry has this name."""

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Reached:
    """The way a request came: the host it asked for, and the listener, which is empty for the main one."""

    host: str
    listener: str = ""


@dataclass(frozen=True)
class Standing:
    """What a principal may do at a place that may or may not exist."""

    place: Place | None
    """None when there is no such registry."""
    actions: Actions
    create_on_push: bool = False
    teach: bool = False
    """The caller pushes somewhere in this registry, so they are told how to create a repository they do not see."""


class Remembered(Generic[K, V]):
    """A bounded memory that is emptied when the counter has moved."""

    def __init__(self) -> None:
        self._version = -1
        self._known: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K, version: int) -> V | None:
        with self._lock:
            if version != self._version:
                self._known.clear()
                self._version = version
                return None
            return self._known.get(key)

    def put(self, key: K, version: int, value: V) -> None:
        with self._lock:
            if version == self._version:
                self._known[key] = value
                while len(self._known) > REMEMBERED:
                    self._known.popitem(last=False)


class Gate:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._changes = changes.Watch(site.db, changes.ACCESS)
        self._endpoints: Remembered[Reached, str] = Remembered()
        self._standing: Remembered[tuple[Principal, str, str], Standing] = Remembered()

    def version(self) -> int:
        return self._changes.now()

    def path(self, reached: Reached, name: str, version: int | None = None) -> ImagePath:
        """Read a name as clients write it there. Raises `NameInvalid`, `EndpointOff`."""
        return names.image_path(name, registry_name=self.registry_at(reached, version))

    def admit(self, caller: Caller, reached: Reached, name: str, action: Action) -> tuple[Place, ImagePath]:
        """Let a caller act on an image path, or say why not.

        Raises `NameInvalid`, `TokenTooNarrow`, `Unauthenticated`, `Denied`, `RepositoryUnknown`. Whoever may not
        see a repository gets the same answer whether it exists or not.
        """
        version = self.version() if caller.version is None else caller.version
        path = self.path(reached, name, version)
        if caller.bounds is not None and action not in caller.bounds.get(name, actions.NONE):
            raise TokenTooNarrow(name, action)
        standing = self.standing(caller.principal, path, version)
        if standing.place is None or action not in standing.actions:
            raise self._refusal(caller, standing, path, action)
        if standing.place.repository_id is None:
            if action is not Action.PUSH:
                raise RepositoryUnknown(path.registry, path.repository)
            return self._made_on_push(caller, standing, path), path
        return standing.place, path

    def known(self, caller: Caller, reached: Reached, name: str, action: Action) -> tuple[Place, ImagePath] | None:
        """As `admit`, of whoever may and a repository that is there: a look, fit for the event loop.

        None for all that takes more, such as a refusal with its reason; then ask `admit`. Raises `NameInvalid`.
        """
        version = self.version() if caller.version is None else caller.version
        path = self.path(reached, name, version)
        standing = self.standing(caller.principal, path, version)
        bound = caller.bounds is None or action in caller.bounds.get(name, actions.NONE)
        if (
            standing.place is None
            or standing.place.repository_id is None
            or action not in standing.actions
            or not bound
        ):
            return None
        return standing.place, path

    def standing(self, principal: Principal, path: ImagePath, version: int | None = None) -> Standing:
        version = self.version() if version is None else version
        key = (principal, path.registry, path.repository)
        known = self._standing.get(key, version)
        if known is None:
            with self._site.db.read() as tx:
                known = find_standing(tx, principal, path)
            self._standing.put(key, version, known)
        return known

    def token_actions(self, principal: Principal, reached: Reached, name: str) -> Actions:
        """What a token for this name may carry; whether the place exists makes no difference to a stranger."""
        standing = self.standing(principal, self.path(reached, name))
        return standing.actions | ({Action.PUSH} if standing.teach else actions.NONE)

    def registry_at(self, reached: Reached, version: int | None = None) -> str | None:
        """The registry whose endpoint this is, if any. Raises `EndpointOff`."""
        version = self.version() if version is None else version
        known = self._endpoints.get(reached, version)
        if known is None:
            with self._site.db.read() as tx:
                known = _endpoint(tx, reached)
            self._endpoints.put(reached, version, known)
        if known == OFF:
            raise EndpointOff
        return known or None

    def _refusal(self, caller: Caller, standing: Standing, path: ImagePath, action: Action) -> Exception:
        if caller.principal.account_id is None:
            return Unauthenticated()
        if standing.place is None and caller.principal.administrator:
            return RegistryUnknown(path.registry)
        if action is Action.PUSH and standing.teach:
            return RepositoryUnknown(path.registry, path.repository, may_create=True)
        if action is Action.PULL:
            return RepositoryUnknown(path.registry, path.repository)
        return Denied()

    def _made_on_push(self, caller: Caller, standing: Standing, path: ImagePath) -> Place:
        if not standing.create_on_push:
            raise RepositoryUnknown(path.registry, path.repository, may_create=True)
        with self._site.db.write() as tx:
            repositories.ensure(tx, caller.actor, path.registry, path.repository, at=self._site.now())
            made = find_standing(tx, caller.principal, path)
        if made.place is None:
            raise RegistryUnknown(path.registry)
        return made.place


def find_standing(tx: Connection, principal: Principal, path: ImagePath) -> Standing:
    """Look up a place and what the principal may do there."""
    row = tx.execute(select(registry).where(registry.c.name == path.registry)).mappings().first()
    if row is None:
        return Standing(None, actions.NONE)
    found = select(repository.c.id).where(repository.c.registry_id == row["id"], repository.c.name == path.repository)
    repository_id = tx.scalar(found)
    place = Place(row["id"], row["name"], row["visibility"], repository_id, path.repository)
    allowed = access.allowed(tx, principal, place)
    unseen = repository_id is None or not allowed
    teach = unseen and access.pushes_somewhere(tx, principal, row["id"])
    return Standing(place, allowed, row["create_on_push"], teach)


def _endpoint(tx: Connection, reached: Reached) -> str:
    """The registry that has this listener, else the one that has this host; empty for none, `OFF` for one that is off.

    A public endpoint that is off leaves its host to the others, but not its listener: whoever opened a port for the
    images of one registry has not opened it for all of them.
    """
    if reached.listener:
        query = select(registry.c.name, registry.c.private_listener == reached.listener, registry.c.public_endpoint)
        mine = or_(registry.c.private_listener == reached.listener, registry.c.public_listener == reached.listener)
        row = tx.execute(query.where(mine)).first()
        if row is not None:
            name, private, public_is_on = row
            return str(name) if private or public_is_on else OFF
    public = (registry.c.public_host == reached.host) & registry.c.public_endpoint
    return tx.scalar(select(registry.c.name).where(or_(registry.c.private_host == reached.host, public))) or ""
