"""Results: what a scanner found in a digest, for all images that have it.

A result is kept by digest and scanner. The row of a digest in an image names the result that is in force for it, and
goes on naming it from the trash; a result that no row has named for longer than the trash keeps things is forgotten.
"""

import json
import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, literal, select, update

from berth.db import insert_ignore, insert_many_ignore, upsert
from berth.db.tables import component, manifest, result_component, scan_body, scan_result
from berth.scan import components, unmatched
from berth.scan.inventory import Gap, Inventory, OperatingSystem, Package
from berth.scan.matches import Component
from berth.scan.tally import Tally
from berth.site import Site

BUILTIN = "builtin"
EXTERNAL = "external:"
"""How the ecosystem of a component begins that a scanner of others has matched."""
AT_ONCE = 200
LINKS = 2000
"""Components to which a result is linked in one transaction."""
LONGEST_BODY = 256 << 20
"""Bytes of an unpacked body; a scan makes none that is longer."""


Units = Mapping[Component, int]
"""How many packages each component has, by name and version."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What is counted as one: a package in a version, at however many places that lies."""

    component: Component | None
    """What it is matched as; None where it is matched as nothing."""
    packages: tuple[Package, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.path for each in self.packages))


@dataclass(frozen=True)
class Result:
    id: int
    digest: str
    scanner: str
    scanner_version: str
    os: OperatingSystem | None
    gaps: tuple[Gap, ...]
    packages: int
    secrets: dict[str, int]
    """How many of each level."""
    taken_at: datetime
    evaluated_at: datetime | None
    """When it was matched last; None while it waits for advisories."""
    advisories: str
    advisories_at: datetime | None
    tally: Tally


@dataclass(frozen=True)
class Ready:
    """All of an inventory that takes long to make, made before anybody has to wait for a row to be written."""

    inventory: Inventory
    values: dict[str, Any]  # Any: column values
    body: bytes
    units: Units


def ready(digest: str, inventory: Inventory, *, scanner: str) -> Ready:
    levels: dict[str, int] = {}
    for secret in inventory.secrets:
        levels[secret.level] = levels.get(secret.level, 0) + 1
    document = inventory.to_json()
    packages = units(scanner, digest, inventory)
    one = partial(component_of, scanner, digest, os=inventory.os)
    lost = unmatched.gaps(inventory) if scanner == BUILTIN else unmatched.gaps_of_others(inventory, one)
    values = {
        "os": document["os"],
        "gaps": [*document["gaps"], *map(asdict, lost)],
        "packages": len(packages),
        "secrets": levels,
    }
    body = zlib.compress(json.dumps(document, separators=(",", ":")).encode(), 6)
    return Ready(inventory, values, body, _matched(packages))


def prepare(site: Site, digest: str, inventory: Inventory, *, scanner: str) -> Ready:
    """Make the components of what `store` is given next, so that nobody has to wait long for it to write."""
    made = ready(digest, inventory, scanner=scanner)
    for part in _parts(sorted(made.units)):
        with site.db.write(durable=False) as tx:
            _make(tx, part)
    return made


def store(
    tx: Connection,
    digest: str,
    inventory: Inventory,
    *,
    scanner: str,
    scanner_version: str,
    at: datetime,
    analyzer: int = 0,
    made: Ready | None = None,
    linked: bool = True,
) -> int:
    """Keep what was found in a digest, in the place of what was found before; returns the id of the result.

    Its findings are those of its components, so it has some at once where others have the same packages.
    """
    made = made or ready(digest, inventory, scanner=scanner)
    values = {
        **made.values,
        "scanner_version": scanner_version,
        "analyzer": analyzer,
        "taken_at": at,
        "tally": Tally().to_json(),
        "unused_at": None,
    }
    mine = (scan_result.c.digest == digest) & (scan_result.c.scanner == scanner)
    insert_ignore(tx, scan_result, {"digest": digest, "scanner": scanner, **values})
    tx.execute(update(scan_result).where(mine).values(**values, evaluated_at=None))
    result_id: int = tx.execute(select(scan_result.c.id).where(mine)).scalar_one()
    upsert(tx, scan_body, {"result_id": result_id, "body": made.body}, ["result_id"])
    if linked:
        _link(tx, result_id, made.units)
    return result_id


def link(site: Site, result_id: int, made: Ready, *, analyzer: int) -> None:
    """What `store` has left to be done with `linked=False`, in small transactions.

    The result counts as taken by this `analyzer` only when all of it is there.
    """
    with site.db.write(durable=False) as tx:
        tx.execute(delete(result_component).where(result_component.c.result_id == result_id))
    for part in _parts(sorted(made.units), LINKS):
        with site.db.write(durable=False) as tx:
            if not held(tx, result_id):
                return
            _add(tx, result_id, {key: made.units[key] for key in part})
    with site.db.write(durable=False) as tx:
        tx.execute(update(scan_result).where(scan_result.c.id == result_id).values(analyzer=analyzer))


def renew(tx: Connection, result_id: int, made: Ready, *, version: str, analyzer: int, at: datetime) -> bool:
    """Put what was found now in the place of what was found before, which was in force to this moment.

    Its components are matched, and whoever calls this counts them in the same transaction. Most are those that it had,
    and only the others are written. False: some of them have been forgotten, so nothing is changed.
    """
    ids = component_ids(tx, made.units)
    if len(ids) < len(made.units):
        return False
    mine = scan_result.c.id == result_id
    now = {**made.values, "scanner_version": version, "analyzer": analyzer, "taken_at": at}
    tx.execute(update(scan_result).where(mine).values(**now))
    upsert(tx, scan_body, {"result_id": result_id, "body": made.body}, ["result_id"])
    link = result_component.c
    had = dict(tx.execute(select(link.component_id, link.units).where(link.result_id == result_id)).all())
    wanted = {ids[key]: count for key, count in made.units.items()}
    other = [number for number, count in had.items() if wanted.get(number) != count]
    for part in _parts(other):
        tx.execute(delete(result_component).where(link.result_id == result_id, link.component_id.in_(part)))
    fresh = [number for number, count in wanted.items() if had.get(number) != count]
    for part in _parts(fresh):
        rows = [{"result_id": result_id, "component_id": each, "units": wanted[each]} for each in part]
        tx.execute(insert(result_component), rows)
    return True


def is_good(tx: Connection, digest: str, scanner: str) -> bool:
    """Whether a digest has a result that was evaluated; nobody evaluates one to the end of the transaction."""
    mine = (scan_result.c.digest == digest) & (scan_result.c.scanner == scanner)
    query = select(scan_result.c.evaluated_at).where(mine)
    return tx.scalar(query.with_for_update(key_share=True)) is not None


def inventory_of(tx: Connection, result_id: int) -> Inventory:
    body: bytes = tx.execute(select(scan_body.c.body).where(scan_body.c.result_id == result_id)).scalar_one()
    return Inventory.from_json(json.loads(zlib.decompressobj().decompress(body, LONGEST_BODY)))


def of_digest(tx: Connection, digest: str, scanner: str) -> Result | None:
    return _first(tx, (scan_result.c.digest == digest) & (scan_result.c.scanner == scanner))


def get(tx: Connection, result_id: int) -> Result | None:
    return _first(tx, scan_result.c.id == result_id)


def some(tx: Connection, ids: Collection[int]) -> dict[int, Result]:
    rows = tx.execute(select(*_SHOWN).where(scan_result.c.id.in_(ids))).mappings() if ids else ()
    return {row["id"]: _result(row) for row in rows}


def analyzer_of(tx: Connection, result_id: int) -> int:
    """With which version of our own reading it was taken; 0: it was taken by somebody else."""
    return int(tx.execute(select(scan_result.c.analyzer).where(scan_result.c.id == result_id)).scalar_one())


def held(tx: Connection, result_id: int) -> bool:
    """Whether a result is there, as it then is to the end of the transaction, with the tally that it has."""
    query = select(scan_result.c.id).where(scan_result.c.id == result_id)
    return tx.execute(query.with_for_update(key_share=True)).first() is not None


def in_force(tx: Connection, manifest_id: int, result_id: int, *, at: datetime) -> None:
    """Let a digest of an image have this result, which is good. When it had its first one stays with it."""
    first = func.coalesce(manifest.c.first_result_at, literal(at, manifest.c.first_result_at.type))
    values = {"result_id": result_id, "first_result_at": first}
    tx.execute(update(manifest).where(manifest.c.id == manifest_id).values(**values))


def component_ids(tx: Connection, wanted: Collection[Component]) -> dict[Component, int]:
    """Those of these components that are known, which nobody forgets to the end of the transaction."""
    found: dict[Component, int] = {}
    for part in _parts(sorted(wanted)):
        columns = (component.c.ecosystem, component.c.name, component.c.version, component.c.kind)
        # Asked for as tuples, SQLite would go through all components there are; by name it has an index.
        named = component.c.name.in_({each.name for each in part}) & component.c.version.in_(
            {each.version for each in part}
        )
        query = select(component.c.id, *columns).where(named).order_by(component.c.id)
        for row in tx.execute(query.with_for_update(read=True, key_share=True)):
            found[Component(*row[1:])] = row.id
    return {each: found[each] for each in wanted if each in found}


def component_of(scanner: str, digest: str, package: Package, os: OperatingSystem | None) -> Component | None:
    """What a package is matched as; None where it is matched as nothing.

    What a scanner of others says of a package it says of this image alone, so the component is the image's own.
    """
    if scanner == BUILTIN:
        key = components.of(package, os)
    else:
        key = Component(
            f"{EXTERNAL}{scanner}:{package.type}:{digest}"[:120], package.name, package.version, package.kind
        )
    return key if key is not None and components.fits(key) else None


def ecosystem_told(ecosystem: str) -> str:
    """As people know it: of a component that a scanner of others has matched the type of package that it named."""
    return ecosystem.split(":")[2] if ecosystem.startswith(EXTERNAL) else ecosystem


def components_of(scanner: str, digest: str, inventory: Inventory) -> Collection[Component]:
    return _matched(units(scanner, digest, inventory))


def units(scanner: str, digest: str, inventory: Inventory) -> list[Unit]:
    found: dict[tuple[Component | None, str, str, str], list[Package]] = {}
    for package in inventory.packages:
        key = component_of(scanner, digest, package, inventory.os)
        found.setdefault((key, package.type, package.name, package.version), []).append(package)
    return [Unit(key[0], tuple(packages)) for key, packages in found.items()]


def _matched(packages: Collection[Unit]) -> dict[Component, int]:
    return dict(Counter(unit.component for unit in packages if unit.component is not None))


def _link(tx: Connection, result_id: int, units: Units) -> None:
    """To its components, which are made where nobody had them before."""
    tx.execute(delete(result_component).where(result_component.c.result_id == result_id))
    _add(tx, result_id, units)


def _add(tx: Connection, result_id: int, units: Units) -> None:
    ids = component_ids(tx, units)
    while missing := sorted(units.keys() - ids.keys()):
        for part in _parts(missing):
            _make(tx, part)
        ids |= component_ids(tx, missing)  # one that others had may just have been forgotten
    rows = [{"result_id": result_id, "component_id": ids[key], "units": count} for key, count in units.items()]
    for part in _parts(rows):
        tx.execute(insert(result_component), part)


def _make(tx: Connection, wanted: Collection[Component]) -> None:
    insert_many_ignore(tx, component, [{name: getattr(each, name) for name in _KEY} for each in wanted])


_KEY = ("ecosystem", "name", "version", "kind")
_SHOWN = tuple(column for column in scan_result.c if column.name != "unused_at")


def _parts(all_: Sequence[Any] | list[Any], count: int = AT_ONCE) -> Iterator[Any]:  # Any: whatever there is many of
    for begins in range(0, len(all_), count):
        yield all_[begins : begins + count]


def _first(tx: Connection, where: Any) -> Result | None:  # Any: a condition
    row = tx.execute(select(*_SHOWN).where(where)).mappings().first()
    return None if row is None else _result(row)


def _result(row: RowMapping) -> Result:
    same = ("id", "digest", "scanner", "scanner_version", "packages", "secrets", "taken_at", "evaluated_at")
    return Result(
        os=os_of(row["os"]),
        gaps=tuple(Gap(**each) for each in row["gaps"]),
        tally=Tally.from_json(row["tally"]),
        advisories=row["advisories"],
        advisories_at=row["advisories_at"],
        **{field: row[field] for field in same},
    )


def os_of(document: dict[str, Any] | None) -> OperatingSystem | None:  # Any: what an inventory makes of it
    if document is None:
        return None
    ends = document["eol_on"]
    return OperatingSystem(**(document | {"eol_on": date.fromisoformat(ends) if ends else None}))
