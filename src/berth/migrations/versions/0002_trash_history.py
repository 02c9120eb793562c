"""The history of names goes into the trash with its image."""

import sqlalchemy as sa
from alembic import op

from berth.db.columns import ID, Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "trash_history",
        sa.Column("id", ID, nullable=False),
        sa.Column("batch", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("digest", sa.String(length=135), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("why", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trash_history")),
    )
    op.create_index(op.f("ix_trash_history_batch"), "trash_history", ["batch"])
