"""Accounts, and what speaks for them."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from berth.db.columns import ID, Instant
from berth.db.tables.shared import made_and_edited, metadata

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
    *made_and_edited(),
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
    Column("version", Integer, nullable=False, server_default="1"),
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

session = Table(
    "session",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("epoch", String(22), nullable=False),  # the account's when it signed in
    Column("address", String(64), nullable=False),
    Column("agent", String(200), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)

identity = Table(  # whom a provider of OpenID Connect calls by which subject
    "identity",
    metadata,
    Column("issuer", String(255), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
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
