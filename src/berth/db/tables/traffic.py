"""What comes, goes and happens: uploads, the trash, operations, pulls."""

from sqlalchemy import JSON, BigInteger, Column, Date, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from berth.db.columns import ID, Instant
from berth.db.tables.shared import metadata

ended_upload = Table(
    "ended_upload",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    sqlite_with_rowid=False,
)
"""Finished or cancelled, and kept until the id alone says that its time is over."""

trash = Table(
    "trash",
    metadata,
    Column("id", ID, primary_key=True),
    Column("repository_id", ForeignKey("repository.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(8), nullable=False, server_default="digest"),  # or image: what it had besides digests
    Column("image", String(255), nullable=False),
    Column("digest", String(135), nullable=False),  # empty for an image
    Column("facts", JSON, nullable=False),  # the columns of the manifest, its tags, children, lock
    Column("tags", JSON, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("batch", String(36), nullable=False, index=True),  # deleted together, restored together
    Column("deleted_at", Instant, nullable=False),
    Column("deleted_by", String(200), nullable=False),
    Column("why", String(60), nullable=False),
    Column("purge_at", Instant, nullable=False, index=True),
    Index("ix_trash_image", "repository_id", "image", "deleted_at"),
    Index("ix_trash_digest", "repository_id", "digest"),
)

trash_blob = Table(
    "trash_blob",
    metadata,
    Column("trash_id", ForeignKey("trash.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", ForeignKey("blob.digest"), primary_key=True, index=True),
)
"""What is in the trash still holds its blobs."""

trash_history = Table(
    "trash_history",
    metadata,
    Column("id", ID, primary_key=True),
    Column("batch", String(36), nullable=False, index=True),  # of the image that went
    Column("name", String(128), nullable=False),
    Column("digest", String(135)),
    Column("at", Instant, nullable=False),
    Column("by", String(200), nullable=False),
    Column("why", String(60), nullable=False),
)
"""As `tag_history`, of images in the trash."""

operation = Table(
    "operation",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("kind", String(60), nullable=False),
    Column("target", String(520), nullable=False),
    Column("repository_id", BigInteger, index=True),  # who may see it; no key: the operation outlives it, without this
    Column("registry_id", BigInteger),
    Column("state", String(16), nullable=False),  # queued | running | done | failed
    Column("items", JSON, nullable=False),  # per item what happened
    Column("total", Integer, nullable=False),
    Column("finished", Integer, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("started_by", String(200), nullable=False),
    Column("started_at", Instant, nullable=False, index=True),
    Column("ended_at", Instant),
)

pulled_by = Table(
    "pulled_by",
    metadata,
    Column("manifest_id", ForeignKey("manifest.id", ondelete="CASCADE"), primary_key=True),
    Column("principal", String(200), primary_key=True),
    Column("day", Date, primary_key=True, index=True),
)
