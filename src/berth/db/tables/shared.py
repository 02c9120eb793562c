"""What tables have in common."""

from sqlalchemy import JSON, Column, Integer, MetaData, String, Text

from berth.db.columns import Instant

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def made_and_edited() -> list[Column[object]]:
    """Who made it and who edited it last; `version` goes up with every edit, for `If-Match`."""
    return [
        Column("version", Integer, nullable=False, server_default="1"),
        Column("created_by", String(200), nullable=False),
        Column("created_at", Instant, nullable=False),
        Column("edited_by", String(200), nullable=False),
        Column("edited_at", Instant, nullable=False),
    ]


def state() -> list[Column[object]]:
    """`active`, `editing`, `deleting` or `inactive`, and why."""
    return [
        Column("state", String(16), nullable=False, server_default="active"),
        Column("state_reason", Text, nullable=False, server_default=""),
    ]


def locked_columns() -> list[Column[object]]:
    """A lock of its own: who set it, when, why, until when. No `locked_at`: none."""
    return [
        Column("locked_at", Instant),
        Column("locked_by", String(200), nullable=False, server_default=""),
        Column("lock_reason", String(255), nullable=False, server_default=""),
        Column("lock_until", Instant),
    ]


def policies() -> list[Column[object]]:
    return [Column(f"policy_{name}", JSON, nullable=False) for name in ("scan", "pull", "lock", "deletion")]
