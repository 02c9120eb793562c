"""Inserts that leave uniqueness to the database, the same on both."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Values = dict[str, Any]  # Any: column values


def _insert(tx: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    return sqlite.insert(table) if tx.dialect.name == "sqlite" else postgresql.insert(table)


def insert_ignore(tx: Connection, table: Table, values: Values | Sequence[Values]) -> int:
    """Insert what is not there yet; returns how many rows were new. Existing rows stay as they are."""
    if not values:
        return 0
    statement = _insert(tx, table).values(values).on_conflict_do_nothing()
    # Without being told to, SQLAlchemy does not count inserted rows on PostgreSQL.
    return tx.execute(statement, execution_options={"preserve_rowcount": True}).rowcount


def upsert(tx: Connection, table: Table, values: Values, key: Sequence[str], change: Values | None = None) -> None:
    """Insert a row, or set `change` (by default all the values) on the one that has the same `key` columns."""
    changed = {name: value for name, value in values.items() if name not in key} if change is None else change
    statement = _insert(tx, table).values(values).on_conflict_do_update(index_elements=list(key), set_=changed)
    tx.execute(statement)
