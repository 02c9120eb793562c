"""Waivers: findings that somebody takes responsibility for, for a while."""

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text, text

from berth.db.columns import ID, Instant
from berth.db.tables.shared import made_and_edited, metadata

waiver = Table(
    "waiver",
    metadata,
    Column("id", ID, primary_key=True),
    # Where it counts: a whole registry, a repository of it, an image of that by name, a digest of that.
    Column("registry_id", ForeignKey("registry.id", ondelete="CASCADE"), nullable=False),
    Column("repository_id", ForeignKey("repository.id", ondelete="CASCADE")),  # NULL: all of them
    Column("image", String(255), nullable=False, server_default=""),  # empty: all of them; it outlives the image
    Column("digest", String(135), nullable=False, server_default=""),
    Column("vulnerability", String(120), nullable=False),  # as it was written
    Column("name", String(120), nullable=False),  # the same in small letters
    Column("package", String(512), nullable=False, server_default=""),  # as advisories call it; empty: any
    Column("package_version", String(512), nullable=False, server_default=""),
    Column("status", String(20), nullable=False),  # as OpenVEX says it
    Column("justification", String(60), nullable=False, server_default=""),
    Column("impact", Text, nullable=False, server_default=""),
    Column("reason", Text, nullable=False),
    Column("owner", String(200), nullable=False),  # who is responsible
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),  # before its time
    Column("ended_by", String(200), nullable=False, server_default=""),
    *made_and_edited(),
    Index(
        "ix_waiver_place",
        "registry_id",
        "repository_id",
        "image",
        "expires_at",
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
    Index("ix_waiver_repository", "repository_id"),
    Index("ix_waiver_name", "name", "id"),
    Index("ix_waiver_expires_at", "expires_at", "id"),
    Index("ix_waiver_created_at", "created_at", "id"),
)
