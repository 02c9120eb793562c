"""The migrations and the tables in the code are two drawings of one thing."""

from contextlib import closing

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from berth import migrations
from berth.db import Database
from berth.db.tables import metadata


def test_migrations_make_the_tables_of_the_code(database_url: str) -> None:
    with closing(Database(database_url)) as database, database.read() as tx:
        # Alembic cannot compare an empty text as a default on SQLite; PostgreSQL speaks for both.
        context = MigrationContext.configure(tx, opts={"compare_server_default": not database.is_embedded})
        assert compare_metadata(context, metadata) == []


def test_migrating_twice_changes_nothing(empty_database_url: str) -> None:
    with closing(Database(empty_database_url)) as database:
        migrations.upgrade(database)
        migrations.upgrade(database)
