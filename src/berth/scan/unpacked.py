"""One result as it is listed: its packages by unit, and its findings.

    body ──> packages ──same component, name and version──> unit ──matches of its component──> findings

A unit is what is counted as one: a package in a version, at however many places that lies. A finding is that a unit has
a vulnerability. Tallies count the same without opening the body.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from berth.db.tables import component, component_match, result_component, vulnerability
from berth.registry import reach
from berth.scan import remembered, results
from berth.scan.inventory import Inventory
from berth.scan.matches import Component, Match, Vulnerability
from berth.scan.report import Finding
from berth.scan.results import Result, Unit
from berth.words.policies import Level

LONGEST = 100
"""Characters of a text by which rows are sorted."""
PER_PACKAGE = 1000
"""Bytes of memory that are reckoned for a package with its unit."""
PER_FINDING = 600

Key = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A unit, and what tells it from all others of all results: it is short, for a cursor has it."""

    unit: Unit
    key: Key


@dataclass(frozen=True, slots=True)
class Raw:
    """A finding, whatever a policy says of it; without the words of its vulnerability."""

    finding: Finding
    found_at: datetime
    number: int
    """Of the vulnerability."""
    key: Key


@dataclass(frozen=True, slots=True)
class Unpacked:
    inventory: Inventory
    units: tuple[Listed, ...]
    findings: tuple[Raw, ...]


def of(tx: Connection, result: Result) -> Unpacked:
    told = (result.taken_at, result.evaluated_at, result.advisories, result.tally)
    made_from = (result.id, result.digest, result.scanner_version, result.packages, *told)
    return remembered.of(tx).get(made_from, lambda: _unpacked(tx, result))


def mark(*facts: object) -> str:
    """Tells rows apart that are otherwise alike, in few characters: a path may be long, and a cursor is not."""
    return hashlib.blake2b(repr(facts).encode(errors="backslashreplace"), digest_size=12).hexdigest()


def _unpacked(tx: Connection, result: Result) -> tuple[Unpacked, int]:
    """And how large it is."""
    inventory = results.inventory_of(tx, result.id)
    units = tuple(_listed(result, unit) for unit in results.units(result.scanner, result.digest, inventory))
    found = tuple(_findings(tx, result, units))
    return Unpacked(inventory, units, found), PER_PACKAGE * len(inventory.packages) + PER_FINDING * len(found)


def _listed(result: Result, unit: Unit) -> Listed:
    package, key = unit.packages[0], unit.component
    same = None if key is None else (key.ecosystem, key.name, key.version)
    told = mark(result.digest, same, package.type, package.name, package.version)
    return Listed(unit, (package.name[:LONGEST], package.version[:LONGEST], told))


def _findings(tx: Connection, result: Result, units: Iterable[Listed]) -> Iterator[Raw]:
    matches = _matches(tx, result.id)
    for each in units:
        package, *others = each.unit.packages
        for match, at, number in matches.get(each.unit.component, ()):
            yield Raw(Finding(package, match, tuple(others)), at, number, (match.vulnerability.id, *each.key))


def _matches(tx: Connection, result_id: int) -> dict[Component | None, list[tuple[Match, datetime, int]]]:
    said = ("vulnerability_id", "level", "level_source", "fixed_version", "fix_state", "records", "found_at")
    query = (
        select(component.c.id, *(component_match.c[name] for name in said))
        .join_from(result_component, component)
        .join(component_match, component_match.c.component_id == component.c.id)
        .where(result_component.c.result_id == result_id)
    )
    rows = tx.execute(query).all()
    flaws, having = _flaws(tx, {row[1] for row in rows}), _components(tx, result_id)
    found: dict[Component | None, list[tuple[Match, datetime, int]]] = defaultdict(list)
    for of_, number, level, source, fixed, state, records, at in rows:
        match = Match(flaws[number], Level(level), source, fixed, state, tuple(records))
        found[having[of_]].append((match, at, number))
    return found


def _components(tx: Connection, result_id: int) -> dict[int, Component]:
    told = (component.c.id, component.c.ecosystem, component.c.name, component.c.version, component.c.kind)
    query = select(*told).join(result_component).where(result_component.c.result_id == result_id)
    return {row[0]: Component(*row[1:]) for row in tx.execute(query)}


def _flaws(tx: Connection, numbers: set[int]) -> dict[int, Vulnerability]:
    """Without their words, which are long."""
    same = ("vector", "score", "published", "malware")
    columns = (vulnerability.c[name] for name in ("id", "name", "aliases", *same))
    query = select(*columns)
    return {
        row["id"]: Vulnerability(row["name"], tuple(row["aliases"]), **{name: row[name] for name in same})
        for some in reach.batches(numbers)
        for row in tx.execute(query.where(vulnerability.c.id.in_(some))).mappings()
    }
