"""Who may do what: the rights of a principal on a registry or repository.

rights = (everything for an administrator, else grants on the registry + grants on the repository)
         ∩ the scopes of the key, when a key speaks
         + pull, when the registry is public
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sqlalchemy import Connection, or_, select

from berth.db.tables import grant_, registry, repository
from berth.words import actions as words
from berth.words import names
from berth.words.actions import ALL, NONE, Action, Actions
from berth.words.errors import FieldInvalid

PUBLIC: Actions = frozenset({Action.PULL})
"""What everybody may do in a public registry."""


@dataclass(frozen=True, slots=True)
class Place:
    """A registry, or a repository in it: what grants and scopes speak of."""

    registry_id: int
    registry_name: str
    visibility: str
    repository_id: int | None = None
    repository_name: str | None = None

    def __str__(self) -> str:
        if self.repository_name is None:
            return self.registry_name
        return f"{self.registry_name}/{self.repository_name}"


@dataclass(frozen=True, slots=True)
class Scope:
    """A bound of an access key: these actions, in this `registry` or `registry/repository`."""

    place: str
    actions: Actions

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `registry:pull` or `registry/repository:pull,push`. Raises `FieldInvalid`, `NameInvalid`."""
        place, colon, line = text.partition(":")
        if not colon or not line:
            raise FieldInvalid("scopes", f"{text[:120]!r} does not read 'registry/repository:pull,push'")
        registry_name, slash, repository_name = place.partition("/")
        names.registry(registry_name)
        if slash:
            names.repository(repository_name)
        return cls(place, words.parse(line.split(",")))

    def __str__(self) -> str:
        return f"{self.place}:{words.join(self.actions)}"

    def reaches(self, place: Place) -> bool:
        return self.place in (place.registry_name, str(place))


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, as signing in has found them out."""

    account_id: int | None
    name: str
    administrator: bool = False
    key_id: str | None = None
    scopes: tuple[Scope, ...] | None = None
    """Bounds of the key that speaks; None: all that its owner may do."""
    good_until: datetime | None = None
    """When the key that speaks expires."""
    epoch: str = ""
    """The account's epoch; a token carries it and ends with it."""

    def __str__(self) -> str:
        return self.name if self.key_id is None else f"{self.name} ({self.key_id})"

    @property
    def is_anonymous(self) -> bool:
        return self.account_id is None

    def bound(self, rights: Actions, place: Place) -> Actions:
        """What the scopes of the key leave of some rights."""
        if self.scopes is None:
            return rights
        return rights & _union(scope.actions for scope in self.scopes if scope.reaches(place))


ANONYMOUS = Principal(None, "anonymous")


def allowed(tx: Connection, principal: Principal, place: Place) -> Actions:
    everybody = PUBLIC if place.visibility == "public" else NONE
    if principal.account_id is None:
        return everybody
    rights = ALL if principal.administrator else _granted(tx, principal.account_id, place)
    return principal.bound(rights, place) | everybody


def _granted(tx: Connection, account_id: int, place: Place) -> Actions:
    of_registry = grant_.c.repository_id.is_(None)
    at_place = or_(of_registry, grant_.c.repository_id == place.repository_id) if place.repository_id else of_registry
    lines = tx.scalars(
        select(grant_.c.actions).where(
            grant_.c.account_id == account_id, grant_.c.registry_id == place.registry_id, at_place
        )
    )
    return _union(words.split(line) for line in lines)


def _union(sets: Iterable[Actions]) -> Actions:
    return frozenset[Action]().union(*sets)


@dataclass(frozen=True, slots=True)
class Rights:
    """All rights of a principal, read once: for lists, where a read per row would be too many."""

    principal: Principal
    grants: dict[tuple[int, int | None], Actions]

    def on(self, place: Place) -> Actions:
        """The same answer as `allowed`."""
        everybody = PUBLIC if place.visibility == "public" else NONE
        rights = self.grants.get((place.registry_id, None), NONE)
        if place.repository_id is not None:
            rights |= self.grants.get((place.registry_id, place.repository_id), NONE)
        if self.principal.administrator:
            rights = ALL
        return self.principal.bound(rights, place) | everybody


def rights_of(tx: Connection, principal: Principal) -> Rights:
    if principal.account_id is None or principal.administrator:
        return Rights(principal, {})
    rows = tx.execute(
        select(grant_.c.registry_id, grant_.c.repository_id, grant_.c.actions).where(
            grant_.c.account_id == principal.account_id
        )
    )
    return Rights(principal, {(row.registry_id, row.repository_id): words.split(row.actions) for row in rows})


def pushes_somewhere(tx: Connection, principal: Principal, registry_id: int) -> bool:
    """Whether the principal may push to the registry or to any repository in it, there or still to come."""
    if principal.account_id is None:
        return False
    name = tx.scalar(select(registry.c.name).where(registry.c.id == registry_id))
    if name is None:
        return False
    if principal.administrator:
        return _scopes_push(principal, name)
    rows = tx.execute(
        select(grant_.c.repository_id, repository.c.name, grant_.c.actions)
        .outerjoin_from(grant_, repository, grant_.c.repository_id == repository.c.id)
        .where(grant_.c.account_id == principal.account_id, grant_.c.registry_id == registry_id)
    ).all()
    pushing = [row for row in rows if Action.PUSH in words.split(row.actions)]
    if any(row.repository_id is None for row in pushing):
        return _scopes_push(principal, name)
    places = (Place(registry_id, name, "private", row.repository_id, row.name) for row in pushing)
    return any(Action.PUSH in principal.bound(ALL, place) for place in places)


def _scopes_push(principal: Principal, registry_name: str) -> bool:
    return principal.scopes is None or any(
        Action.PUSH in scope.actions and scope.place.partition("/")[0] == registry_name for scope in principal.scopes
    )
