"""The id of an upload says when it began and for which image; rows tell only which have ended.

Uploads that are running while this is done are begun anew by their clients.
"""

import sqlalchemy as sa
from alembic import op

from berth.db.columns import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("upload")
    op.create_table(
        "ended_upload",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ended_upload")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_ended_upload_at"), "ended_upload", ["at"])
