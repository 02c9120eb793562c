"""Grants carry a version, so that of two who change one at once the second one notices."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("grant_", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
