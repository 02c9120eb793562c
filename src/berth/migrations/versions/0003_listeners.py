"""An endpoint of a registry may have a listener to itself."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("private_listener", "public_listener"):
        op.add_column("registry", sa.Column(name, sa.String(length=32), nullable=True))
        op.create_index(f"uq_registry_{name}", "registry", [name], unique=True)
