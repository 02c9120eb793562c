"""Each push of a new digest asks whether the trash has it, and in quarantine."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_trash_digest", "trash", ["repository_id", "digest"])
