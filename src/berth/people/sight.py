"""What a principal may know of, as conditions for lists: whatever they have some right on, and what is public.

Registries and repositories in the trash are no part of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from berth.db.tables import AWAY, grant_, registry, repository
from berth.people.access import Principal, Scope
from berth.words import actions as words
from berth.words.actions import ALL, NONE, Actions


@dataclass(frozen=True)
class Sight:
    """Ids of registries seen whole, and of single repositories; `everything` needs no ids."""

    everything: bool = False
    registries: frozenset[int] = frozenset()
    repositories: frozenset[int] = frozenset()

    def of_registries(self) -> ColumnElement[bool]:
        """For a query over `registry`: also those of which only a repository is seen."""
        there = registry.c.state.not_in(AWAY)
        if self.everything:
            return there
        above = select(repository.c.registry_id).where(repository.c.id.in_(self.repositories))
        seen = or_(registry.c.visibility == "public", registry.c.id.in_(self.registries), registry.c.id.in_(above))
        return and_(there, seen)

    def of_repositories(self) -> ColumnElement[bool]:
        """For a query over `repository` joined with `registry`."""
        there = repository.c.state.not_in(AWAY)
        if self.everything:
            return there
        seen = or_(
            registry.c.visibility == "public",
            registry.c.id.in_(self.registries),
            repository.c.id.in_(self.repositories),
        )
        return and_(there, seen)


def of(tx: Connection, principal: Principal) -> Sight:
    if principal.administrator and principal.scopes is None:
        return Sight(everything=True)
    found = list(_places(tx, principal))
    return Sight(
        registries=frozenset(above for above, within in found if within is None),
        repositories=frozenset(within for _, within in found if within is not None),
    )


@dataclass(frozen=True)
class _Granted:
    registry_id: int
    registry: str
    repository_id: int | None
    actions: Actions


def _places(tx: Connection, principal: Principal) -> Iterator[tuple[int, int | None]]:
    granted = _granted(tx, principal)
    if principal.scopes is None:
        yield from ((grant.registry_id, grant.repository_id) for grant in granted)
        return
    for scope in principal.scopes:
        yield from _of_scope(tx, principal, scope, granted)


def _of_scope(
    tx: Connection, principal: Principal, scope: Scope, granted: Sequence[_Granted]
) -> Iterator[tuple[int, int | None]]:
    """What is left of the grants within a scope; of an administrator's rights, the scope's own place."""
    above, slash, within = scope.place.partition("/")
    here = [grant for grant in granted if grant.registry == above and grant.actions & scope.actions]
    if not slash and not principal.administrator:
        yield from ((grant.registry_id, grant.repository_id) for grant in here)
        return
    query = select(registry.c.id, repository.c.id).outerjoin_from(
        registry, repository, (repository.c.registry_id == registry.c.id) & (repository.c.name == within)
    )
    row = tx.execute(query.where(registry.c.name == above)).first()
    if row is None or (slash and row[1] is None):
        return
    rights = ALL if principal.administrator else NONE
    for grant in here:
        if grant.repository_id in (None, row[1]):
            rights |= grant.actions
    if rights & scope.actions:
        yield row[0], row[1]


def _granted(tx: Connection, principal: Principal) -> list[_Granted]:
    rows = tx.execute(
        select(registry.c.id, registry.c.name, grant_.c.repository_id, grant_.c.actions)
        .join_from(grant_, registry)
        .where(grant_.c.account_id == principal.account_id)
    )
    return [_Granted(above, name, within, words.split(line)) for above, name, within, line in rows]
