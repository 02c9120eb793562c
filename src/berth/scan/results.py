"""Results: what a scanner found in a digest, for all images that have it.

A result is kept by digest and scanner. The row of a digest in an image names the result that is in force for it, and
goes on naming it from the trash; a result that no row has named for longer than the trash keeps things is forgotten.
"""

import json
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, tuple_, update

from berth.db import insert_ignore
from berth.db.tables import component, manifest, result_component, scan_result
from berth.scan import components
from berth.scan.inventory import Gap, Inventory, OperatingSystem, Package
from berth.scan.matches import Component
from berth.scan.tally import Tally

BUILTIN = "builtin"
EXTERNAL = "external:"
"""How the ecosystem of a component begins that a scanner of others has matched."""
AT_ONCE = 200
LONGEST_KEY = 1000
LONGEST_BODY = 256 << 20
"""Bytes of an unpacked body; a scan makes none that is longer."""


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


def store(
    tx: Connection,
    digest: str,
    inventory: Inventory,
    *,
    scanner: str,
    scanner_version: str,
    at: datetime,
    analyzer: int = 0,
) -> int:
    """Keep what was found in a digest, in the place of what was found before; returns the id of the result.

    Its findings are those of its components, so it has some at once where others have the same packages.
    """
    levels: dict[str, int] = {}
    for secret in inventory.secrets:
        levels[secret.level] = levels.get(secret.level, 0) + 1
    document = inventory.to_json()
    values = {
        "scanner_version": scanner_version,
        "analyzer": analyzer,
        "os": document["os"],
        "gaps": document["gaps"],
        "packages": len(inventory.packages),
        "secrets": levels,
        "body": zlib.compress(json.dumps(document, separators=(",", ":")).encode(), 6),
        "taken_at": at,
        "tally": Tally().to_json(),
        "unused_at": None,
    }
    mine = (scan_result.c.digest == digest) & (scan_result.c.scanner == scanner)
    insert_ignore(tx, scan_result, {"digest": digest, "scanner": scanner, **values})
    tx.execute(update(scan_result).where(mine).values(**values, evaluated_at=None))
    result_id: int = tx.execute(select(scan_result.c.id).where(mine)).scalar_one()
    _link(tx, result_id, _units(scanner, digest, inventory))
    return result_id


def inventory_of(tx: Connection, result_id: int) -> Inventory:
    body: bytes = tx.execute(select(scan_result.c.body).where(scan_result.c.id == result_id)).scalar_one()
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


def in_force(tx: Connection, manifest_id: int, result_id: int) -> None:
    """Let a digest of an image have this result."""
    tx.execute(update(manifest).where(manifest.c.id == manifest_id).values(result_id=result_id))


def component_ids(tx: Connection, wanted: Collection[Component]) -> dict[Component, int]:
    """Those of these components that are known, which nobody forgets to the end of the transaction."""
    found: dict[Component, int] = {}
    for part in _parts(sorted(wanted)):
        keys = [(each.ecosystem, each.name, each.version, each.kind) for each in part]
        columns = (component.c.ecosystem, component.c.name, component.c.version, component.c.kind)
        query = select(component.c.id, *columns).where(tuple_(*columns).in_(keys)).order_by(component.c.id)
        for row in tx.execute(query.with_for_update(read=True, key_share=True)):
            found[Component(*row[1:])] = row.id
    return found


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
    return key if key is not None and _fits(key) else None


def components_of(scanner: str, digest: str, inventory: Inventory) -> Collection[Component]:
    return _units(scanner, digest, inventory)


def _units(scanner: str, digest: str, inventory: Inventory) -> dict[Component, set[tuple[str, str]]]:
    """By component its packages, by name and version."""
    units: dict[Component, set[tuple[str, str]]] = {}
    for package in inventory.packages:
        key = component_of(scanner, digest, package, inventory.os)
        if key is not None:
            units.setdefault(key, set()).add((package.name, package.version))
    return units


def _link(tx: Connection, result_id: int, units: Mapping[Component, Collection[tuple[str, str]]]) -> None:
    """To its components, which are made where nobody had them before."""
    ids = component_ids(tx, units)
    while missing := sorted(units.keys() - ids.keys()):
        for part in _parts(missing):
            insert_ignore(tx, component, [{name: getattr(each, name) for name in _KEY} for each in part])
        ids |= component_ids(tx, missing)  # one that others had may just have been forgotten
    tx.execute(delete(result_component).where(result_component.c.result_id == result_id))
    rows = [{"result_id": result_id, "component_id": ids[key], "units": len(those)} for key, those in units.items()]
    for part in _parts(rows):
        tx.execute(insert(result_component), part)


def _fits(key: Component) -> bool:
    """What is longer fits into no index of PostgreSQL, and no advisory speaks of it."""
    return len(f"{key.ecosystem}{key.name}{key.version}".encode()) <= LONGEST_KEY


_KEY = ("ecosystem", "name", "version", "kind")
_SHOWN = tuple(column for column in scan_result.c if column.name not in ("body", "unused_at"))


def _parts(all_: Sequence[Any] | list[Any]) -> Iterator[Any]:  # Any: whatever there is many of
    for begins in range(0, len(all_), AT_ONCE):
        yield all_[begins : begins + AT_ONCE]


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
