"""What lists are filtered by has indexes: kind, platform, lock, parts of names; tags can be sorted by time."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from berth.db.columns import ID
from berth.words import names

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

AT_ONCE = 1000
INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
CONFIGS = (
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
)
NAME = sa.String(128, collation="C").with_variant(sa.String(128), "sqlite")
GRAM = sa.String(3, collation="C").with_variant(sa.String(3), "sqlite")

Rows = Iterator[list[sa.Row[Any]]]  # Any: rows of different shapes


def upgrade() -> None:
    op.add_column("manifest", sa.Column("kind", sa.String(8), nullable=False, server_default="artifact"))
    op.create_table(
        "manifest_platform",
        sa.Column("manifest_id", ID, nullable=False),
        sa.Column("platform", sa.String(255), nullable=False),
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["manifest_id"], ["manifest.id"], name=op.f("fk_manifest_platform_manifest_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("manifest_id", "platform", name=op.f("pk_manifest_platform")),
    )
    op.create_table(
        "tag_gram",
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("gram", GRAM, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.PrimaryKeyConstraint("image_id", "gram", "name", name=op.f("pk_tag_gram")),
        sqlite_with_rowid=False,
    )
    _fill()
    op.create_index("ix_manifest_kind", "manifest", ["image_id", "kind", "id"])
    locked = sa.text("locked_at IS NOT NULL")
    op.create_index("ix_manifest_locked", "manifest", ["image_id", "id"], sqlite_where=locked, postgresql_where=locked)
    op.create_index("ix_manifest_platform_image", "manifest_platform", ["image_id", "platform", "manifest_id"])
    op.create_index("ix_tag_created_at", "tag", ["image_id", "created_at", "id"])
    op.create_index("ix_tag_edited_at", "tag", ["image_id", "edited_at", "id"])


def _fill() -> None:
    bind = op.get_bind()
    manifest = sa.table("manifest", *map(sa.column, ("id", "image_id", "media_type", "config_type", "kind")))
    index, image = manifest.c.media_type.in_(INDEXES), manifest.c.config_type.in_(CONFIGS)
    bind.execute(manifest.update().where(image).values(kind="image"))
    bind.execute(manifest.update().where(index).values(kind="index"))
    platforms = sa.table("manifest", sa.column("id"), sa.column("image_id"), sa.column("platforms", sa.JSON()))
    found = sa.table("manifest_platform", *map(sa.column, ("manifest_id", "platform", "image_id")))
    for some in _rows(bind, platforms):
        rows = [
            {"manifest_id": row.id, "platform": platform, "image_id": row.image_id}
            for row in some
            for platform in dict.fromkeys(row.platforms)
        ]
        if rows:
            bind.execute(found.insert(), rows)
    tag = sa.table("tag", *map(sa.column, ("id", "image_id", "name", "fallback_of")))
    gram = sa.table("tag_gram", *map(sa.column, ("image_id", "gram", "name")))
    for some in _rows(bind, tag):
        rows = [
            {"image_id": row.image_id, "gram": each, "name": row.name}
            for row in some
            if row.fallback_of is None
            for each in names.grams(row.name)
        ]
        if rows:
            bind.execute(gram.insert(), rows)


def _rows(bind: sa.Connection, table: sa.TableClause) -> Rows:
    last = 0
    while some := bind.execute(sa.select(table).where(table.c.id > last).order_by(table.c.id).limit(AT_ONCE)).all():
        yield list(some)
        last = some[-1].id
