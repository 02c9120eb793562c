"""Which results have a component, and how many packages of it, is told by an index alone: previews read it of many."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_result_component_component", "result_component", ["component_id", "result_id", "units"])
    op.drop_index("ix_result_component_component_id", "result_component")
