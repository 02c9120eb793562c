"""Alembic's entry: runs the migrations on the connection that `berth.migrations.upgrade` holds."""

from alembic import context

from berth.db.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=False,
)
context.run_migrations()
