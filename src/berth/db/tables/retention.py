"""Tests and runs of deletion policies, with what they found."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from berth.db.columns import Instant
from berth.db.tables.shared import metadata

retention_run = Table(
    "retention_run",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("image_id", ForeignKey("image.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(4), nullable=False),  # test | run
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("policy", JSON, nullable=False),
    Column("source", String(36)),  # the test whose plan a run applies
    Column("asked_by", String(200), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("planned_at", Instant),
    Column("ended_at", Instant),
    Column("deleted", BigInteger, nullable=False, server_default="0"),
    Column("kept", BigInteger, nullable=False, server_default="0"),
    Column("freed", BigInteger, nullable=False, server_default="0"),
    Column("breaker", Text, nullable=False, server_default=""),  # why it needs an approval
    Column("approved_by", String(200)),
    Column("attempts", Integer, nullable=False, server_default="0"),  # of its job
    Index("ix_retention_run_image", "image_id", "asked_at", "id"),
    Index("ix_retention_run_going", "image_id", "kind", "state"),
    Index("ix_retention_run_state", "state", "asked_at", "id"),
)

retention_item = Table(
    "retention_item",
    metadata,
    Column("run_id", ForeignKey("retention_run.id", ondelete="CASCADE"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("digest", String(135), nullable=False),
    Column("tags", JSON, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("reason", String(20), nullable=False),
    Column("because", Text, nullable=False, server_default=""),
    Column("due_at", Instant),
    Column("version", Integer, nullable=False),
    Column("outcome", String(10), nullable=False, server_default=""),
    Column("size", BigInteger),  # with all it holds; NULL: written by a release that did not keep it
    Column("freed", BigInteger),  # of that, what nothing else holds; for those that go
    Column("pushed_at", Instant),  # first
    Index("ix_retention_item_outcome", "run_id", "outcome", "place"),
    Index("ix_retention_item_digest", "run_id", "digest"),
)

retention_push = Table(
    "retention_push",
    metadata,
    Column("run_id", ForeignKey("retention_run.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", String(135), primary_key=True),
)
"""What was pushed, new or again, into an image while a run goes on; it stays."""
