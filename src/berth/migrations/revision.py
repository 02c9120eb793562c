"""Which shape of the database this program knows as the newest."""

from sqlalchemy import Column, MetaData, String, Table

HEAD = "0018"
"""A test compares it with the newest file in `versions`."""

alembic_version = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))
"""Where Alembic keeps the revision."""


class DatabaseNewerError(Exception):
    """A later release of Berth has changed this database."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"the database has the shape {found!r}, which this release of Berth does not know: it was changed by a "
            "later release. Start that release, or restore a backup made before the change."
        )
