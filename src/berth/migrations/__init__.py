"""Bring a database to this program's shape, under a lock, before anything else touches it."""

from sqlalchemy import inspect, select

from berth.db import Database
from berth.migrations.revision import HEAD, DatabaseNewerError, alembic_version

__all__ = ["DatabaseNewerError", "upgrade"]


def upgrade(database: Database) -> None:
    """Run the migrations that are missing. Raises `DatabaseNewerError`."""
    if _revision(database) == HEAD:
        return
    from berth.migrations import running  # noqa: PLC0415  Alembic is slow to load, and seldom needed

    running.upgrade(database)


def _revision(database: Database) -> str | None:
    with database.read() as tx:
        if not inspect(tx).has_table(alembic_version.name):
            return None
        return tx.scalar(select(alembic_version.c.version_num))
