"""Scans: their queue, their results, the components that advisories speak of, and the files of advisories."""

import sqlalchemy as sa
from alembic import op

from berth.db.columns import ID, Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "advisory_file",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("records", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advisory_file")),
    )
    op.create_index("ix_advisory_file_state", "advisory_file", ["state", "made_at"], unique=False)
    op.create_table(
        "component",
        sa.Column("id", ID, nullable=False),
        sa.Column("ecosystem", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=512), nullable=False),
        sa.Column("version", sa.String(length=512), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("matched", sa.Boolean(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_component")),
        sa.UniqueConstraint(
            "ecosystem", "name", "version", "kind", name=op.f("uq_component_ecosystem_name_version_kind")
        ),
    )
    op.create_index("ix_component_name", "component", ["name", "ecosystem"], unique=False)
    op.create_table(
        "reevaluation",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("before", sa.String(length=64), nullable=False),
        sa.Column("advisories", sa.String(length=64), nullable=False),
        sa.Column("names", sa.Integer(), nullable=False),
        sa.Column("components", sa.Integer(), nullable=False),
        sa.Column("results", sa.Integer(), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("closed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reevaluation")),
    )
    op.create_index(op.f("ix_reevaluation_at"), "reevaluation", ["at"], unique=False)
    op.create_table(
        "scan_layer",
        sa.Column("digest", sa.String(length=135), nullable=False),
        sa.Column("analyzer", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "analyzer", name=op.f("pk_scan_layer")),
    )
    op.create_index(op.f("ix_scan_layer_used_at"), "scan_layer", ["used_at"], unique=False)
    op.create_table(
        "scan_result",
        sa.Column("id", ID, nullable=False),
        sa.Column("digest", sa.String(length=135), nullable=False),
        sa.Column("scanner", sa.String(length=60), nullable=False),
        sa.Column("scanner_version", sa.String(length=200), nullable=False),
        sa.Column("analyzer", sa.Integer(), server_default="0", nullable=False),
        sa.Column("os", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("gaps", sa.JSON(), nullable=False),
        sa.Column("packages", sa.Integer(), nullable=False),
        sa.Column("secrets", sa.JSON(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("taken_at", Instant(), nullable=False),
        sa.Column("evaluated_at", Instant(), nullable=True),
        sa.Column("advisories", sa.String(length=64), server_default="", nullable=False),
        sa.Column("advisories_at", Instant(), nullable=True),
        sa.Column("tally", sa.JSON(), nullable=False),
        sa.Column("unused_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_result")),
        sa.UniqueConstraint("digest", "scanner", name=op.f("uq_scan_result_digest_scanner")),
    )
    op.create_index(op.f("ix_scan_result_unused_at"), "scan_result", ["unused_at"], unique=False)
    op.create_table(
        "scan_turn",
        sa.Column("repository_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("repository_id", name=op.f("pk_scan_turn")),
    )
    op.create_table(
        "vulnerability",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("aliases", sa.JSON(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("links", sa.JSON(), nullable=False),
        sa.Column("vector", sa.String(length=300), server_default="", nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("published", Instant(), nullable=True),
        sa.Column("modified", Instant(), nullable=True),
        sa.Column("malware", sa.Boolean(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vulnerability")),
        sa.UniqueConstraint("name", name=op.f("uq_vulnerability_name")),
    )
    op.create_table(
        "component_match",
        sa.Column("component_id", ID, nullable=False),
        sa.Column("vulnerability_id", ID, nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("level_source", sa.String(length=60), server_default="", nullable=False),
        sa.Column("fixed_version", sa.String(length=512), server_default="", nullable=False),
        sa.Column("fix_state", sa.String(length=8), nullable=False),
        sa.Column("records", sa.JSON(), nullable=False),
        sa.Column("found_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["component_id"], ["component.id"], name=op.f("fk_component_match_component_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["vulnerability_id"], ["vulnerability.id"], name=op.f("fk_component_match_vulnerability_id")
        ),
        sa.PrimaryKeyConstraint("component_id", "vulnerability_id", name=op.f("pk_component_match")),
    )
    op.create_index(op.f("ix_component_match_vulnerability_id"), "component_match", ["vulnerability_id"], unique=False)
    op.create_table(
        "reevaluated",
        sa.Column("reevaluation_id", ID, nullable=False),
        sa.Column("result_id", ID, nullable=False),
        sa.Column("opened", sa.JSON(), nullable=False),
        sa.Column("closed", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reevaluation_id"], ["reevaluation.id"], name=op.f("fk_reevaluated_reevaluation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["result_id"], ["scan_result.id"], name=op.f("fk_reevaluated_result_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("reevaluation_id", "result_id", name=op.f("pk_reevaluated")),
    )
    op.create_index(op.f("ix_reevaluated_result_id"), "reevaluated", ["result_id"], unique=False)
    op.create_table(
        "result_component",
        sa.Column("result_id", ID, nullable=False),
        sa.Column("component_id", ID, nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["component_id"], ["component.id"], name=op.f("fk_result_component_component_id")),
        sa.ForeignKeyConstraint(
            ["result_id"], ["scan_result.id"], name=op.f("fk_result_component_result_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("result_id", "component_id", name=op.f("pk_result_component")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_result_component_component_id"), "result_component", ["component_id"], unique=False)
    op.create_table(
        "scan",
        sa.Column("id", ID, nullable=False),
        sa.Column("manifest_id", ID, nullable=False),
        sa.Column("repository_id", sa.BigInteger(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("code", sa.String(length=30), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("leased_until", Instant(), nullable=True),
        sa.Column("asked_by", sa.String(length=200), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("started_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("scanner", sa.String(length=200), server_default="", nullable=False),
        sa.Column("advisories", sa.String(length=64), server_default="", nullable=False),
        sa.Column("tally", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["manifest_id"], ["manifest.id"], name=op.f("fk_scan_manifest_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan")),
    )
    op.create_index("ix_scan_manifest", "scan", ["manifest_id", "id"], unique=False)
    op.create_index("ix_scan_next", "scan", ["state", "priority", "repository_id", "id"], unique=False)
    op.create_index(
        "uq_scan_going_on",
        "scan",
        ["manifest_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('queued', 'running')"),
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.add_column("manifest", sa.Column("scan_state", sa.String(length=8), server_default="", nullable=False))
    op.add_column("manifest", sa.Column("scan_code", sa.String(length=30), server_default="", nullable=False))
    op.add_column("manifest", sa.Column("scan_reason", sa.Text(), server_default="", nullable=False))
    op.add_column("manifest", sa.Column("result_id", sa.BigInteger(), nullable=True))
    op.create_index("ix_manifest_result", "manifest", ["result_id"], unique=False)
