"""Rows: the database, its tables, and all that differs between SQLite and PostgreSQL."""

from berth.db.engine import Database, Query
from berth.db.prepared import Prepared
from berth.db.rows import (
    among,
    in_places,
    insert_few_ignore,
    insert_fresh,
    insert_ignore,
    insert_many,
    insert_many_ignore,
    places,
    update_many,
    upsert,
    upsert_from,
)

__all__ = [
    "Database",
    "Prepared",
    "Query",
    "among",
    "in_places",
    "insert_few_ignore",
    "insert_fresh",
    "insert_ignore",
    "insert_many",
    "insert_many_ignore",
    "places",
    "update_many",
    "upsert",
    "upsert_from",
]
