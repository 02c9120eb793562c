"""The first shape of the database."""

import sqlalchemy as sa
from alembic import op

from berth.db.columns import ID, Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("epoch", sa.String(length=22), nullable=False),
        sa.Column("administrator", sa.Boolean(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("description", sa.String(length=255), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("edited_by", sa.String(length=200), nullable=False),
        sa.Column("edited_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("name", name=op.f("uq_account_name")),
    )
    op.create_table(
        "audit_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=64), server_default="", nullable=False),
        sa.Column("request_id", sa.String(length=64), server_default="", nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("target", sa.String(length=520), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    op.create_index(op.f("ix_audit_event_action"), "audit_event", ["action"], unique=False)
    op.create_index(op.f("ix_audit_event_at"), "audit_event", ["at"], unique=False)
    op.create_table(
        "blob",
        sa.Column("digest", sa.String(length=135), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_blob")),
        sa.UniqueConstraint("key", name=op.f("uq_blob_key")),
    )
    op.create_table(
        "change",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_change")),
    )
    op.create_table(
        "job",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("unique_key", sa.String(length=120), nullable=True),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("leased_until", Instant(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    op.create_index(op.f("ix_job_due_at"), "job", ["due_at"], unique=False)
    op.create_index(
        "uq_job_waiting",
        "job",
        ["name", "unique_key"],
        unique=True,
        sqlite_where=sa.text("leased_until IS NULL"),
        postgresql_where=sa.text("leased_until IS NULL"),
    )
    op.create_table(
        "operation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("target", sa.String(length=520), nullable=False),
        sa.Column("repository_id", sa.BigInteger(), nullable=True),
        sa.Column("registry_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("finished", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("started_by", sa.String(length=200), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operation")),
    )
    op.create_index(op.f("ix_operation_repository_id"), "operation", ["repository_id"], unique=False)
    op.create_index(op.f("ix_operation_started_at"), "operation", ["started_at"], unique=False)
    op.create_table(
        "registry",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=25), nullable=False),
        sa.Column("description", sa.String(length=255), server_default="", nullable=False),
        sa.Column("visibility", sa.String(length=7), nullable=False),
        sa.Column("private_host", sa.String(length=260), nullable=True),
        sa.Column("public_host", sa.String(length=260), nullable=True),
        sa.Column("public_endpoint", sa.Boolean(), nullable=False),
        sa.Column("create_on_push", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), server_default="active", nullable=False),
        sa.Column("state_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("edited_by", sa.String(length=200), nullable=False),
        sa.Column("edited_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry")),
        sa.UniqueConstraint("name", name=op.f("uq_registry_name")),
        sa.UniqueConstraint("private_host", name=op.f("uq_registry_private_host")),
        sa.UniqueConstraint("public_host", name=op.f("uq_registry_public_host")),
    )
    op.create_table(
        "schedule",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("period", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedule")),
    )
    op.create_table(
        "signing_key",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("private", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_key")),
        sa.UniqueConstraint("purpose", name=op.f("uq_signing_key_purpose")),
    )
    op.create_table(
        "throttle",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("failed_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_throttle")),
    )
    op.create_index(op.f("ix_throttle_failed_at"), "throttle", ["failed_at"], unique=False)
    op.create_table(
        "access_key",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("description", sa.String(length=255), server_default="", nullable=False),
        sa.Column("scopes", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("used_at", Instant(), nullable=True),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_access_key_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_key")),
    )
    op.create_index(op.f("ix_access_key_account_id"), "access_key", ["account_id"], unique=False)
    op.create_table(
        "repository",
        sa.Column("id", ID, nullable=False),
        sa.Column("registry_id", ID, nullable=False),
        sa.Column("name", sa.String(length=30), nullable=False),
        sa.Column("description", sa.String(length=255), server_default="", nullable=False),
        sa.Column("policy_scan", sa.JSON(), nullable=False),
        sa.Column("policy_pull", sa.JSON(), nullable=False),
        sa.Column("policy_lock", sa.JSON(), nullable=False),
        sa.Column("policy_deletion", sa.JSON(), nullable=False),
        sa.Column("immutable_tags", sa.String(length=130), server_default="", nullable=False),
        sa.Column("state", sa.String(length=16), server_default="active", nullable=False),
        sa.Column("state_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("edited_by", sa.String(length=200), nullable=False),
        sa.Column("edited_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["registry_id"], ["registry.id"], name=op.f("fk_repository_registry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repository")),
        sa.UniqueConstraint("registry_id", "name", name=op.f("uq_repository_registry_id_name")),
    )
    op.create_table(
        "grant_",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("registry_id", ID, nullable=False),
        sa.Column("repository_id", ID, nullable=True),
        sa.Column("actions", sa.String(length=80), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_grant__account_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["registry_id"], ["registry.id"], name=op.f("fk_grant__registry_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["repository_id"], ["repository.id"], name=op.f("fk_grant__repository_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant_")),
    )
    op.create_index(op.f("ix_grant__registry_id"), "grant_", ["registry_id"], unique=False)
    op.create_index(op.f("ix_grant__repository_id"), "grant_", ["repository_id"], unique=False)
    op.create_index(
        "uq_grant_registry",
        "grant_",
        ["account_id", "registry_id"],
        unique=True,
        sqlite_where=sa.text("repository_id IS NULL"),
        postgresql_where=sa.text("repository_id IS NULL"),
    )
    op.create_index("uq_grant_repository", "grant_", ["account_id", "registry_id", "repository_id"], unique=True)
    op.create_table(
        "image",
        sa.Column("id", ID, nullable=False),
        sa.Column("repository_id", ID, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.String(length=255), server_default="", nullable=False),
        sa.Column("born_at", Instant(), nullable=True),
        sa.Column("policy_scan", sa.JSON(), nullable=False),
        sa.Column("policy_pull", sa.JSON(), nullable=False),
        sa.Column("policy_lock", sa.JSON(), nullable=False),
        sa.Column("policy_deletion", sa.JSON(), nullable=False),
        sa.Column("pulls", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("pulled_at", Instant(), nullable=True),
        sa.Column("locked_at", Instant(), nullable=True),
        sa.Column("locked_by", sa.String(length=200), server_default="", nullable=False),
        sa.Column("lock_reason", sa.String(length=255), server_default="", nullable=False),
        sa.Column("lock_until", Instant(), nullable=True),
        sa.Column("state", sa.String(length=16), server_default="active", nullable=False),
        sa.Column("state_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("edited_by", sa.String(length=200), nullable=False),
        sa.Column("edited_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["repository_id"], ["repository.id"], name=op.f("fk_image_repository_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image")),
        sa.UniqueConstraint("repository_id", "name", name=op.f("uq_image_repository_id_name")),
    )
    op.create_table(
        "refresh_token",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("key_id", sa.String(length=32), nullable=True),
        sa.Column("service", sa.String(length=260), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_refresh_token_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["key_id"], ["access_key.id"], name=op.f("fk_refresh_token_key_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_refresh_token")),
    )
    op.create_index(op.f("ix_refresh_token_account_id"), "refresh_token", ["account_id"], unique=False)
    op.create_index(op.f("ix_refresh_token_expires_at"), "refresh_token", ["expires_at"], unique=False)
    op.create_index(op.f("ix_refresh_token_key_id"), "refresh_token", ["key_id"], unique=False)
    op.create_table(
        "trash",
        sa.Column("id", ID, nullable=False),
        sa.Column("repository_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=8), server_default="digest", nullable=False),
        sa.Column("image", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.String(length=135), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("batch", sa.String(length=36), nullable=False),
        sa.Column("deleted_at", Instant(), nullable=False),
        sa.Column("deleted_by", sa.String(length=200), nullable=False),
        sa.Column("why", sa.String(length=60), nullable=False),
        sa.Column("purge_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["repository_id"], ["repository.id"], name=op.f("fk_trash_repository_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trash")),
    )
    op.create_index(op.f("ix_trash_batch"), "trash", ["batch"], unique=False)
    op.create_index("ix_trash_image", "trash", ["repository_id", "image", "deleted_at"], unique=False)
    op.create_index(op.f("ix_trash_purge_at"), "trash", ["purge_at"], unique=False)
    op.create_table(
        "image_blob",
        sa.Column("image_id", ID, nullable=False),
        sa.Column("digest", sa.String(length=135), nullable=False),
        sa.Column("renewed_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["blob.digest"], name=op.f("fk_image_blob_digest")),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_image_blob_image_id")),
        sa.PrimaryKeyConstraint("image_id", "digest", name=op.f("pk_image_blob")),
    )
    op.create_index(op.f("ix_image_blob_digest"), "image_blob", ["digest"], unique=False)
    op.create_index(op.f("ix_image_blob_renewed_at"), "image_blob", ["renewed_at"], unique=False)
    op.create_table(
        "image_measure",
        sa.Column("image_id", ID, nullable=False),
        sa.Column("digests", sa.BigInteger(), nullable=False),
        sa.Column("tags", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("shared", sa.BigInteger(), nullable=False),
        sa.Column("unique", sa.BigInteger(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_image_measure_image_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_image_measure")),
    )
    op.create_table(
        "manifest",
        sa.Column("id", ID, nullable=False),
        sa.Column("image_id", ID, nullable=False),
        sa.Column("digest", sa.String(length=135), nullable=False),
        sa.Column("media_type", sa.String(length=255), nullable=False),
        sa.Column("artifact_type", sa.String(length=255), nullable=True),
        sa.Column("config_type", sa.String(length=255), nullable=True),
        sa.Column("subject", sa.String(length=135), nullable=True),
        sa.Column("annotations", sa.JSON(), nullable=False),
        sa.Column("platforms", sa.JSON(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("total_size", sa.BigInteger(), nullable=False),
        sa.Column("pulls", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("pulled_at", Instant(), nullable=True),
        sa.Column(
            "first_tag",
            sa.String(length=600, collation="C").with_variant(sa.String(length=600), "sqlite"),
            server_default="~",
            nullable=False,
        ),
        sa.Column("restored_at", Instant(), nullable=True),
        sa.Column("description", sa.String(length=255), server_default="", nullable=False),
        sa.Column("locked_at", Instant(), nullable=True),
        sa.Column("locked_by", sa.String(length=200), server_default="", nullable=False),
        sa.Column("lock_reason", sa.String(length=255), server_default="", nullable=False),
        sa.Column("lock_until", Instant(), nullable=True),
        sa.Column("state", sa.String(length=16), server_default="active", nullable=False),
        sa.Column("state_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("edited_by", sa.String(length=200), nullable=False),
        sa.Column("edited_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_manifest_image_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manifest")),
        sa.UniqueConstraint("image_id", "digest", name=op.f("uq_manifest_image_id_digest")),
    )
    op.create_index("ix_manifest_created_at", "manifest", ["image_id", "created_at", "id"], unique=False)
    op.create_index("ix_manifest_first_tag", "manifest", ["image_id", "first_tag", "id"], unique=False)
    op.create_index("ix_manifest_pulled_at", "manifest", ["image_id", "pulled_at", "id"], unique=False)
    op.create_index("ix_manifest_pulls", "manifest", ["image_id", "pulls", "id"], unique=False)
    op.create_index("ix_manifest_subject", "manifest", ["image_id", "subject"], unique=False)
    op.create_index("ix_manifest_total_size", "manifest", ["image_id", "total_size", "id"], unique=False)
    op.create_table(
        "tag_history",
        sa.Column("id", ID, nullable=False),
        sa.Column("image_id", ID, nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("digest", sa.String(length=135), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("why", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_tag_history_image_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_history")),
    )
    op.create_index("ix_tag_history_name", "tag_history", ["image_id", "name", "at"], unique=False)
    op.create_table(
        "trash_blob",
        sa.Column("trash_id", ID, nullable=False),
        sa.Column("digest", sa.String(length=135), nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["blob.digest"], name=op.f("fk_trash_blob_digest")),
        sa.ForeignKeyConstraint(["trash_id"], ["trash.id"], name=op.f("fk_trash_blob_trash_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("trash_id", "digest", name=op.f("pk_trash_blob")),
    )
    op.create_index(op.f("ix_trash_blob_digest"), "trash_blob", ["digest"], unique=False)
    op.create_table(
        "upload",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("image_id", ID, nullable=False),
        sa.Column("algorithm", sa.String(length=8), nullable=False),
        sa.Column("started_by", sa.String(length=200), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_upload_image_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    op.create_index(op.f("ix_upload_image_id"), "upload", ["image_id"], unique=False)
    op.create_index(op.f("ix_upload_started_at"), "upload", ["started_at"], unique=False)
    op.create_table(
        "manifest_blob",
        sa.Column("manifest_id", ID, nullable=False),
        sa.Column("digest", sa.String(length=135), nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["blob.digest"], name=op.f("fk_manifest_blob_digest")),
        sa.ForeignKeyConstraint(
            ["manifest_id"], ["manifest.id"], name=op.f("fk_manifest_blob_manifest_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("manifest_id", "digest", name=op.f("pk_manifest_blob")),
    )
    op.create_index(op.f("ix_manifest_blob_digest"), "manifest_blob", ["digest"], unique=False)
    op.create_table(
        "manifest_body",
        sa.Column("manifest_id", ID, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["manifest_id"], ["manifest.id"], name=op.f("fk_manifest_body_manifest_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("manifest_id", name=op.f("pk_manifest_body")),
    )
    op.create_table(
        "manifest_edge",
        sa.Column("parent_id", ID, nullable=False),
        sa.Column("child_id", ID, nullable=False),
        sa.Column("platform", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["manifest.id"], name=op.f("fk_manifest_edge_child_id")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["manifest.id"], name=op.f("fk_manifest_edge_parent_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("parent_id", "child_id", name=op.f("pk_manifest_edge")),
    )
    op.create_index(op.f("ix_manifest_edge_child_id"), "manifest_edge", ["child_id"], unique=False)
    op.create_table(
        "pulled_by",
        sa.Column("manifest_id", ID, nullable=False),
        sa.Column("principal", sa.String(length=200), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["manifest_id"], ["manifest.id"], name=op.f("fk_pulled_by_manifest_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("manifest_id", "principal", "day", name=op.f("pk_pulled_by")),
    )
    op.create_index(op.f("ix_pulled_by_day"), "pulled_by", ["day"], unique=False)
    op.create_table(
        "tag",
        sa.Column("id", ID, nullable=False),
        sa.Column("image_id", ID, nullable=False),
        sa.Column(
            "name", sa.String(length=128, collation="C").with_variant(sa.String(length=128), "sqlite"), nullable=False
        ),
        sa.Column(
            "natural",
            sa.String(length=600, collation="C").with_variant(sa.String(length=600), "sqlite"),
            nullable=False,
        ),
        sa.Column("manifest_id", ID, nullable=False),
        sa.Column("fallback_of", sa.String(length=135), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("edited_by", sa.String(length=200), nullable=False),
        sa.Column("edited_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_tag_image_id")),
        sa.ForeignKeyConstraint(["manifest_id"], ["manifest.id"], name=op.f("fk_tag_manifest_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag")),
        sa.UniqueConstraint("image_id", "name", name=op.f("uq_tag_image_id_name")),
    )
    op.create_index("ix_tag_fallback", "tag", ["image_id", "fallback_of"], unique=False)
    op.create_index("ix_tag_manifest", "tag", ["manifest_id", "natural"], unique=False)
    op.create_index("ix_tag_natural", "tag", ["image_id", "natural"], unique=False)
