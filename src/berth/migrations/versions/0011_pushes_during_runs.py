"""What is pushed while a deletion policy is applied, attempts of its job, and the orders in which items are read."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("retention_run", sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_retention_run_going", "retention_run", ["image_id", "kind", "state"])
    op.create_index("ix_retention_item_outcome", "retention_item", ["run_id", "outcome", "place"])
    op.create_index("ix_retention_item_digest", "retention_item", ["run_id", "digest"])
    op.create_table(
        "retention_push",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("digest", sa.String(length=135), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["retention_run.id"], name=op.f("fk_retention_push_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "digest", name=op.f("pk_retention_push")),
    )
