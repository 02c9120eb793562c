"""The tables, drawn once.

    registry ── repository ── image ─┬─ manifest ─┬─ manifest_body      the exact bytes
                                     │            ├─ manifest_edge      index -> child
                                     │            └─ manifest_blob      config and layers
                                     ├─ tag ── tag_history
                                     ├─ image_blob ── blob              bytes, shared by all images
                                     └─ upload
    account ── access_key · grant_ · refresh_token
    audit_event · job · throttle · signing_key · change

Counts and facts that a list shows are columns of the row shown. Names of people are kept as text, so
that a deleted user's deeds stay readable.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from berth.db.columns import ID, Instant

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _made_and_edited() -> list[Column[object]]:
    return [
        Column("created_by", String(200), nullable=False),
        Column("created_at", Instant, nullable=False),
        Column("edited_by", String(200), nullable=False),
        Column("edited_at", Instant, nullable=False),
    ]


def _state() -> list[Column[object]]:
    """`active`, `editing`, `deleting` or `inactive`, and why."""
    return [
        Column("state", String(16), nullable=False, server_default="active"),
        Column("state_reason", Text, nullable=False, server_default=""),
    ]


def _policies() -> list[Column[object]]:
    return [Column(f"policy_{name}", JSON, nullable=False) for name in ("scan", "pull", "lock", "deletion")]


registry = Table(
    "registry",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", String(25), nullable=False, unique=True),
    Column("description", String(255), nullable=False, server_default=""),
    Column("visibility", String(7), nullable=False),  # private | public, fixed
    Column("private_host", String(260), unique=True),
    Column("public_host", String(260), unique=True),
    Column("public_endpoint", Boolean, nullable=False),
    Column("create_on_push", Boolean, nullable=False),
    *_state(),
    *_made_and_edited(),
)

repository = Table(
    "repository",
    metadata,
    Column("id", ID, primary_key=True),
    Column("registry_id", ForeignKey("registry.id"), nullable=False),
    Column("name", String(30), nullable=False),
    Column("description", String(255), nullable=False, server_default=""),
    *_policies(),
    *_state(),
    *_made_and_edited(),
    UniqueConstraint("registry_id", "name"),
)

image = Table(
    "image",
    metadata,
    Column("id", ID, primary_key=True),
    Column("repository_id", ForeignKey("repository.id"), nullable=False),
    Column("name", String(255), nullable=False),
    Column("description", String(255), nullable=False, server_default=""),
    Column("born_at", Instant),  # its first manifest; before that it only holds blobs and nobody sees it
    *_policies(),
    Column("pulls", BigInteger, nullable=False, server_default="0"),
    Column("pulled_at", Instant),
    *_state(),
    *_made_and_edited(),
    UniqueConstraint("repository_id", "name"),
)

manifest = Table(
    "manifest",
    metadata,
    Column("id", ID, primary_key=True),
    Column("image_id", ForeignKey("image.id"), nullable=False),
    Column("digest", String(135), nullable=False),
    Column("media_type", String(255), nullable=False),
    Column("artifact_type", String(255)),
    Column("config_type", String(255)),
    Column("subject", String(135)),
    Column("annotations", JSON, nullable=False),
    Column("platforms", JSON, nullable=False),
    Column("size", BigInteger, nullable=False),  # of the document
    Column("total_size", BigInteger, nullable=False),  # with all it holds, each digest once
    Column("pulls", BigInteger, nullable=False, server_default="0"),
    Column("pulled_at", Instant),
    *_state(),
    *_made_and_edited(),  # created_at is the first push
    UniqueConstraint("image_id", "digest"),
    Index("ix_manifest_subject", "image_id", "subject"),
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

tag = Table(
    "tag",
    metadata,
    Column("id", ID, primary_key=True),
    Column("image_id", ForeignKey("image.id"), nullable=False),
    Column("name", String(128, collation="C").with_variant(String(128), "sqlite"), nullable=False),
    Column("manifest_id", ForeignKey("manifest.id"), nullable=False, index=True),
    Column("fallback_of", String(135)),  # the subject a name such as sha256-<hex>.sig speaks of
    *_made_and_edited(),
    UniqueConstraint("image_id", "name"),
    Index("ix_tag_fallback", "image_id", "fallback_of"),
)

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

upload = Table(
    "upload",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("image_id", ForeignKey("image.id"), nullable=False, index=True),
    Column("algorithm", String(8), nullable=False),
    Column("started_by", String(200), nullable=False),
    Column("started_at", Instant, nullable=False, index=True),
)

pulled_by = Table(
    "pulled_by",
    metadata,
    Column("manifest_id", ForeignKey("manifest.id", ondelete="CASCADE"), primary_key=True),
    Column("principal", String(200), primary_key=True),
    Column("day", Date, primary_key=True, index=True),
)

account = Table(
    "account",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("kind", String(8), nullable=False),  # person | robot
    Column("password_hash", String(255)),
    Column("epoch", String(22), nullable=False),  # random; a new one ends all sessions and tokens
    Column("administrator", Boolean, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("description", String(255), nullable=False, server_default=""),
    *_made_and_edited(),
)

access_key = Table(
    "access_key",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("secret_hash", String(64), nullable=False),
    Column("description", String(255), nullable=False, server_default=""),
    Column("scopes", JSON(none_as_null=True)),  # [[place, actions], ...]; NULL: all that its owner may do
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    Column("used_at", Instant),
    Column("created_by", String(200), nullable=False),
    Column("created_at", Instant, nullable=False),
)

grant_ = Table(
    "grant_",
    metadata,
    Column("id", ID, primary_key=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("registry_id", ForeignKey("registry.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("repository_id", ForeignKey("repository.id", ondelete="CASCADE"), index=True),
    Column("actions", String(80), nullable=False),
    Column("created_by", String(200), nullable=False),
    Column("created_at", Instant, nullable=False),
    Index(
        "uq_grant_registry",
        "account_id",
        "registry_id",
        unique=True,
        sqlite_where=text("repository_id IS NULL"),
        postgresql_where=text("repository_id IS NULL"),
    ),
    Index("uq_grant_repository", "account_id", "registry_id", "repository_id", unique=True),
)

refresh_token = Table(
    "refresh_token",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("key_id", ForeignKey("access_key.id", ondelete="CASCADE"), index=True),
    Column("service", String(260), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)

signing_key = Table(
    "signing_key",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("purpose", String(16), nullable=False, unique=True),
    Column("private", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)

throttle = Table(
    "throttle",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("until", Instant, nullable=False),
    Column("failed_at", Instant, nullable=False, index=True),
)

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
    Column("unique_key", String(120), unique=True),  # at most one waiting job with this key
    Column("due_at", Instant, nullable=False, index=True),
    Column("leased_until", Instant),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("reason", Text, nullable=False, server_default=""),  # of the last failure
    Column("created_at", Instant, nullable=False),
)

change = Table(
    "change",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("version", BigInteger, nullable=False),
)
"""Counters that caches compare: `access` goes up with every change of people, grants, registries, repositories."""
