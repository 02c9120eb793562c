"""What is said of vulnerabilities, kept as rows, so that results stay readable when the advisories are others."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from berth.db import insert_ignore
from berth.db.tables import vulnerability
from berth.registry import reach
from berth.scan.matches import Vulnerability

Facts = Mapping[str, Any]  # Any: column values


def remember(tx: Connection, flaws: Iterable[Vulnerability]) -> dict[str, int]:
    """Keep what is said; returns the numbers by name, of rows that are held to the end of the transaction."""
    wanted = {each.id: each for each in flaws}
    numbers: dict[str, int] = {}
    for names in reach.batches(wanted):
        kept: dict[str, RowMapping] = {}
        while missing := [name for name in names if name not in kept]:
            kept |= _held(tx, missing)
            for name in missing:
                if name not in kept:
                    insert_ignore(tx, vulnerability, {"name": name, **_facts(wanted[name])})
        for name, row in kept.items():
            numbers[name] = row["id"]
            if _differs(row, facts := _facts(wanted[name])):
                tx.execute(update(vulnerability).where(vulnerability.c.id == row["id"]).values(**facts))
    return numbers


def differing(tx: Connection, flaws: Iterable[Vulnerability]) -> list[Vulnerability]:
    """Those of which something else is kept, or nothing."""
    wanted = {each.id: each for each in flaws}
    same: set[str] = set()
    for names in reach.batches(wanted):
        rows = tx.execute(select(vulnerability).where(vulnerability.c.name.in_(names))).mappings()
        same.update(row["name"] for row in rows if not _differs(row, _facts(wanted[row["name"]])))
    return [each for name, each in wanted.items() if name not in same]


def _held(tx: Connection, names: Collection[str]) -> dict[str, RowMapping]:
    """Those that are there. So held they can be told otherwise, but nobody can forget them."""
    query = select(vulnerability).where(vulnerability.c.name.in_(names)).order_by(vulnerability.c.name)
    rows = tx.execute(query.with_for_update(read=True, key_share=True)).mappings()
    return {row["name"]: row for row in rows}


def _differs(row: RowMapping, facts: Facts) -> bool:
    return any(row[name] != value for name, value in facts.items())


def _facts(flaw: Vulnerability) -> dict[str, Any]:  # Any: column values
    return {
        "aliases": list(flaw.aliases),
        "title": flaw.title,
        "description": flaw.description,
        "links": list(flaw.links),
        "vector": flaw.vector[:300],
        "score": flaw.score,
        "published": flaw.published,
        "modified": flaw.modified,
        "malware": flaw.malware,
    }
