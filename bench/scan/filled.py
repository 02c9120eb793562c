"""A database with many results: all images of `bench.size`'s large image scanned, some listed by indexes."""

import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, bindparam, func, insert, select, text, update

from bench.scan import catalogue
from bench.size import filled
from bench.size.filled import Numbers
from berth.db import Database
from berth.db.tables import (
    component,
    component_match,
    image,
    manifest,
    manifest_body,
    manifest_edge,
    result_component,
    scan_body,
    scan_result,
)
from berth.scan import evaluation, library
from berth.scan.advisories import building
from berth.scan.advisories.opened import Advisories
from berth.scan.inventory import Inventory
from berth.scan.matches import Component
from berth.scan.results import BUILTIN
from berth.scan.tally import CELLS, Tally, cell
from berth.words import digest as digests
from berth.words.policies import Level

Values = dict[str, Any]  # Any: column values
Progress = Callable[[str], None]

AT_ONCE = 2000
INDEXES = 100
CHILDREN = 4
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
SCANNED = datetime(2026, 2, 1, tzinfo=UTC)
AFTER = timedelta(days=30)
"""Indexes are newer than all that they list."""


def fill(url: str, folder: Path, results: int, say: Progress) -> None:
    """A database that is not there yet, or is empty; advisories are built in the folder, and in force."""
    filled.fill(url, Numbers(results, results), say)
    with closing(Database(url)) as database:
        built = building.build(folder, catalogue.before())
        numbers = dict(_components(database))
        _results(database, numbers, say)
        with closing(Advisories.open(built.path)) as advisories:
            _match(database, advisories, numbers, say)
            with database.write() as tx:
                library.put_in_force(tx, library.described(advisories, by="bench", key=library.HERE_ALONE))
        _indexes(database)
        _settle(database)


def _components(database: Database) -> Iterator[tuple[Component, int]]:
    numbers = count(1)
    all_ = catalogue.components()
    while some := list(islice(all_, AT_ONCE)):
        numbered = {each: next(numbers) for each in some}
        with database.write(durable=False) as tx:
            tx.execute(insert(component), [{"id": number, **_columns(each)} for each, number in numbered.items()])
        yield from numbered.items()


def _columns(each: Component) -> Values:
    return {"ecosystem": each.ecosystem, "name": each.name, "version": each.version, "kind": each.kind}


def _results(database: Database, numbers: dict[Component, int], say: Progress) -> None:
    with database.read() as tx:
        query = select(manifest.c.id, manifest.c.digest).where(manifest.c.kind == "image").order_by(manifest.c.id)
        rows = tx.execute(query).all()
    images = catalogue.images(len(rows))
    for begins in range(0, len(rows), AT_ONCE):
        with database.write(durable=False) as tx:
            _write(tx, [(each.id, each.digest, next(images)) for each in rows[begins : begins + AT_ONCE]], numbers)
        say(f"{begins:,} results")


def _write(tx: Connection, some: Sequence[tuple[int, str, catalogue.Image]], numbers: dict[Component, int]) -> None:
    written: list[tuple[Table, list[Values]]] = [
        (scan_result, [_result(number, digest, image_) for number, digest, image_ in some]),
        (scan_body, [{"result_id": number, "body": _body(image_)} for number, _, image_ in some]),
        (
            result_component,
            [
                {"result_id": number, "component_id": numbers[each], "units": 1}
                for number, _, image_ in some
                for each in image_.components
            ],
        ),
    ]
    for table, rows in written:
        tx.execute(insert(table), rows)
    tx.execute(
        update(manifest)
        .where(manifest.c.id.between(some[0][0], some[-1][0]), manifest.c.kind == "image")
        .values(result_id=manifest.c.id, scan_state="done")
    )


def _result(number: int, digest: str, image_: catalogue.Image) -> Values:
    return {
        "id": number,
        "digest": digest,
        "scanner": BUILTIN,
        "scanner_version": "bench",
        "analyzer": 1,
        "os": _document(image_)["os"],
        "gaps": [],
        "packages": len(image_.packages),
        "secrets": {},
        "taken_at": SCANNED,
        "evaluated_at": SCANNED,
        "advisories": "bench",
        "advisories_at": SCANNED,
        "tally": Tally().to_json(),
    }


def _body(image_: catalogue.Image) -> bytes:
    return zlib.compress(json.dumps(_document(image_), separators=(",", ":")).encode(), 6)


def _document(image_: catalogue.Image) -> Values:
    return Inventory(catalogue.DEBIAN, image_.packages).to_json()


def _match(database: Database, advisories: Advisories, numbers: dict[Component, int], say: Progress) -> None:
    """As the first advisories that come into force do."""
    waiting = list(numbers.items())
    for begins in range(0, len(waiting), AT_ONCE):
        some = waiting[begins : begins + AT_ONCE]
        matched = evaluation.matched(advisories, {number: each for each, number in some})
        with database.write(durable=False) as tx:
            evaluation.keep(tx, matched, at=SCANNED)
        say(f"{begins:,} components")
    tallies = [{"of": each, "now": tally} for each, tally in _tallies(database).items()]
    with database.write(durable=False) as tx:
        tx.execute(
            update(scan_result).where(scan_result.c.id == bindparam("of")).values(tally=bindparam("now")), tallies
        )


def _tallies(database: Database) -> dict[int, list[int]]:
    """As `evaluation.count` has them, for all at once."""
    having, found = result_component.c, component_match.c
    fixed = found.fixed_version != ""
    query = (
        select(having.result_id, component.c.kind, fixed, found.level, func.sum(having.units))
        .join_from(result_component, component, component.c.id == having.component_id)
        .join(component_match, found.component_id == component.c.id)
        .group_by(having.result_id, component.c.kind, fixed, found.level)
    )
    tallies: dict[int, list[int]] = {}
    with database.read() as tx:
        for result_id, kind, has, level, units in tx.execute(query):
            tallies.setdefault(result_id, [0] * CELLS)[cell(kind, Level(level), fixed=bool(has))] = int(units)
    return tallies


def _indexes(database: Database) -> None:
    """Each lists the same number of images, and is newer than all of them."""
    with database.write() as tx:
        of = tx.execute(select(image.c.id).where(image.c.name == filled.NAME)).scalar_one()
        mine = (manifest.c.image_id == of) & (manifest.c.kind == "image")
        below = list(tx.scalars(select(manifest.c.id).where(mine).order_by(manifest.c.id).limit(INDEXES * CHILDREN)))
        last: int = tx.execute(select(func.max(manifest.c.id))).scalar_one()
        rows = [_index(last + 1 + number, of) for number in range(INDEXES)]
        tx.execute(insert(manifest), rows)
        tx.execute(insert(manifest_body), [{"manifest_id": each["id"], "body": b"{}"} for each in rows])
        edges = [
            {"parent_id": rows[place // CHILDREN]["id"], "child_id": child, "platform": "linux/amd64"}
            for place, child in enumerate(below)
        ]
        tx.execute(insert(manifest_edge), edges)


def _index(number: int, image_id: int) -> Values:
    at = SCANNED + AFTER + timedelta(seconds=number)
    return {
        "id": number,
        "image_id": image_id,
        "digest": str(digests.of(f"index {number}".encode())),
        "media_type": INDEX_TYPE,
        "kind": "index",
        "annotations": {},
        "platforms": ["linux/amd64"],
        "size": 2,
        "total_size": 2,
        "created_at": at,
        "edited_at": at,
        **filled.MADE,
    }


def _settle(database: Database) -> None:
    """As `filled` does, for the tables that were filled here."""
    if database.is_embedded:
        return
    with database.write() as tx:
        for table in (manifest, scan_result, component):
            last = tx.scalar(select(func.max(table.c.id)))
            tx.execute(
                text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :last)"), {"name": table.name, "last": last}
            )
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))
