"""Events, jobs and counters."""

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, String, Table, Text, text

from berth.db.columns import ID, Instant
from berth.db.tables.shared import metadata

audit_event = Table(
    "audit_event",
    metadata,
    Column("id", ID, primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("actor", String(200), nullable=False),
    Column("address", String(64), nullable=False, server_default=""),
    Column("request_id", String(64), nullable=False, server_default=""),
    Column("action", String(60), nullable=False, index=True),
    Column("target", String(520), nullable=False),
    Column("outcome", String(8), nullable=False),  # done | refused
    Column("before", JSON(none_as_null=True)),
    Column("after", JSON(none_as_null=True)),
)

job = Table(
    "job",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", String(60), nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("unique_key", String(120)),
    Column("due_at", Instant, nullable=False, index=True),
    Column("leased_until", Instant),  # NULL: nobody runs it, it waits
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("reason", Text, nullable=False, server_default=""),  # of the last failure
    Column("created_at", Instant, nullable=False),
    Index(
        "uq_job_waiting",
        "name",
        "unique_key",
        unique=True,
        sqlite_where=text("leased_until IS NULL"),
        postgresql_where=text("leased_until IS NULL"),
    ),
)

schedule = Table(
    "schedule",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("period", Instant, nullable=False),  # beginning of the last one for which the job was put
)

change = Table(
    "change",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("version", BigInteger, nullable=False),
)
"""Counters that caches compare: `access` goes up with every change of people, grants, registries, repositories. Those
named as a table say which of its numbers was given last (`numbers`)."""
