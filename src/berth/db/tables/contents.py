"""What is in an image: manifests, tags and blobs."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from berth.db.columns import ID, Instant
from berth.db.tables.shared import locked_columns, made_and_edited, metadata, state

NATURAL = String(600, collation="C").with_variant(String(600), "sqlite")
"""A name as people count: see `words.names.natural`."""

UNTAGGED = "~"
"""Comes after every name."""

manifest = Table(
    "manifest",
    metadata,
    Column("id", ID, primary_key=True),
    Column("image_id", ForeignKey("image.id"), nullable=False),
    Column("digest", String(135), nullable=False),
    Column("media_type", String(255), nullable=False),
    Column("artifact_type", String(255)),
    Column("config_type", String(255)),
    Column("kind", String(8), nullable=False, server_default="artifact"),  # image | index | artifact
    Column("subject", String(135)),
    Column("annotations", JSON, nullable=False),
    Column("platforms", JSON, nullable=False),
    Column("size", BigInteger, nullable=False),  # of the document
    Column("total_size", BigInteger, nullable=False),  # with all it holds, each digest once
    Column("pulls", BigInteger, nullable=False, server_default="0"),
    Column("pulled_at", Instant),
    Column("first_tag", NATURAL, nullable=False, server_default=UNTAGGED),  # of its names, fallback names left out
    Column("untagged_at", Instant),  # when it lost its last name; what never had one has no such time
    Column("restored_at", Instant),  # policies keep it for a whole period from here
    Column("description", String(255), nullable=False, server_default=""),
    Column("scan_state", String(8), nullable=False, server_default=""),  # queued | running | done | failed
    Column("scan_code", String(30), nullable=False, server_default=""),  # of what failed, or is waited for
    Column("scan_reason", Text, nullable=False, server_default=""),
    Column("result_id", BigInteger),  # the last good one; no key: see `scan.results`
    Column("first_result_at", Instant),  # when it had the first good one
    Column("quarantined_at", Instant),  # NULL: it is not
    Column("quarantined_by", String(200), nullable=False, server_default=""),
    Column("quarantine_reason", String(255), nullable=False, server_default=""),
    *locked_columns(),
    *state(),
    *made_and_edited(),  # created_at is the first push
    UniqueConstraint("image_id", "digest"),
    Index("ix_manifest_subject", "image_id", "subject"),
    Index("ix_manifest_result", "result_id"),
    Index("ix_manifest_kind", "image_id", "kind", "id"),
    Index(
        "ix_manifest_locked",
        "image_id",
        "id",
        sqlite_where=text("locked_at IS NOT NULL"),
        postgresql_where=text("locked_at IS NOT NULL"),
    ),
    # One for each order in which a list of digests is asked for.
    Index("ix_manifest_first_tag", "image_id", "first_tag", "id"),
    Index("ix_manifest_created_at", "image_id", "created_at", "id"),
    Index("ix_manifest_total_size", "image_id", "total_size", "id"),
    Index("ix_manifest_pulls", "image_id", "pulls", "id"),
    Index("ix_manifest_pulled_at", "image_id", "pulled_at", "id"),
)

manifest_body = Table(
    "manifest_body",
    metadata,
    Column("manifest_id", ForeignKey("manifest.id", ondelete="CASCADE"), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

manifest_edge = Table(
    "manifest_edge",
    metadata,
    Column("parent_id", ForeignKey("manifest.id", ondelete="CASCADE"), primary_key=True),
    Column("child_id", ForeignKey("manifest.id"), primary_key=True, index=True),
    Column("platform", String(255)),
)

manifest_platform = Table(
    "manifest_platform",
    metadata,
    Column("manifest_id", ForeignKey("manifest.id", ondelete="CASCADE"), primary_key=True),
    Column("platform", String(255), primary_key=True),
    Column("image_id", BigInteger, nullable=False),
    Index("ix_manifest_platform_image", "image_id", "platform", "manifest_id"),
)
"""What lists are filtered by; to be shown, platforms stand in `manifest`."""

blob = Table(
    "blob",
    metadata,
    Column("digest", String(135), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("key", String(255), nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
)

image_blob = Table(
    "image_blob",
    metadata,
    Column("image_id", ForeignKey("image.id"), primary_key=True),
    Column("digest", ForeignKey("blob.digest"), primary_key=True, index=True),
    Column("renewed_at", Instant, nullable=False, index=True),  # its grace counts from here
)

manifest_blob = Table(
    "manifest_blob",
    metadata,
    Column("manifest_id", ForeignKey("manifest.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", ForeignKey("blob.digest"), primary_key=True, index=True),
)

NAME = String(128, collation="C").with_variant(String(128), "sqlite")

tag = Table(
    "tag",
    metadata,
    Column("id", ID, primary_key=True),
    Column("image_id", ForeignKey("image.id"), nullable=False),
    Column("name", NAME, nullable=False),
    Column("natural", NATURAL, nullable=False),
    Column("manifest_id", ForeignKey("manifest.id"), nullable=False),
    Column("fallback_of", String(135)),  # the subject a name such as sha256-<hex>.sig speaks of
    *made_and_edited(),
    UniqueConstraint("image_id", "name"),
    Index("ix_tag_fallback", "image_id", "fallback_of"),
    Index("ix_tag_natural", "image_id", "natural"),  # 6.0.9 before 6.0.10
    Index("ix_tag_manifest", "manifest_id", "natural"),
    Index("ix_tag_created_at", "image_id", "created_at", "id"),
    Index("ix_tag_edited_at", "image_id", "edited_at", "id"),
)

tag_gram = Table(
    "tag_gram",
    metadata,
    Column("image_id", BigInteger, primary_key=True),
    Column("gram", String(3, collation="C").with_variant(String(3), "sqlite"), primary_key=True),
    Column("name", NAME, primary_key=True),
    sqlite_with_rowid=False,
)
"""Names by each three characters of theirs: see `registry.search`."""

tag_history = Table(
    "tag_history",
    metadata,
    Column("id", ID, primary_key=True),
    Column("image_id", ForeignKey("image.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(128), nullable=False),
    Column("digest", String(135)),  # NULL: the name was removed
    Column("at", Instant, nullable=False),
    Column("by", String(200), nullable=False),
    Column("why", String(60), nullable=False),
    Index("ix_tag_history_name", "image_id", "name", "at"),
)
