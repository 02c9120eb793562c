"""Counters that tell caches, in every process, that what they remember may be stale."""

from sqlalchemy import Connection, select

from berth.db.engine import Database, Query
from berth.db.rows import upsert
from berth.db.tables import change

ACCESS = "access"
"""Goes up with every change of accounts, keys, grants, registries and repositories."""


def bump(tx: Connection, name: str) -> None:
    upsert(tx, change, {"name": name, "version": 1}, ["name"], {"version": change.c.version + 1})


def watch(database: Database, name: str) -> Query:
    """A prepared read of one counter; no row means 0."""
    return database.prepare(select(change.c.version).where(change.c.name == name))
