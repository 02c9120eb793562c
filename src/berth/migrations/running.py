"""Running migrations by Alembic, one process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from berth.db import Database
from berth.migrations.revision import DatabaseNewerError

LOCK = 0x42657274
"""Number of the advisory lock that PostgreSQL holds while one process migrates."""


def upgrade(database: Database, to: str = "head") -> None:
    """Run the migrations that are missing, up to one of them. Raises `DatabaseNewerError`."""
    with _alone(database) as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        scripts = ScriptDirectory.from_config(_config())
        if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
            raise DatabaseNewerError(found)
        if found != scripts.get_current_head():
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, to)


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    """A transaction nobody else migrates in: SQLite's write lock, or an advisory lock of PostgreSQL."""
    with database.write() as connection:
        if not database.is_embedded:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        yield connection


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config
