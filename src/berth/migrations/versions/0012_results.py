"""Bodies of results apart from their tallies, vulnerabilities by all their names, and who is newly affected since when.

No release has had the tables of 0010, so what moves is gone from where it was in the same step.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from berth.db.columns import ID, Instant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

AT_ONCE = 1000
LONGEST = 120
NAME = sa.String(LONGEST, collation="C").with_variant(sa.String(LONGEST), "sqlite")


def upgrade() -> None:
    op.create_table(
        "scan_body",
        sa.Column("result_id", ID, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["result_id"], ["scan_result.id"], name=op.f("fk_scan_body_result_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("result_id", name=op.f("pk_scan_body")),
    )
    op.execute("INSERT INTO scan_body (result_id, body) SELECT id, body FROM scan_result")
    op.drop_column("scan_result", "body")
    op.create_table(
        "vulnerability_name",
        sa.Column("name", NAME, nullable=False),
        sa.Column("vulnerability_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["vulnerability_id"],
            ["vulnerability.id"],
            name=op.f("fk_vulnerability_name_vulnerability_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("name", "vulnerability_id", name=op.f("pk_vulnerability_name")),
        sqlite_with_rowid=False,
    )
    _name()
    op.create_index(op.f("ix_vulnerability_name_vulnerability_id"), "vulnerability_name", ["vulnerability_id"])
    op.add_column("vulnerability", sa.Column("outside", sa.Boolean(), nullable=False, server_default="0"))
    op.execute(OUTSIDE)
    op.add_column("reevaluated", sa.Column("opened_at", Instant(), nullable=True))
    op.execute(OPENED)
    if op.get_bind().dialect.name == "postgresql":
        # By any other collation the beginning of a name is not found by an index.
        op.alter_column("component", "name", type_=sa.String(512, collation="C"), existing_nullable=False)


OUTSIDE = """
UPDATE vulnerability SET outside = true WHERE NOT EXISTS (
    SELECT 1 FROM component_match JOIN component ON component.id = component_match.component_id
    WHERE component_match.vulnerability_id = vulnerability.id AND component.ecosystem NOT LIKE 'external:%'
)
"""
OPENED = """
UPDATE reevaluated SET opened_at = (SELECT at FROM reevaluation WHERE reevaluation.id = reevaluated.reevaluation_id)
WHERE CAST(opened AS text) <> '[]'
"""


def _name() -> None:
    bind = op.get_bind()
    names = sa.table("vulnerability_name", sa.column("name"), sa.column("vulnerability_id"))
    for some in _rows(bind):
        known = ((name.lower(), row.id) for row in some for name in (row.name, *row.aliases))
        rows = dict.fromkeys(each for each in known if len(each[0]) <= LONGEST)
        bind.execute(names.insert(), [{"name": name, "vulnerability_id": number} for name, number in rows])


def _rows(bind: sa.Connection) -> Iterator[list[sa.Row[Any]]]:  # Any: columns of different types
    flaws = sa.table("vulnerability", sa.column("id"), sa.column("name"), sa.column("aliases", sa.JSON()))
    last = 0
    while some := bind.execute(sa.select(flaws).where(flaws.c.id > last).order_by(flaws.c.id).limit(AT_ONCE)).all():
        yield list(some)
        last = some[-1].id
