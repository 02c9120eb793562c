"""What each digest of a test or run weighs, what deleting it frees, and when it was first pushed."""

import sqlalchemy as sa
from alembic import op

from berth.db.columns import Instant

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("retention_item", sa.Column("size", sa.BigInteger(), nullable=True))
    op.add_column("retention_item", sa.Column("freed", sa.BigInteger(), nullable=True))
    op.add_column("retention_item", sa.Column("pushed_at", Instant(), nullable=True))
