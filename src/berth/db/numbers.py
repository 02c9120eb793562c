"""Numbers of rows that are given once, where people act on a row by its number that they read a while ago.

PostgreSQL gives none twice. SQLite gives the number of the last row, once it is gone, to the next one; so there a
counter remembers the last.
"""

from sqlalchemy import Connection, Table, func, select

from berth.db.rows import upsert
from berth.db.tables import change


def fresh(tx: Connection, table: Table, count: int) -> list[dict[str, int]]:
    """So many values for the column `id` of new rows; empty ones where the database sees to it."""
    if tx.dialect.name != "sqlite":
        return [{}] * count
    given = tx.scalar(select(change.c.version).where(change.c.name == table.name)) or 0
    last = max(given, tx.scalar(select(func.max(table.c.id))) or 0)
    upsert(tx, change, {"name": table.name, "version": last + count}, ["name"], {"version": last + count})
    return [{"id": number} for number in range(last + 1, last + count + 1)]
