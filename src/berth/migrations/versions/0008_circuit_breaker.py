"""Runs of deletion policies that wait for an approval."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("retention_run", sa.Column("breaker", sa.Text(), nullable=False, server_default=""))
    op.add_column("retention_run", sa.Column("approved_by", sa.String(200), nullable=True))
    op.create_index("ix_retention_run_state", "retention_run", ["state", "asked_at", "id"])
