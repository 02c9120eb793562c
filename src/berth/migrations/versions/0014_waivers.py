"""Waivers of vulnerabilities, each with somebody who is responsible and an end."""

import sqlalchemy as sa
from alembic import op

from berth.db.columns import ID, Instant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "waiver",
        sa.Column("id", ID, nullable=False),
        sa.Column("registry_id", ID, nullable=False),
        sa.Column("repository_id", ID, nullable=True),
        sa.Column("image", sa.String(255), nullable=False, server_default=""),
        sa.Column("digest", sa.String(135), nullable=False, server_default=""),
        sa.Column("vulnerability", sa.String(120), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("package", sa.String(512), nullable=False, server_default=""),
        sa.Column("package_version", sa.String(512), nullable=False, server_default=""),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("justification", sa.String(60), nullable=False, server_default=""),
        sa.Column("impact", sa.Text(), nullable=False, server_default=""),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_by", sa.String(200), nullable=False, server_default=""),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("edited_by", sa.String(200), nullable=False),
        sa.Column("edited_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["registry_id"], ["registry.id"], name=op.f("fk_waiver_registry_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["repository_id"], ["repository.id"], name=op.f("fk_waiver_repository_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiver")),
    )
    in_force = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_waiver_place",
        "waiver",
        ["registry_id", "repository_id", "image", "expires_at"],
        sqlite_where=in_force,
        postgresql_where=in_force,
    )
    op.create_index("ix_waiver_repository", "waiver", ["repository_id"])
    op.create_index("ix_waiver_name", "waiver", ["name", "id"])
    op.create_index("ix_waiver_expires_at", "waiver", ["expires_at", "id"])
    op.create_index("ix_waiver_created_at", "waiver", ["created_at", "id"])
