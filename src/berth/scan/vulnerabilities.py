"""What is said of vulnerabilities, kept as rows, so that results stay readable when the advisories are others.

All images share what is said of one. So the words of our advisories stand before those of a scanner of others, which
may have been told anything.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, select, update

from berth.db import insert_ignore, insert_many_ignore
from berth.db.tables import vulnerability, vulnerability_name
from berth.db.tables.scans import LONGEST_NAME
from berth.registry import reach
from berth.scan.matches import Vulnerability

Facts = Mapping[str, Any]  # Any: column values


def remember(tx: Connection, flaws: Iterable[Vulnerability], *, outside: bool = False) -> dict[str, int]:
    """Keep what is said; returns the numbers by name, of rows that are held to the end of the transaction.

    From `outside`, a scanner of others, it is only kept where our advisories say nothing.
    """
    wanted = {each.id: each for each in flaws}
    found: dict[str, int] = {}
    fresh: set[str] = set()

    def facts(name: str) -> Facts:
        return _facts(wanted[name]) | {"outside": outside}

    for names in reach.batches(wanted):
        kept: dict[str, RowMapping] = {}
        while missing := [name for name in names if name not in kept]:
            kept |= _held(tx, missing)
            for name in missing:
                if name not in kept:
                    fresh.update([name] * insert_ignore(tx, vulnerability, {"name": name, **facts(name)}))
        for name, row in kept.items():
            found[name] = row["id"]
            if _differs(row, now := facts(name)) and (row["outside"] or not outside):
                tx.execute(update(vulnerability).where(vulnerability.c.id == row["id"]).values(**now))
                fresh.add(name)
    _name(tx, {found[name]: wanted[name] for name in fresh})
    return found


def differing(tx: Connection, flaws: Iterable[Vulnerability]) -> list[Vulnerability]:
    """Those of which something else is kept, or nothing, or only what a scanner of others says."""
    wanted = {each.id: each for each in flaws}
    same: set[str] = set()
    for names in reach.batches(wanted):
        rows = tx.execute(select(vulnerability).where(vulnerability.c.name.in_(names))).mappings()
        same.update(row["name"] for row in rows if not (row["outside"] or _differs(row, _facts(wanted[row["name"]]))))
    return [each for name, each in wanted.items() if name not in same]


def numbers(tx: Connection, name: str) -> list[int]:
    """Of all that have this name or have it as another one, in whatever case."""
    mine = vulnerability_name.c.name == name.lower()
    return list(tx.scalars(select(vulnerability_name.c.vulnerability_id).where(mine)))


def _name(tx: Connection, flaws: Mapping[int, Vulnerability]) -> None:
    """Let these be found by the names that they have now."""
    for some in reach.batches(flaws):
        tx.execute(delete(vulnerability_name).where(vulnerability_name.c.vulnerability_id.in_(some)))
    known = [(name.lower(), number) for number, flaw in flaws.items() for name in (flaw.id, *flaw.aliases)]
    rows = dict.fromkeys(each for each in known if len(each[0]) <= LONGEST_NAME)
    insert_many_ignore(tx, vulnerability_name, [{"name": name, "vulnerability_id": number} for name, number in rows])


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
