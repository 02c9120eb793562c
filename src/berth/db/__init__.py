"""Rows: the database, its tables, and all that differs between SQLite and PostgreSQL."""

from berth.db.engine import Database, Query
from berth.db.prepared import Prepared
from berth.db.rows import (
    among,
    insert_fresh,
    insert_ignore,
    insert_many,
    insert_many_ignore,
    update_many,
    upsert,
    upsert_from,
)

__all__ = [
    "Database",
    "Prepared",
    "Query",
    "among",
    "insert_fresh",
    "insert_ignore",
    "insert_many",
    "insert_many_ignore",
    "update_many",
    "upsert",
    "upsert_from",
]
