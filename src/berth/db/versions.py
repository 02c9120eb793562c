"""Rows that people edit carry a version, so that of two who edit at once the second one notices."""

from sqlalchemy import Connection, Table, select

from berth.words.errors import Stale


def expect(tx: Connection, table: Table, row_id: int, version: int | None) -> None:
    """Hold the row to the end of the transaction. Raises `Stale` when it has another version; None takes any."""
    if version is None:
        return
    now = tx.scalar(select(table.c.version).where(table.c.id == row_id).with_for_update(key_share=True))
    if now != version:
        raise Stale(table.name.rstrip("_"))
