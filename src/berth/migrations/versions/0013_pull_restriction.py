"""Quarantine of a digest, when it had its first good result, and pulls that rules stood against."""

import sqlalchemy as sa
from alembic import op

from berth.db.columns import ID, Instant

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("manifest", sa.Column("quarantined_at", Instant(), nullable=True))
    op.add_column("manifest", sa.Column("quarantined_by", sa.String(length=200), nullable=False, server_default=""))
    op.add_column("manifest", sa.Column("quarantine_reason", sa.String(length=255), nullable=False, server_default=""))
    op.add_column("manifest", sa.Column("first_result_at", Instant(), nullable=True))
    op.execute(FIRST_RESULTS)
    op.create_table(
        "refused_pull",
        sa.Column("id", ID, nullable=False),
        sa.Column("image_id", ID, nullable=False),
        sa.Column("digest", sa.String(length=135), nullable=False),
        sa.Column("principal", sa.String(length=200), nullable=False),
        sa.Column("outcome", sa.String(length=9), nullable=False),
        sa.Column("rule", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reference", sa.String(length=135), nullable=False),
        sa.Column("pulls", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("audited_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_refused_pull_image_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_pull")),
        sa.UniqueConstraint("image_id", "digest", "principal", "outcome", "rule", "day", name=op.f("uq_refused_pull")),
    )
    op.create_index(op.f("ix_refused_pull_day"), "refused_pull", ["day"])


FIRST_RESULTS = """
UPDATE manifest SET first_result_at = (
    SELECT min(scan.ended_at) FROM scan WHERE scan.manifest_id = manifest.id AND scan.state = 'done'
) WHERE result_id IS NOT NULL
"""
