"""Waivers from a document of OpenVEX: all that it says within a place, in one transaction, or nothing of it.

What a product means here may be nothing; that is told of each statement, and the others count nevertheless. Only
statements that speak against a finding make waivers, unless somebody asks for more: that a vendor is affected is no
reason to let it pass.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, select

from berth.audit.events import Actor
from berth.db.tables import vulnerability_name
from berth.restriction import waivers
from berth.restriction.openvex import products
from berth.restriction.openvex.products import Known, Target
from berth.restriction.openvex.statements import Document, Statement
from berth.restriction.scopes import Scope
from berth.restriction.terms import MAX_TEXT, Status, Terms
from berth.words.errors import FieldInvalid

Outcome = Literal["taken", "partly", "unknown", "passed-over"]

MAX_WAIVERS = 1000
"""That may come of one document."""


@dataclass
class Taken:
    """What came of one statement."""

    statement: Statement
    outcome: Outcome = "taken"
    created: list[str] = field(default_factory=list)
    """Places of waivers, with the package where there is one."""
    renewed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    unknown: list[tuple[str, str]] = field(default_factory=list)
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """What the document cannot say."""

    within: Scope
    expires_at: datetime
    owner: str
    statuses: Collection[Status]


def read(tx: Connection, document: Document, wanted: Wanted) -> list[Taken]:
    """By statement what its products are here, which takes longer than anybody should wait to write. See `take`.

    Raises `FieldInvalid` where they are too many.
    """
    known = Known()
    found = [_found(tx, wanted, each, known) for each in document.statements]
    if sum(len(each.targets) for each in found) > MAX_WAIVERS:
        raise FieldInvalid("document.statements", f"more than {MAX_WAIVERS} waivers would come of it")
    return found


def take(
    tx: Connection,
    actor: Actor,
    document: Document,
    wanted: Wanted,
    found: list[Taken],
    *,
    at: datetime,
    dry_run: bool = False,
) -> list[Taken]:
    """By statement what came of it. Raises `FieldInvalid` for an end that is over, or too far away.

    Whoever waives or imports there at the same time comes before or after: what they made is renewed.
    """
    waivers.alone(tx, wanted.within)
    newest = _newest(found)
    for each in found:
        counting = [target for target in each.targets if newest[_key(each.statement, target)] is each]
        if each.statement.status not in wanted.statuses or (each.targets and not counting):
            each.outcome = "passed-over"
            continue
        for target in counting:
            _waive(tx, actor, each, target, _terms(tx, document, each.statement, target, wanted), at, dry_run=dry_run)
        each.outcome = ("partly" if each.unknown else "taken") if counting else "unknown"
    return found


def _found(tx: Connection, wanted: Wanted, statement: Statement, known: Known) -> Taken:
    targets: dict[Target, None] = {}
    unknown: list[tuple[str, str]] = []
    for product in dict.fromkeys(statement.products):
        found = products.find(tx, wanted.within, product, statement.vulnerability, known)
        targets |= dict.fromkeys(found.targets)
        unknown += found.unknown
    if not statement.products:
        unknown.append(("", "it names no product"))
    return Taken(statement, unknown=unknown, targets=tuple(targets))


def _newest(found: list[Taken]) -> dict[tuple[str, Target], Taken]:
    """By vulnerability and target; of two of the same time the later one in the document."""
    newest: dict[tuple[str, Target], Taken] = {}
    for each in sorted(found, key=lambda taken: (taken.statement.at, taken.statement.place)):
        newest |= {_key(each.statement, target): each for target in each.targets}
    return newest


def _key(statement: Statement, target: Target) -> tuple[str, Target]:
    return statement.vulnerability.lower(), target


def _waive(
    tx: Connection, actor: Actor, taken: Taken, target: Target, terms: Terms, at: datetime, *, dry_run: bool
) -> None:
    terms.bounded(at=at)
    place = f"{target.scope} {terms.package} {terms.package_version}".rstrip()
    number = waivers.like(tx, target.scope, terms, at=at)
    if number is None:
        taken.created.append(place)
        if not dry_run:
            waivers.create(tx, actor, target.scope, terms, at=at)
        return
    known = waivers.find(tx, number)
    if known.terms == terms.but(vulnerability=known.terms.vulnerability):
        taken.unchanged.append(place)
        return
    taken.renewed.append(place)
    if not dry_run:
        waivers.edit(tx, actor, known, terms.but(vulnerability=known.terms.vulnerability), at=at)


def _terms(tx: Connection, document: Document, statement: Statement, target: Target, wanted: Wanted) -> Terms:
    reason = statement.notes or statement.impact or f"{statement.status}, says {document.author} in {document.id}"
    wrong = statement.status == "not_affected"
    return Terms(
        vulnerability=_known(tx, statement),
        reason=reason.strip()[:MAX_TEXT],
        owner=wanted.owner,
        expires_at=wanted.expires_at,
        package=target.package,
        package_version=target.package_version,
        status=statement.status,
        justification=(statement.justification or "") if wrong else "",
        impact=statement.impact if wrong else "",
    )


def _known(tx: Connection, statement: Statement) -> str:
    """The first of its names under which something was found here; else its name."""
    return next(_found_here(tx, (statement.vulnerability, *statement.aliases)), statement.vulnerability)


def _found_here(tx: Connection, names: Collection[str]) -> Iterator[str]:
    lower = [name.lower() for name in names]
    known = set(tx.scalars(select(vulnerability_name.c.name).where(vulnerability_name.c.name.in_(lower))))
    return (name for name in names if name.lower() in known)
