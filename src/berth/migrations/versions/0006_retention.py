"""Tests and runs of deletion policies; when a digest lost its last name."""

import sqlalchemy as sa
from alembic import op

from berth.db.columns import ID, Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("manifest", sa.Column("untagged_at", Instant(), nullable=True))
    op.create_table(
        "retention_run",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("image_id", ID, nullable=False),
        sa.Column("kind", sa.String(4), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("policy", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(36), nullable=True),
        sa.Column("asked_by", sa.String(200), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("planned_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("deleted", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("kept", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("freed", sa.BigInteger(), nullable=False, server_default="0"),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_retention_run_image_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_run")),
    )
    op.create_index("ix_retention_run_image", "retention_run", ["image_id", "asked_at", "id"])
    op.create_table(
        "retention_item",
        sa.Column("run_id", sa.String(36), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("digest", sa.String(135), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("because", sa.Text(), nullable=False, server_default=""),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(
            ["run_id"], ["retention_run.id"], name=op.f("fk_retention_item_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "place", name=op.f("pk_retention_item")),
    )
